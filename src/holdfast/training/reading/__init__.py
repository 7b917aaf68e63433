"""Reading: rows of files and datasets, whatever form they come in, as one table.

`read.read(source)` takes a `DataSource` and gives `Rows`. Files are recognised by what is in them first, by their
name second. Importing this package imports nothing; its modules need pandas.
"""
