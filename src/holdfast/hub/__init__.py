"""The Hub: repos with git history, large files, and the API that Hugging Face clients speak.

Not here: accounts and permissions (`holdfast.accounts`), and everything that runs models. Words: a *repo* is a
model, dataset or Space; an *object* is the stored bytes of a large file; `xet` and `lfs` are two ways to send it.
"""
