"""The use cases of git-lfs: batches, transfers in one piece and in parts, locks."""
