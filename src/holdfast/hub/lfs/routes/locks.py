"""The lock API. Source: git-lfs docs/api/locking.md."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from holdfast.base.errors import InvalidInput, NotFound
from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.routing import Endpoint, Family, Route
from holdfast.hub.lfs.routes.wire import lfs_response, lock_json
from holdfast.hub.lfs.service.locks import LockService

_DEFAULT_LIMIT = 100
_MAX_LIMIT = 1000


@dataclass(frozen=True)
class LockRoutes:
    """`{repo}.git/info/lfs/locks…`."""

    locks: LockService

    def table(self) -> tuple[Route, ...]:
        """The routes."""
        endpoints: tuple[tuple[str, str, Endpoint, Permission], ...] = (
            ("POST", "", self.create, Permission.WRITE_REPO),
            ("GET", "", self.list, Permission.READ_REPO),
            ("POST", "/verify", self.verify, Permission.WRITE_REPO),
            ("POST", "/{lock}/unlock", self.unlock, Permission.WRITE_REPO),
        )
        return tuple(
            Route(method, f"/{{prefix}}{repo}/info/lfs/locks{tail}", endpoint, permission, Family.LFS)
            for repo in ("{repo}.git", "{repo}")
            for method, tail, endpoint, permission in endpoints
        )

    async def create(self, call: Call) -> Response:
        """Lock a path; 409 with the lock that is in the way."""
        fields = await call.fields()
        lock, created = await call.run(self.locks.create, call.actor, call.repo_type, call.repo_id, fields.text("path"))
        if created:
            return lfs_response({"lock": lock_json(lock)}, 201)
        return lfs_response({"lock": lock_json(lock), "message": f"{lock.path} is locked already"}, 409)

    async def list(self, call: Call) -> Response:
        """Locks, by path or id or page."""
        query = call.query_params
        page = await call.run(
            self.locks.list,
            call.actor,
            call.repo_type,
            call.repo_id,
            path=query.get("path") or None,
            lock_id=_lock_id(query["id"]) if query.get("id") else None,
            after=_cursor(query.get("cursor")),
            limit=call.number("limit", _DEFAULT_LIMIT, 1, _MAX_LIMIT),
        )
        found = {"locks": [lock_json(lock) for lock in page.locks]}
        return lfs_response(found | _next(page.next_cursor))

    async def verify(self, call: Call) -> Response:
        """Locks before a push, one's own and those of others."""
        fields = await call.fields()
        limit = min(fields.number("limit", _DEFAULT_LIMIT) or _DEFAULT_LIMIT, _MAX_LIMIT)
        after = _cursor(fields.optional_text("cursor"))
        page = await call.run(self.locks.verify, call.actor, call.repo_type, call.repo_id, after=after, limit=limit)
        mine = call.actor.user_id
        found = {
            "ours": [lock_json(lock) for lock in page.locks if lock.owner_id == mine],
            "theirs": [lock_json(lock) for lock in page.locks if lock.owner_id != mine],
        }
        return lfs_response(found | _next(page.next_cursor))

    async def unlock(self, call: Call) -> Response:
        """Open a lock."""
        fields = await call.fields()
        lock_id = _lock_id(call.words["lock"])
        force = fields.optional_flag("force") or False
        lock = await call.run(self.locks.unlock, call.actor, call.repo_type, call.repo_id, lock_id, force=force)
        return lfs_response({"lock": lock_json(lock)})


def _next(cursor: int | None) -> dict[str, str]:
    return {} if cursor is None else {"next_cursor": str(cursor)}


def _is_id(word: str) -> bool:
    return word.isascii() and word.isdecimal() and len(word) < 18


def _lock_id(word: str) -> int:
    if not _is_id(word):
        raise NotFound(what="This lock")
    return int(word)


def _cursor(word: str | None) -> int:
    if not word:
        return 0
    if not _is_id(word):
        raise InvalidInput(field="cursor", problem="is not one that this server gave")
    return int(word)
