"""What administrators see of the whole instance: room, garbage, health. JSON here, pages in `ui`."""
