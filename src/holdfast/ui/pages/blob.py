"""A file of a repo: what it is, who changed it last, and how it looks; the same as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import orjson
from starlette.responses import Response

from holdfast.base.clock import iso
from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.responses import json_response
from holdfast.http.routing import Family, Route
from holdfast.hub.repos.git_storage.bounded_cache import BoundedCache
from holdfast.hub.repos.git_storage.commits import CommitInfo
from holdfast.hub.repos.git_storage.trees import EntryKind
from holdfast.hub.repos.service.editing import MAX_EDITED_BYTES
from holdfast.hub.repos.service.files import FileService, OpenedFile
from holdfast.ui.page import Pages
from holdfast.ui.pages.files import crumbs_of, is_branch, revision_groups
from holdfast.ui.pages.repo_context import RepoContext, context_of
from holdfast.ui.previews import text
from holdfast.ui.previews.choosing import preview_file
from holdfast.ui.previews.preview import Preview, PreviewedFile
from holdfast.ui.rendering import place_of

KEPT_PREVIEWS = 64
MAX_KEPT_CHARACTERS = 1_000_000
"""Larger ones are made anew for everybody."""

_PreviewKey = tuple[str, str, str, bool]


@dataclass(frozen=True)
class BlobPages:
    """File pages."""

    pages: Pages
    files: FileService
    _kept: BoundedCache[_PreviewKey, Preview] = field(default_factory=lambda: BoundedCache(KEPT_PREVIEWS))

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        read = Permission.READ_REPO
        return (
            Route("GET", "/{prefix}{repo}/blob/{rev}/{path}", self.show, read, Family.PAGE),
            Route("GET", "/api/{types}/{repo}/preview/{rev}/{path}", self.show_json, read),
        )

    async def show(self, call: Call) -> Response:
        """A file as people see it; `?plain=1` shows the text that it is made of."""
        file = await self._open(call)
        view = context_of(file.header)
        if file.entry.kind is not EntryKind.FILE:
            return self.pages.redirect(call, view.at("tree", file.revision, file.path))
        plain = call.flag("plain")
        shown = await call.run(self._preview, call, file, plain=plain)
        branch = is_branch(file.refs, file.revision)
        return await self.pages.render(
            call,
            "blob/show.html",
            json_url=f"{view.api_path}/preview/{quote(file.revision, safe='')}/{quote(file.path)}",
            repo=view,
            file=file,
            preview=shown,
            plain=plain,
            crumbs=crumbs_of(file.path),
            revisions=revision_groups(file.refs, file.revision),
            may_change=branch and view.may_propose,
            may_edit=branch and view.may_propose and _is_editable(file, shown),
            permanent=view.at("blob", file.commit_oid, file.path),
            download=_download(view, file),
        )

    async def show_json(self, call: Call) -> Response:
        """A file's facts and its preview: first rows of a table, imports of a pickle, tensors of a model."""
        file = await self._open(call)
        answer = _facts(file)
        if file.entry.kind is EntryKind.FILE:
            shown = await call.run(self._preview, call, file, plain=False)
            answer |= {"preview": {"kind": shown.kind, **shown.data}, "notices": list(shown.notices)}
        return json_response(answer)

    async def _open(self, call: Call) -> OpenedFile:
        words = call.words
        return await call.run(
            self.files.open_file, call.actor, call.repo_type, call.repo_id, words["rev"], words["path"]
        )

    def _preview(self, call: Call, file: OpenedFile, *, plain: bool) -> Preview:
        view = context_of(file.header)
        place = place_of(call.urls.base, call.repo_type, file.header.repo.id, file.revision, file.path)
        key = (_content_oid(file), place.base_url, view.at("blob", file.revision, file.path), plain)
        kept = self._kept.get(key)
        if kept is None:
            assert file.source is not None
            previewed = PreviewedFile(file.path, file.source, place, view.at("resolve", file.revision, file.path))
            kept = (text.preview(previewed) if plain else None) or preview_file(previewed)
            if kept.kind != "missing" and _weight(kept) <= MAX_KEPT_CHARACTERS:
                self._kept.put(key, kept)
        return kept


def _content_oid(file: OpenedFile) -> str:
    return file.entry.lfs.sha256 if file.entry.lfs else file.entry.oid


def _weight(shown: Preview) -> int:
    return len(orjson.dumps(shown.data)) + sum(len(str(part)) for part in shown.html.values())


def _is_editable(file: OpenedFile, shown: Preview) -> bool:
    """Whether the editor takes it: a text inside git."""
    is_text = shown.is_text or shown.kind == "empty"
    return (
        is_text and file.entry.lfs is None and not file.is_symlink and (file.entry.size_bytes or 0) <= MAX_EDITED_BYTES
    )


def _download(view: RepoContext, file: OpenedFile) -> str:
    return f"{view.at('resolve', file.revision, file.path)}?download=true"


def _facts(file: OpenedFile) -> dict[str, Any]:
    entry = file.entry
    facts: dict[str, Any] = {
        "path": file.path,
        "type": entry.kind.value,
        "oid": entry.oid,
        "size": entry.file_size_bytes or 0,
        "commit": file.commit_oid,
    }
    if entry.lfs is not None:
        facts["lfs"] = {"oid": entry.lfs.sha256, "size": entry.lfs.size_bytes, "pointerSize": entry.size_bytes}
    if file.xet_hash is not None:
        facts["xetHash"] = file.xet_hash
    if file.last_commit is not None:
        facts["lastCommit"] = _commit(file.last_commit)
    return facts


def _commit(commit: CommitInfo) -> dict[str, str]:
    milliseconds = int(commit.authored_at.timestamp() * 1000)
    return {"id": commit.oid, "title": commit.summary, "date": iso(milliseconds)}
