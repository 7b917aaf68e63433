"""Xet: large files as runs of content-defined chunks, packed into xorbs and deduplicated across repos.

Words: a *chunk* is 8 to 128 KiB of a file; a *xorb* is up to 64 MiB of chunks back to back; a *term* is a run of
chunks of one xorb, and a file is a list of terms; a *shard* is the message that tells which terms make which file.
This is not LFS: no client asks for a whole object here. Everything a client claims is recomputed from bytes.
"""
