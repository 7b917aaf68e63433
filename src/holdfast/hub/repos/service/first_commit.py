"""What a new repo begins with."""

from __future__ import annotations

import pygit2

from holdfast.base.identity import Actor
from holdfast.base.ids import RepoType
from holdfast.hub.repos.domain import Repo
from holdfast.hub.repos.git_storage.commits import create_commit
from holdfast.hub.repos.git_storage.edits import PutBlob, apply_edits
from holdfast.hub.repos.git_storage.object_writer import ObjectWriter
from holdfast.hub.repos.git_storage.refs import create_ref
from holdfast.hub.repos.metadata.upload_mode import default_card, default_gitattributes, default_space_card
from holdfast.hub.repos.service.authorship import author_of


def first_files(repo: Repo, space_sdk: str | None, license_name: str | None) -> dict[str, str]:
    """Texts by path. None as license says nothing; a Space without an SDK is a static one."""
    files = {".gitattributes": default_gitattributes(repo.type)}
    if repo.type is RepoType.SPACE:
        files["README.md"] = default_space_card(repo.id.name, space_sdk or "static", license_name=license_name)
    elif license_name is not None:
        files["README.md"] = default_card(repo.id.name, license_name)
    return files


def first_commit(git: pygit2.Repository, repo: Repo, actor: Actor, files: dict[str, str], now: int) -> str:
    """Commit the files to the default branch, at `now` (milliseconds since 1970); returns the commit's oid."""
    with ObjectWriter(git) as writer:
        edits = [PutBlob(path, writer.write_blob(text.encode())) for path, text in files.items()]
        tree = apply_edits(git, None, edits, writer)
    oid = create_commit(git, tree.oid, (), author_of(actor, now), "initial commit")
    create_ref(git, repo.default_ref, oid)
    return oid
