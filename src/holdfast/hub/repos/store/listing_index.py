"""What lists search and filter by."""

from __future__ import annotations

from sqlalchemy import Connection

from holdfast.hub.repos.domain import Repo
from holdfast.hub.repos.metadata.documents import RepoFacts


def write(connection: Connection, repo: Repo, facts: RepoFacts | None) -> None:
    """Index a repo's head; `facts` None: as before."""


def write_visibility(connection: Connection, repo: Repo) -> None:
    """Index a repo's id and visibility."""


def delete(connection: Connection, repo_key: int) -> None:
    """Forget a repo."""
