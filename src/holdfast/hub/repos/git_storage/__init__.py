"""Git storage: bare repos on disk, read and written with libgit2, and the few jobs left to the `git` program.

It knows repos only by an immutable integer key: no names, no permissions, no SQL, no HTTP. Its words are git's:
repo, ref, revision, commit, tree, entry, blob, oid (40 lower-case hex digits as `str`).
"""
