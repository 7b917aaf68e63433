"""The files of buckets: list, find, batch, download, tokens for the CAS.

Source: huggingface_hub 2.4.0, hf_api.py `list_bucket_tree`, `get_bucket_paths_info`, `_batch_bucket_files`,
`get_bucket_file_metadata`, and hf_file_system.py for plain downloads.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from starlette.responses import Response

from holdfast.base.clock import iso
from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.files import ByteSource, MemorySource, byte_response
from holdfast.http.responses import json_response, page_response
from holdfast.http.routing import Route
from holdfast.hub.buckets.domain import Bucket, BucketFile, BucketFolder
from holdfast.hub.buckets.routes.batches import read_batch
from holdfast.hub.buckets.routes.buckets import bucket_id
from holdfast.hub.buckets.service import BucketTokens
from holdfast.hub.buckets.service.changing import BucketChanges
from holdfast.hub.buckets.service.files import BucketFiles
from holdfast.hub.repos.routes.resolve import content_headers, xet_headers
from holdfast.hub.xet.domain import Scope
from holdfast.hub.xet.routes.tokens import token_response
from holdfast.wire.buckets import BatchItem, BucketFileItem, BucketFolderItem

_ENTRIES_PER_PAGE = 1000
_MOST_PATHS = 10_000
_UNPROCESSABLE = 422


@dataclass(frozen=True)
class BucketFileRoutes:
    """Endpoints of `BucketFiles`, `BucketChanges` and `BucketTokens`."""

    files: BucketFiles
    changes: BucketChanges
    tokens: BucketTokens

    def table(self) -> tuple[Route, ...]:
        """All routes."""
        bucket, read, write = "/api/buckets/{bucket}", Permission.READ_REPO, Permission.WRITE_REPO
        return (
            Route("GET", "/buckets/{bucket}/resolve/{path}", self.resolve, read),
            Route("GET", f"{bucket}/tree", self.list_tree, read),
            Route("GET", f"{bucket}/tree/{{path}}", self.list_tree, read),
            Route("POST", f"{bucket}/paths-info", self.paths_info, read),
            Route("POST", f"{bucket}/batch", self.batch, write),
            Route("GET", f"{bucket}/xet-read-token", self.read_token, read),
            Route("GET", f"{bucket}/xet-write-token", self.write_token, write),
        )

    async def list_tree(self, call: Call) -> Response:
        """The files under a prefix, 1000 a page; with `recursive=false` folders one level down."""
        asked = call.query_params.get("recursive")
        page = await call.run(
            self.files.list_tree,
            call.actor,
            bucket_id(call),
            call.words.get("path", ""),
            recursive=True if asked is None else call.flag("recursive"),
            cursor=call.query_params.get("cursor"),
            limit=call.number("limit", _ENTRIES_PER_PAGE, 1, _ENTRIES_PER_PAGE),
        )
        return page_response(call, [_item(entry) for entry in page.entries], page.next_cursor)

    async def paths_info(self, call: Call) -> Response:
        """What is at {paths: […]}; paths without a file are left out."""
        paths = (await call.fields()).texts("paths", _MOST_PATHS)
        found = await call.run(self.files.find_paths, call.actor, bucket_id(call), paths)
        return json_response([_item(file) for file in found])

    async def batch(self, call: Call) -> Response:
        """Add, copy and delete files: NDJSON. 200, also when some were refused; 422 when all were."""
        await call.run(self.changes.check_may_write, call.actor, bucket_id(call))
        operations = read_batch(await call.limited_body())
        outcome = await call.run(self.changes.change_files, call.actor, bucket_id(call), operations)
        answer: BatchItem = {
            "success": not outcome.refused,
            "processed": len(operations),
            "succeeded": outcome.succeeded,
            "failed": [{"path": each.path, "error": each.problem} for each in outcome.refused],
        }
        return json_response(answer, _UNPROCESSABLE if outcome.refused and not outcome.succeeded else 200)

    async def resolve(self, call: Call) -> Response:
        """Download a file, whole or ranges of it."""
        path = call.words["path"]
        bucket, file = await call.run(self.files.locate, call.actor, bucket_id(call), path)
        headers = content_headers(path, file.sha256, file.size_bytes)
        headers += xet_headers(file.xet_hash, f"{call.urls.base}/api/buckets/{quote(str(bucket.id))}/xet-read-token")
        tag = f'"{file.sha256}"'
        return await byte_response(call, headers, file.size_bytes, tag, lambda: self._open(bucket, file))

    async def read_token(self, call: Call) -> Response:
        """GET a token for reading the bucket's files."""
        return await self._issue(call, Scope.READ)

    async def write_token(self, call: Call) -> Response:
        """GET a token for uploading."""
        return await self._issue(call, Scope.WRITE)

    async def _issue(self, call: Call, scope: Scope) -> Response:
        return token_response(call, await call.run(self.tokens.issue, call.actor, bucket_id(call), scope))

    def _open(self, bucket: Bucket, file: BucketFile) -> ByteSource:
        return self.files.open(bucket, file) if file.size_bytes else MemorySource(b"")


def _item(entry: BucketFile | BucketFolder) -> BucketFileItem | BucketFolderItem:
    if isinstance(entry, BucketFolder):
        return {"type": "directory", "path": entry.path, "uploadedAt": iso(entry.uploaded_at)}
    item: BucketFileItem = {
        "type": "file",
        "path": entry.path,
        "size": entry.size_bytes,
        "xetHash": entry.xet_hash,
        "uploadedAt": iso(entry.uploaded_at),
    }
    if entry.modified_at is not None:
        item["mtime"] = iso(entry.modified_at)
    if entry.content_type is not None:
        item["contentType"] = entry.content_type
    return item
