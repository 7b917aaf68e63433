"""The content store: which large files exist, in which form, and which repos hold them.

An *object* is the bytes of one large file under their SHA-256. It lies here as a plain *blob*, as a *Xet file*
(`hub.xet`), or as both; a *link* says that a repo's people proved to have it. This is not git: no paths, no commits.
Links decide who may read; what refs reach decides what garbage collection keeps.
"""
