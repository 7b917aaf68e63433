"""What Holdfast knows of a repo from its files: card, tags, task, library, sizes of tensors, upload rules.

Pure functions: files come in as text, bytes or a `read` callback, facts go out as frozen values. It knows neither
SQL nor HTTP nor git. Words: a *card* is a README.md, its *front matter* the YAML block at its head, its *body* the
rest; *facts* are everything that the index keeps about a repo's main revision.
"""
