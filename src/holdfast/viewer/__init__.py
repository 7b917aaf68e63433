"""Data files as tables: what stands in a CSV, JSON or Parquet file, read in pieces and in bounded memory.

It knows bytes and tables, no repos and no HTML: a `Source` comes from whoever has the file.

Words: a *head* is the columns of a table and its first rows; a *source* gives ranges of a file's bytes; a *reader*
understands one format. What can't be read is a value, `Unreadable`, that says why: hostile files are ordinary here.
"""
