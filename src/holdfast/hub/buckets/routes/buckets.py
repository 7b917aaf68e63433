"""`/api/buckets/…`: create, look, list, settings, delete.

Source: huggingface_hub 2.4.0, `create_bucket` and what follows it in hf_api.py, and `_buckets.BucketInfo`.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from holdfast.base.clock import iso
from holdfast.base.errors import RepoExists, RepoNotFound
from holdfast.base.identity import Permission
from holdfast.base.ids import RepoId
from holdfast.http.call import Call
from holdfast.http.errors import error_headers
from holdfast.http.responses import json_response, page_response
from holdfast.http.routing import Route
from holdfast.hub.buckets.domain import Bucket, BucketUsage
from holdfast.hub.buckets.service.lifecycle import OWN, BucketLifecycle
from holdfast.hub.repos.routes.lifecycle import wanted_privacy
from holdfast.wire.buckets import BucketItem

_BUCKETS_PER_PAGE = 100
_MOST_PER_PAGE = 1000


@dataclass(frozen=True)
class BucketRoutes:
    """Endpoints of `BucketLifecycle`."""

    lifecycle: BucketLifecycle

    def table(self) -> tuple[Route, ...]:
        """All routes."""
        bucket = "/api/buckets/{bucket}"
        return (
            Route("GET", "/api/buckets/{namespace}", self.list_buckets, Permission.PUBLIC),
            Route("DELETE", "/api/buckets/{namespace}", self.refuse_name, Permission.PUBLIC),
            Route("POST", bucket, self.create_bucket, Permission.WRITE_OWN),
            Route("GET", bucket, self.bucket_info, Permission.SEE_REPO),
            Route("PUT", f"{bucket}/settings", self.update_settings, Permission.ADMIN_REPO),
            Route("DELETE", bucket, self.delete_bucket, Permission.ADMIN_REPO),
        )

    async def list_buckets(self, call: Call) -> Response:
        """A namespace's buckets (`me`: the own ones) that the caller sees, newest first; `search`, `limit`."""
        page = await call.run(
            self.lifecycle.list_buckets,
            call.actor,
            call.words["namespace"],
            search=call.query_params.get("search", ""),
            cursor=call.query_params.get("cursor"),
            limit=call.number("limit", _BUCKETS_PER_PAGE, 1, _MOST_PER_PAGE),
        )
        return page_response(call, [_item(*found) for found in page.buckets], page.next_cursor)

    async def refuse_name(self, call: Call) -> Response:
        """No bucket has an id of one word."""
        raise RepoNotFound(status=401 if call.actor.is_anonymous else 404)

    async def create_bucket(self, call: Call) -> Response:
        """Create a bucket {visibility?, private?}; the namespace `me` is the caller's."""
        fields = await call.fields()
        asked = RepoId.parse(call.words["bucket"], "bucket")
        wanted = RepoId(call.actor.username if asked.namespace == OWN else asked.namespace, asked.name)
        try:
            private = wanted_privacy(fields)
            bucket = await call.run(self.lifecycle.create_bucket, call.actor, wanted, private=private)
        except RepoExists as error:
            # As for repos: clients with `exist_ok` read the url out of the 409's body.
            body = {"error": error.message, **_named(call, wanted)}
            return json_response(body, error.status, error_headers(error, ""))
        return json_response({**_named(call, bucket.id), "id": bucket.uid, "private": bucket.private})

    async def bucket_info(self, call: Call) -> Response:
        """A bucket, the number of its files and their bytes."""
        return json_response(_item(*await call.run(self.lifecycle.get_bucket, call.actor, bucket_id(call))))

    async def update_settings(self, call: Call) -> Response:
        """Change a bucket's visibility {private} or {visibility}."""
        private = wanted_privacy(await call.fields())
        bucket = await call.run(self.lifecycle.update_settings, call.actor, bucket_id(call), private=private)
        return json_response({"private": bucket.private})

    async def delete_bucket(self, call: Call) -> Response:
        """Delete a bucket with its files."""
        await call.run(self.lifecycle.delete_bucket, call.actor, bucket_id(call))
        return json_response({})


def bucket_id(call: Call) -> RepoId:
    """The bucket that the path names."""
    return RepoId.parse(call.words["bucket"], "bucket")


def _named(call: Call, name: RepoId) -> dict[str, str]:
    return {"url": call.urls.quoted(f"/buckets/{name}"), "name": str(name)}


def _item(bucket: Bucket, usage: BucketUsage) -> BucketItem:
    return {
        "id": str(bucket.id),
        "author": bucket.id.namespace or "",
        "private": bucket.private,
        "visibility": "private" if bucket.private else "public",
        "createdAt": iso(bucket.created_at),
        "updatedAt": iso(bucket.updated_at),
        "size": usage.size_bytes,
        "totalFiles": usage.files,
    }
