"""Talking about repos: so far pull requests as pushing needs them; discussions and comments come with a later release.

Words: a pull request is numbered within its repo and keeps its commits in `refs/pr/N`.
"""
