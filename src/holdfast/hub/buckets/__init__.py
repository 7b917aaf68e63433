"""Buckets: storage without versions, for what changes often; their files lie in the Xet store like those of repos.

A bucket is `{namespace}/{name}`, private or public, and holds files under paths: no commits, branches or cards, and not
in the lists of repos. What a bucket holds is in the database alone. Who may do what follows the rules of repos.
"""
