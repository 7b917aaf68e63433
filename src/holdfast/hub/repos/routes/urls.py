"""Urls of repos, as the client reaches us."""

from __future__ import annotations

from holdfast.http.call import Call
from holdfast.hub.repos.domain import Repo


def repo_url(call: Call, repo: Repo) -> str:
    """The repo's page: what `create_repo` returns."""
    return call.urls.quoted(f"/{repo.type.url_prefix}{repo.id}")


def commit_url(call: Call, repo: Repo, oid: str) -> str:
    """The page of one commit."""
    return f"{repo_url(call, repo)}/commit/{oid}"


def discussion_url(call: Call, repo: Repo, num: int) -> str:
    """The page of a pull request; clients read its number from the end."""
    return f"{repo_url(call, repo)}/discussions/{num}"
