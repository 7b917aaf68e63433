"""Repos: what they are called, what they hold at each revision, what is known of them, and who may do what.

Words are git's: repo, ref, revision, commit, tree, oid. It is neither the transfer of large files (`lfs`, `xet`) nor
git's wire protocol (`git`).
"""
