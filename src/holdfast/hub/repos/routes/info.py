"""Repo info: `GET /api/{type}s/{repo}[/revision/{revision}]`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from holdfast.base.identity import Permission
from holdfast.base.ids import RepoType
from holdfast.http.call import Call
from holdfast.http.responses import json_response
from holdfast.http.routing import Route
from holdfast.hub.repos.git_storage.pointers import format_lfs_pointer
from holdfast.hub.repos.git_storage.trees import TreeEntry
from holdfast.hub.repos.metadata.expand import check_expand
from holdfast.hub.repos.routes.fields import SAME_FOR_ALL, repo_fields
from holdfast.hub.repos.service.info import InfoService, RepoInfo

_DEFAULT_PARTS = ("siblings", "usedStorage", "spaces")


@dataclass(frozen=True)
class InfoRoutes:
    """Endpoints of `InfoService`."""

    infos: InfoService

    def table(self) -> tuple[Route, ...]:
        """All routes."""
        see = Permission.SEE_REPO
        return (
            Route("GET", "/api/{types}/{repo}/revision/{rev}", self.repo_info, see),
            Route("GET", "/api/{types}/{repo}", self.repo_info, see),
        )

    async def repo_info(self, call: Call) -> Response:
        """What the Hub knows of a repo at a revision, or with `expand` exactly the named fields."""
        expand = check_expand(call.repo_type, expand_words(call))
        parts = expand or _DEFAULT_PARTS
        if call.flag("securityStatus"):
            parts = (*parts, "securityRepoStatus")
        info = await call.run(
            self.infos.repo_info, call.actor, call.repo_type, call.repo_id, call.words.get("rev"), parts=parts
        )
        fields = {**repo_fields(info.repo, info.facts), **SAME_FOR_ALL, **info.extras, "sha": info.commit_oid}
        if info.files is not None:
            fields["siblings"] = [_sibling(entry, blobs=call.flag("blobs")) for entry in info.files]
        return json_response(_chosen(fields, expand) if expand else _default(info, fields))


def expand_words(call: Call) -> list[str]:
    """`expand=a&expand=b`, and `expand[]=a` of other clients."""
    return call.query_params.getlist("expand") + call.query_params.getlist("expand[]")


def _chosen(fields: dict[str, Any], expand: tuple[str, ...]) -> dict[str, Any]:
    wanted = {"_id", "id", *expand}
    return {name: value for name, value in fields.items() if name in wanted and value is not None}


def _default(info: RepoInfo, fields: dict[str, Any]) -> dict[str, Any]:
    for name in ("trendingScore", "downloadsAllTime", *SAME_FOR_ALL):
        fields.pop(name, None)
    if info.repo.type is RepoType.MODEL:
        fields["modelId"] = str(info.repo.id)
    return {name: value for name, value in fields.items() if value is not None}


def _sibling(entry: TreeEntry, *, blobs: bool) -> dict[str, Any]:
    item: dict[str, Any] = {"rfilename": entry.path}
    if blobs:
        item |= {"size": entry.file_size_bytes, "blobId": entry.oid}
        if entry.lfs is not None:
            pointer_size = len(format_lfs_pointer(entry.lfs))
            item["lfs"] = {"sha256": entry.lfs.sha256, "size": entry.lfs.size_bytes, "pointerSize": pointer_size}
    return item
