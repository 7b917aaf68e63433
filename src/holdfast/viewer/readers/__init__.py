"""One file per format, each with `read_head(source, max_rows) -> TableHead | Unreadable`."""
