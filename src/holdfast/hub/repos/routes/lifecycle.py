"""Create, delete, move, settings, duplicate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from holdfast.base.errors import InvalidInput, RepoExists
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.http.call import Call, Fields
from holdfast.http.errors import error_headers
from holdfast.http.responses import json_response
from holdfast.http.routing import Route
from holdfast.hub.repos.domain import Gating, Repo
from holdfast.hub.repos.routes.urls import repo_url
from holdfast.hub.repos.service.lifecycle import RepoLifecycle, SettingsChange

MoveBucket = Callable[[Actor, RepoId, RepoId], RepoId]
"""What the same address does for buckets, which are another capability's; returns the new id."""
SPACE_SDKS = ("gradio", "streamlit", "docker", "static")


@dataclass(frozen=True)
class LifecycleRoutes:
    """Endpoints of `RepoLifecycle`."""

    lifecycle: RepoLifecycle
    move_bucket: MoveBucket

    def table(self) -> tuple[Route, ...]:
        """All routes."""
        return (
            Route("POST", "/api/repos/create", self.create_repo, Permission.WRITE_OWN),
            Route("DELETE", "/api/repos/delete", self.delete_repo, Permission.ADMIN_REPO),
            Route("POST", "/api/repos/move", self.move_repo, Permission.ADMIN_REPO),
            Route("PUT", "/api/{types}/{repo}/settings", self.update_settings, Permission.ADMIN_REPO),
            Route("POST", "/api/{types}/{repo}/duplicate", self.duplicate_repo, Permission.READ_REPO),
        )

    async def create_repo(self, call: Call) -> Response:
        """Create a repo {name, organization?, type?, visibility?, sdk?, license?}."""
        fields = await call.fields()
        repo_type = RepoType.parse(fields.optional_text("type"))
        sdk = fields.optional_text("sdk")
        if repo_type is RepoType.SPACE and sdk not in SPACE_SDKS:
            raise InvalidInput(field="sdk", problem=f"must be one of {', '.join(SPACE_SDKS)} for a Space")
        repo_id = RepoId(fields.optional_text("organization") or call.actor.username, fields.text("name"))
        try:
            repo = await call.run(
                self.lifecycle.create_repo,
                call.actor,
                repo_type,
                repo_id,
                private=wanted_privacy(fields),
                space_sdk=sdk,
                license_name=fields.optional_text("license"),
            )
        except RepoExists as error:
            return _exists(call, error, repo_type, repo_id)
        return json_response(_created(call, repo))

    async def delete_repo(self, call: Call) -> Response:
        """Delete a repo for good {name, organization?, type?}."""
        fields = await call.fields()
        repo_id = RepoId(fields.optional_text("organization") or call.actor.username, fields.text("name"))
        repo_type = RepoType.parse(fields.optional_text("type"))
        await call.run(self.lifecycle.delete_repo, call.actor, repo_type, repo_id)
        return json_response({})

    async def move_repo(self, call: Call) -> Response:
        """Rename or transfer a repo {fromRepo, toRepo, type?}; the old id goes on leading to it. Also for buckets."""
        fields = await call.fields()
        old_id = RepoId.parse(fields.text("fromRepo"), "fromRepo")
        new_id = RepoId.parse(fields.text("toRepo"), "toRepo")
        if fields.optional_text("type") == "bucket":
            moved = await call.run(self.move_bucket, call.actor, old_id, new_id)
            return json_response({"url": call.urls.quoted(f"/buckets/{moved}"), "name": str(moved)})
        repo_type = RepoType.parse(fields.optional_text("type"))
        repo = await call.run(self.lifecycle.move_repo, call.actor, repo_type, old_id, new_id)
        return json_response({"url": repo_url(call, repo), "name": str(repo.id)})

    async def update_settings(self, call: Call) -> Response:
        """Change {visibility?, gated?}."""
        fields = await call.fields()
        change = SettingsChange(private=wanted_privacy(fields), gated=_wanted_gating(fields))
        repo = await call.run(self.lifecycle.update_settings, call.actor, call.repo_type, call.repo_id, change)
        return json_response({"private": repo.private, "gated": repo.gated.value if repo.gated else False})

    async def duplicate_repo(self, call: Call) -> Response:
        """Copy a repo with its history {repository, visibility?}."""
        fields = await call.fields()
        new_id = RepoId.parse(fields.text("repository"), "repository")
        try:
            repo = await call.run(
                self.lifecycle.duplicate_repo,
                call.actor,
                call.repo_type,
                call.repo_id,
                new_id,
                private=wanted_privacy(fields),
            )
        except RepoExists as error:
            return _exists(call, error, call.repo_type, new_id)
        return json_response({**_created(call, repo), "filesCopyPending": False})


def wanted_privacy(fields: Fields) -> bool | None:
    """Read `visibility` (2.x) or `private` (older clients); None when neither is given.

    Raises:
        InvalidInput: another word, or `protected`, which needs Spaces that run.
    """
    visibility = fields.optional_text("visibility")
    if visibility is None:
        return fields.optional_flag("private")
    if visibility not in ("public", "private"):
        raise InvalidInput(field="visibility", problem=f"must be public or private here; got {visibility[:40]!r}")
    return visibility == "private"


def _wanted_gating(fields: Fields) -> Gating | bool | None:
    value = fields.values.get("gated")
    if value is None:
        return None
    if value is False:
        return False
    if value in ("auto", "manual"):
        return Gating(value)
    raise InvalidInput(field="gated", problem="must be 'auto', 'manual' or false")


def _created(call: Call, repo: Repo) -> dict[str, Any]:
    return {"url": repo_url(call, repo), "name": str(repo.id), "id": repo.uid}


def _exists(call: Call, error: RepoExists, repo_type: RepoType, repo_id: RepoId) -> Response:
    # Clients with `exist_ok` read the url out of the 409's body.
    url = call.urls.quoted(f"/{repo_type.url_prefix}{repo_id}")
    body = {"error": error.message, "url": url, "name": str(repo_id)}
    return json_response(body, error.status, error_headers(error, ""))
