"""Large files of a repo: what takes room, deleting it for good, handing it to another repo.

Source: huggingface_hub 2.4.0 hf_api.py list_lfs_files, permanently_delete_lfs_files, duplicate_lfs_files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from holdfast.base.clock import iso
from holdfast.base.errors import InvalidInput
from holdfast.base.identity import Permission
from holdfast.base.ids import SHA256_PATTERN, RepoId, RepoType, check_sha256
from holdfast.http.call import Call
from holdfast.http.responses import json_response, page_response
from holdfast.http.routing import Route
from holdfast.hub.repos.git_storage.refs import Ref, RefKind
from holdfast.hub.repos.service.large_files import LargeFile, LargeFileService, WantedFile

FILES_PAGE = 1_000
MAX_BATCH = 10_000
"""Entries of one request; huggingface_hub sends 1,000 deletions and 500 duplications at a time."""


@dataclass(frozen=True)
class LargeFileRoutes:
    """Endpoints of `LargeFileService`."""

    large_files: LargeFileService

    def table(self) -> tuple[Route, ...]:
        """All routes."""
        base = "/api/{types}/{repo}/lfs-files"
        return (
            Route("GET", base, self.list_files, Permission.WRITE_REPO),
            Route("POST", f"{base}/batch", self.delete_files, Permission.ADMIN_REPO),
            Route("POST", f"{base}/duplicate", self.duplicate_files, Permission.READ_REPO),
        )

    async def list_files(self, call: Call) -> Response:
        """Large files of a repo and where they are named: 1000 a page."""
        cursor = call.query_params.get("cursor", "")
        if cursor and not SHA256_PATTERN.fullmatch(cursor):
            raise InvalidInput(field="cursor", problem="is not one that this server gave out")
        page = await call.run(
            self.large_files.list_large_files,
            call.actor,
            call.repo_type,
            call.repo_id,
            after=cursor,
            limit=call.number("limit", FILES_PAGE, 1, FILES_PAGE),
        )
        return page_response(call, [_item(file) for file in page.files], page.next_cursor)

    async def delete_files(self, call: Call) -> Response:
        """Delete large files for good {deletions: {sha: [...], rewriteHistory}}."""
        deletions = (await call.fields()).part("deletions")
        rewrite_history = deletions.optional_flag("rewriteHistory")
        await call.run(
            self.large_files.delete_large_files,
            call.actor,
            call.repo_type,
            call.repo_id,
            {check_sha256(sha256, "deletions.sha") for sha256 in deletions.texts("sha", MAX_BATCH)},
            rewrite_history=True if rewrite_history is None else rewrite_history,
        )
        return json_response({})

    async def duplicate_files(self, call: Call) -> Response:
        """Let another repo have large files {target: {type, name}, files: [{sha256, filename}]}."""
        fields = await call.fields()
        target = fields.part("target")
        wanted = [
            WantedFile(check_sha256(file.text("sha256"), "files.sha256"), file.optional_text("xetHash"))
            for file in fields.objects("files", MAX_BATCH)
        ]
        failed = await call.run(
            self.large_files.duplicate_large_files,
            call.actor,
            (call.repo_type, call.repo_id),
            (RepoType.parse(target.optional_text("type")), RepoId.parse(target.text("name"), "target.name")),
            wanted,
        )
        return json_response({"failed": [{"sha256": failure.sha256, "error": failure.reason} for failure in failed]})


def _item(file: LargeFile) -> dict[str, Any]:
    item: dict[str, Any] = {
        "fileOid": file.stored.sha256,
        "oid": file.stored.sha256,
        "filename": file.place.path if file.place else "",
        "ref": _ref_word(file.place.ref) if file.place else None,
        "size": file.stored.size_bytes,
        "pushedAt": iso(file.stored.linked_at),
    }
    if file.xet_hash is not None:
        item["xetHash"] = file.xet_hash
    return item


def _ref_word(ref: Ref) -> str:
    """Branches go by their short name, everything else by its full one."""
    return ref.name if ref.kind is RefKind.BRANCH else ref.full_name
