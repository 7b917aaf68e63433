"""The byte formats of Xet as pure functions: hashes, xorbs, shards, and plans for reading a file back.

Knows no storage, no SQL and no HTTP: bytes in, values out, and `CorruptObject` for bytes that lie.
Source of all layouts and constants: huggingface/xet-core, and the draft in jedisct1/draft-denis-xet.
"""
