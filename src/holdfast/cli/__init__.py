"""The `holdfast` command. One module per group; heavy imports happen inside the commands, so that help is fast."""
