"""The addresses of git-lfs: batches and locks under a repo's git url, transfers under `/lfs/`."""
