"""How one kind of file is shown: one module per kind, each with `preview(file) -> Preview | None`.

None means that the file is not of that kind after all, whatever its name says: the next module is asked, and `binary`
takes everything. `choosing` has the order. A preview holds values: `data` for the page and its JSON twin, `html` for
the page alone; the template `blob/kinds/<kind>.html` shows them. Nothing of a file is run, and little of it is read.
"""
