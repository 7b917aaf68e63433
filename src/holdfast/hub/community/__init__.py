"""Talking about repos: discussions and pull requests, their comments, and merging.

Words: a discussion is numbered within its repo; a pull request is a discussion that keeps commits in `refs/pr/N` for
one branch. What happens in one is an event: a comment, a change of its state or title, a commit.
"""
