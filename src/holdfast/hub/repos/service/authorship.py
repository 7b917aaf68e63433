"""Who stands as author of a commit made through the API."""

from __future__ import annotations

import pygit2

from holdfast.base.identity import Actor
from holdfast.hub.repos.git_storage.commits import Author
from holdfast.hub.repos.git_storage.object_writer import ObjectWriter

NO_REPLY_DOMAIN = "users.noreply.holdfast"
"""The address never discloses the real one."""


def author_of(actor: Actor, now: int) -> Author:
    """The actor as author, at `now` (milliseconds since 1970)."""
    name = actor.username or "anonymous"
    return Author(name, f"{name}@{NO_REPLY_DOMAIN}", now // 1000)


def empty_tree(git: pygit2.Repository) -> str:
    """Write the tree of no files and return its oid."""
    with ObjectWriter(git) as writer:
        return writer.write(pygit2.enums.ObjectType.TREE, b"").hex()
