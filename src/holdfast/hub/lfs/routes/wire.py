"""What the routes of git-lfs share: its media type, and its JSON for answers."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.responses import Response

from holdfast.base.clock import iso
from holdfast.hub.lfs.domain import Lock

MEDIA_TYPE = "application/vnd.git-lfs+json"


def lfs_response(value: Any, status: int = 200) -> Response:
    """JSON under git-lfs's media type."""
    return Response(orjson.dumps(value), status, media_type=MEDIA_TYPE)


def lock_json(lock: Lock) -> dict[str, Any]:
    """A lock. Source: git-lfs docs/api/locking.md."""
    return {
        "id": str(lock.lock_id),
        "path": lock.path,
        "locked_at": iso(lock.locked_at),
        "owner": {"name": lock.owner_name},
    }
