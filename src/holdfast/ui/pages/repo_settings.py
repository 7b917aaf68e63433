"""Settings of a repo: who sees it, its name, who gets its files, branches and tags, what takes room, its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from holdfast.accounts.domain import OrgRole
from holdfast.accounts.service.profiles import ProfileService
from holdfast.base.errors import Conflict, HoldfastError, InvalidInput, NotFound, RepoExists
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import SHA256_PATTERN, RepoId, RepoType, check_sha256
from holdfast.http.call import Call, FormFields
from holdfast.http.routing import Family, Route
from holdfast.hub.repos.domain import Gating
from holdfast.hub.repos.git_storage.refs import RefKind
from holdfast.hub.repos.service import RepoServices
from holdfast.hub.repos.service.lifecycle import SettingsChange
from holdfast.hub.repos.store.access_requests import RequestStatus
from holdfast.ui.forms import problems
from holdfast.ui.page import Pages
from holdfast.ui.pages.repo_context import RepoContext, read_context

FILES_PAGE = 200
_GATES: dict[str, Gating | bool] = {"open": False, "auto": Gating.AUTO, "manual": Gating.MANUAL}
_REFUSALS = (InvalidInput, Conflict, NotFound)
_DECISIONS = {"accept": RequestStatus.ACCEPTED, "reject": RequestStatus.REJECTED}


@dataclass(frozen=True)
class RepoSettingsPages:
    """The settings tab of repos."""

    pages: Pages
    repos: RepoServices
    profiles: ProfileService

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        admin, write, page = Permission.ADMIN_REPO, Permission.WRITE_REPO, Family.PAGE
        base = "/{prefix}{repo}/settings"
        return (
            Route("GET", base, self.show, admin, page),
            Route("POST", f"{base}/visibility", self.change_visibility, admin, page),
            Route("POST", f"{base}/move", self.move, admin, page),
            Route("POST", f"{base}/delete", self.delete, admin, page),
            Route("GET", f"{base}/access", self.show_access, admin, page),
            Route("POST", f"{base}/access", self.change_gate, admin, page),
            Route("POST", f"{base}/access/decide", self.decide, admin, page),
            Route("POST", f"{base}/access/grant", self.grant, admin, page),
            Route("GET", f"{base}/refs", self.show_refs, write, page),
            Route("POST", f"{base}/refs", self.create_ref, write, page),
            Route("POST", f"{base}/refs/delete", self.delete_ref, write, page),
            Route("GET", f"{base}/storage", self.show_storage, write, page),
            Route("POST", f"{base}/storage/delete", self.delete_files, admin, page),
        )

    async def show(self, call: Call) -> Response:
        """Visibility, name and owner, and the end of the repo."""
        return await self._general(call)

    async def change_visibility(self, call: Call) -> Response:
        """Make the repo public or private."""
        word = (await call.form_fields()).text("visibility", "")
        if word not in ("public", "private"):
            raise InvalidInput(field="visibility", problem="must be public or private")
        change = SettingsChange(private=word == "private")
        await call.run(self.repos.lifecycle.update_settings, *_where(call), change)
        return self._done(call)

    async def move(self, call: Call) -> Response:
        """Give the repo another name or owner."""
        form = await call.form_fields()
        new_id = RepoId(form.text("owner", "").strip() or call.repo_id.namespace, form.text("name", "").strip())
        try:
            moved = await call.run(self.repos.lifecycle.move_repo, *_where(call), new_id)
        except RepoExists as error:
            return await self._general(call, {"name": f"{new_id} exists already."}, form, error)
        except _REFUSALS as error:
            return await self._general(call, problems(error), form, error)
        return self.pages.redirect(call, f"/{moved.type.url_prefix}{moved.id}/settings?saved=1")

    async def delete(self, call: Call) -> Response:
        """Delete the repo for good, if its name was typed."""
        form = await call.form_fields()
        # Whoever may not delete it learns nothing from the name's check, so the repo is asked for first.
        view = await self._administered(call)
        if form.text("confirmation", "").strip() != str(view.repo.id):
            wrong = InvalidInput(field="confirmation", problem=f"must be {view.repo.id}, as it is written here")
            return await self._general(call, problems(wrong), form, wrong)
        await call.run(self.repos.lifecycle.delete_repo, *_where(call))
        return self.pages.redirect(call, f"/{view.repo.id.namespace}")

    async def show_access(self, call: Call) -> Response:
        """Whether there is a gate, and who asked to pass it."""
        return await self._access(call)

    async def change_gate(self, call: Call) -> Response:
        """Open or close the gate."""
        word = (await call.form_fields()).text("gated", "")
        if word not in _GATES:
            raise InvalidInput(field="gated", problem="must be open, auto or manual")
        await call.run(self.repos.lifecycle.update_settings, *_where(call), SettingsChange(gated=_GATES[word]))
        return self._done(call, "/access")

    async def decide(self, call: Call) -> Response:
        """Accept or reject somebody's request."""
        form = await call.form_fields()
        decision = _DECISIONS.get(form.text("decision", ""))
        if decision is None:
            raise InvalidInput(field="decision", problem="must be accept or reject")
        try:
            await call.run(
                self.repos.gating.handle,
                *_where(call),
                username=None,
                request_id=form.text("request"),
                status=decision,
                rejection_reason=form.optional_text("reason"),
            )
        except _REFUSALS as error:
            return await self._access(call, problems(error), error)
        return self._done(call, "/access")

    async def grant(self, call: Call) -> Response:
        """Let somebody in who did not ask."""
        username = (await call.form_fields()).text("username", "").strip()
        try:
            await call.run(self.repos.gating.grant, *_where(call), username)
        except _REFUSALS as error:
            return await self._access(call, {"username": error.message}, error)
        return self._done(call, "/access?status=accepted", "&")

    async def show_refs(self, call: Call) -> Response:
        """Branches and tags."""
        return await self._refs(call)

    async def create_ref(self, call: Call) -> Response:
        """Make a branch or a tag."""
        form = await call.form_fields()
        kind, name, start = form.text("kind", ""), form.text("name", "").strip(), form.optional_text("start")
        try:
            if kind == "tag":
                message = form.optional_text("message")
                await call.run(self.repos.branches.create_tag, *_where(call), start or "HEAD", name, message)
            else:
                await call.run(self.repos.branches.create_branch, *_where(call), name, start)
        except _REFUSALS as error:
            return await self._refs(call, {kind: error.message}, form, error)
        return self._done(call, "/refs")

    async def delete_ref(self, call: Call) -> Response:
        """Delete a branch or a tag."""
        form = await call.form_fields()
        try:
            await call.run(self._delete_ref, *_where(call), form.text("kind", ""), form.text("name", ""))
        except _REFUSALS as error:
            return await self._refs(call, {"form": error.message}, form, error)
        return self._done(call, "/refs")

    async def show_storage(self, call: Call) -> Response:
        """Large files, and what they take."""
        cursor = call.query_params.get("cursor", "")
        if cursor and not SHA256_PATTERN.fullmatch(cursor):
            raise InvalidInput(field="cursor", problem="is not one that this server gave out")
        page = await call.run(self.repos.large_files.list_large_files, *_where(call), after=cursor, limit=FILES_PAGE)
        view = await self._context(call)
        return await self.pages.render(
            call,
            "repo_settings/storage.html",
            json_url=f"{view.api_path}/lfs-files",
            repo=view,
            page=page,
            cursor=cursor,
            saved=_saved(call),
        )

    async def delete_files(self, call: Call) -> Response:
        """Take large files out of the repo and its history for good."""
        form = await call.form_fields()
        sha256s = {check_sha256(sha256, "sha256") for sha256 in form.texts("sha256")}
        await call.run(self.repos.large_files.delete_large_files, *_where(call), sha256s, rewrite_history=True)
        return self._done(call, "/storage")

    def _delete_ref(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, kind: str, name: str) -> None:
        branches = self.repos.branches
        delete = branches.delete_tag if kind == "tag" else branches.delete_branch
        delete(actor, repo_type, repo_id, name)

    async def _general(
        self,
        call: Call,
        found: dict[str, str] | None = None,
        form: FormFields | None = None,
        error: HoldfastError | None = None,
    ) -> Response:
        view = await self._administered(call)
        repo_id = view.repo.id
        typed = {name: form.text(name, "") if form else "" for name in ("owner", "name", "confirmation")}
        return await self.pages.render(
            call,
            "repo_settings/general.html",
            status=error.status if error else 200,
            json_url=view.api_path,
            repo=view,
            owners=await call.run(self._owners, call.actor, repo_id.namespace or ""),
            owner=typed["owner"] or repo_id.namespace,
            name=typed["name"] or repo_id.name,
            confirmation=typed["confirmation"],
            problems=found or {},
            saved=_saved(call),
        )

    async def _access(
        self, call: Call, found: dict[str, str] | None = None, error: HoldfastError | None = None
    ) -> Response:
        view = await self._administered(call)
        word = call.query_params.get("status", "pending")
        status = next((one for one in RequestStatus if one.value == word), RequestStatus.PENDING)
        requests = []
        if view.repo.gated is not None:
            requests = await call.run(self.repos.gating.list_requests, *_where(call), status)
        return await self.pages.render(
            call,
            "repo_settings/access.html",
            status=error.status if error else 200,
            json_url=f"{view.api_path}/user-access-request/{status.value}" if view.repo.gated else view.api_path,
            repo=view,
            requests=requests,
            request_status=status.value,
            problems=found or {},
            saved=_saved(call),
        )

    async def _refs(
        self,
        call: Call,
        found: dict[str, str] | None = None,
        form: FormFields | None = None,
        error: HoldfastError | None = None,
    ) -> Response:
        view = await self._context(call, Permission.WRITE_REPO)
        refs = await call.run(self.repos.reads.list_refs, *_where(call))
        return await self.pages.render(
            call,
            "repo_settings/refs.html",
            status=error.status if error else 200,
            json_url=f"{view.api_path}/refs",
            repo=view,
            branches=[ref for ref in refs if ref.kind is RefKind.BRANCH],
            tags=[ref for ref in refs if ref.kind is RefKind.TAG],
            typed={name: form.text(name, "") if form else "" for name in ("kind", "name", "start", "message")},
            problems=found or {},
            saved=_saved(call),
        )

    async def _administered(self, call: Call) -> RepoContext:
        return await self._context(call, Permission.ADMIN_REPO)

    async def _context(self, call: Call, permission: Permission = Permission.SEE_REPO) -> RepoContext:
        await call.run(self.repos.resolves.check_readable, *_where(call), permission)
        return await read_context(call, self.repos.headers)

    def _done(self, call: Call, tail: str = "", separator: str = "?") -> Response:
        base = f"/{call.repo_type.url_prefix}{call.repo_id}/settings"
        return self.pages.redirect(call, f"{base}{tail}{separator}saved=1")

    def _owners(self, actor: Actor, present: str) -> list[str]:
        """Who the repo can belong to: its owner, the actor, and organizations where the actor may create."""
        identity = self.profiles.whoami(actor)
        orgs = [found.namespace.name for found in identity.orgs if found.role.includes(OrgRole.CONTRIBUTOR)]
        return list(dict.fromkeys([present, identity.user.name, *sorted(orgs, key=str.lower)]))


def _where(call: Call) -> tuple[Any, RepoType, RepoId]:
    return call.actor, call.repo_type, call.repo_id


def _saved(call: Call) -> bool:
    return call.query_params.get("saved") == "1" and call.method == "GET"
