"""git-lfs: the batch API, the transfers that carry whole files, and file locks.

Also what `huggingface_hub` uses with Xet switched off. A *ticket* is leave to send or fetch one object, sealed into its
url, because clients send no credentials there. This is not Xet: files travel whole, and are stored as plain blobs.
Source: git-lfs docs/api/batch.md, basic-transfers.md, locking.md; huggingface_hub 2.4.0 lfs.py.
"""
