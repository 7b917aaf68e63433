"""No sandbox at all: for people who trust everybody who may run jobs, and said so."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.backends.sandboxes.protocol import Rules


class Unconfined:
    """Runs commands as they are: with the server's rights, network and files."""

    def problem(self) -> str | None:
        """Never one: nothing was promised."""
        return None

    def wrap(self, command: Sequence[str], rules: Rules) -> list[str]:  # noqa: ARG002 - the seam's signature
        """The command itself."""
        return list(command)
