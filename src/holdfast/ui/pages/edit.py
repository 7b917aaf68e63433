"""Writing, changing and deleting files in the browser, as a commit or as a pull request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from markupsafe import Markup
from starlette.responses import Response

from holdfast.base.errors import Conflict, EntryNotFound, HoldfastError, StaleParent, TooLarge
from holdfast.base.identity import Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.http.call import Call, FormFields
from holdfast.http.routing import Family, Route
from holdfast.hub.repos.domain import CommitResult
from holdfast.hub.repos.metadata.card import split_card
from holdfast.hub.repos.service.editing import EditableFile, EditService, FileChange, Target
from holdfast.hub.repos.service.headers import HeaderService
from holdfast.ui.page import Pages
from holdfast.ui.pages.commit_forms import (
    COMMIT_REFUSALS,
    commit_box,
    commit_problems,
    landing,
    read_header,
    wants_pull_request,
)
from holdfast.ui.pages.repo_context import read_context
from holdfast.ui.rendering import place_of, render_markdown

MAX_FORM_BYTES = 4 * 1024 * 1024
_PROSE = (".md", ".mdx", ".markdown")


@dataclass(frozen=True)
class Typed:
    """What the editor holds. `old_path` None: a new file."""

    path: str
    text: str
    old_path: str | None


@dataclass(frozen=True)
class EditPages:
    """The editor."""

    pages: Pages
    headers: HeaderService
    edits: EditService

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        discuss, page = Permission.DISCUSS_REPO, Family.PAGE
        base = "/{prefix}{repo}"
        return (
            Route("GET", f"{base}/edit/{{rev}}/{{path}}", self.show_edit, discuss, page),
            Route("POST", f"{base}/edit/{{rev}}/{{path}}", self.edit, discuss, page),
            Route("GET", f"{base}/new/{{rev}}", self.show_new, discuss, page),
            Route("GET", f"{base}/new/{{rev}}/{{path}}", self.show_new, discuss, page),
            Route("POST", f"{base}/new/{{rev}}", self.create, discuss, page),
            Route("POST", f"{base}/new/{{rev}}/{{path}}", self.create, discuss, page),
            Route("GET", f"{base}/delete/{{rev}}/{{path}}", self.show_delete, discuss, page),
            Route("POST", f"{base}/delete/{{rev}}/{{path}}", self.delete, discuss, page),
            Route("POST", f"{base}/preview/{{rev}}", self.preview, discuss, page),
        )

    async def show_edit(self, call: Call) -> Response:
        """A text file in an editor; one that is not there yet can be written."""
        try:
            file = await call.run(self.edits.open_file, *_where(call), call.words["path"])
        except EntryNotFound:
            folder, _, name = call.words["path"].rpartition("/")
            base = f"/{call.repo_type.url_prefix}{call.repo_id}/new/{quote(call.words['rev'], safe='')}"
            return self.pages.redirect(call, f"{base}/{quote(folder)}?name={quote(name, safe='')}")
        return await self._editor(call, file.target, Typed(file.path, file.text, file.path))

    async def edit(self, call: Call) -> Response:
        """Save it, under another name if that was changed; or show what it would look like."""
        return await self._save(call, old_path=call.words["path"])

    async def show_new(self, call: Call) -> Response:
        """An empty file in a folder; `name` in the address names it."""
        target = await call.run(self.edits.find_target, *_where(call))
        folder = call.words.get("path", "").strip("/")
        path = f"{folder}/" if folder else ""
        return await self._editor(call, target, Typed(path + call.query_params.get("name", ""), "", None))

    async def create(self, call: Call) -> Response:
        """Save a new file; or show what it would look like."""
        return await self._save(call, old_path=None)

    async def show_delete(self, call: Call) -> Response:
        """Ask whether a file or folder shall go."""
        path = call.words["path"]
        target = await call.run(self.edits.check_there, *_where(call), path)
        return await self._delete_form(call, target, path)

    async def delete(self, call: Call) -> Response:
        """Delete it."""
        form, path = await call.form_fields(), call.words["path"]
        target = await call.run(self.edits.find_target, *_where(call))
        try:
            result = await self._commit(call, form, FileChange(path, path, None), f"Delete {path}")
        except COMMIT_REFUSALS as error:
            return await self._delete_form(call, target, path, form, error)
        folder = path.rpartition("/")[0]
        address = f"tree/{quote(target.revision, safe='')}/{quote(folder)}".rstrip("/")
        return self.pages.redirect(call, landing(target.repo, result, address))

    async def preview(self, call: Call) -> Response:
        """How Markdown would look: a part of a page, for the editor."""
        form = await call.form_fields(MAX_FORM_BYTES)
        await call.run(self.edits.find_target, *_where(call))
        html = await call.run(_render, call, form.text("path", ""), form.text("text", ""))
        return await self.pages.render(call, "edit/preview.html", html=html)

    async def _save(self, call: Call, old_path: str | None) -> Response:
        form = await call.form_fields(MAX_FORM_BYTES)
        typed = Typed(form.text("path", "").strip().lstrip("/"), form.text("text", ""), old_path)
        target = await call.run(self.edits.find_target, *_where(call))
        if form.text("action", "") == "preview":
            html = await call.run(_render, call, typed.path, typed.text)
            return await self._editor(call, target, typed, form, html=html)
        change = FileChange(typed.path, old_path, typed.text)
        try:
            result = await self._commit(call, form, change, _proposed(typed))
        except StaleParent as error:
            theirs = await call.run(self._theirs, call, old_path or typed.path)
            return await self._editor(call, target, typed, form, error, theirs=theirs)
        except COMMIT_REFUSALS as error:
            return await self._editor(call, target, typed, form, error)
        address = f"blob/{quote(target.revision, safe='')}/{quote(typed.path)}"
        return self.pages.redirect(call, landing(target.repo, result, address))

    async def _commit(self, call: Call, form: FormFields, change: FileChange, proposed: str) -> CommitResult:
        header = read_header(form, proposed)
        as_pull_request = wants_pull_request(form)
        return await call.run(self.edits.save, *_where(call), header, change, create_pr=as_pull_request)

    def _theirs(self, call: Call, path: str) -> EditableFile | None:
        """The file as somebody else left it; None where it is gone or no text any more."""
        try:
            return self.edits.open_file(*_where(call), path)
        except (EntryNotFound, Conflict, TooLarge):
            return None

    async def _editor(
        self,
        call: Call,
        target: Target,
        typed: Typed,
        form: FormFields | None = None,
        error: HoldfastError | None = None,
        *,
        theirs: EditableFile | None = None,
        html: Markup | None = None,
    ) -> Response:
        return await self.pages.render(
            call,
            "edit/file.html",
            status=error.status if error else 200,
            repo=await read_context(call, self.headers),
            box=commit_box(target, _proposed(typed), form, _parent(form, error)),
            problems=commit_problems(error) if error else {},
            path=typed.path,
            text=typed.text,
            old_path=typed.old_path,
            is_prose=typed.path.lower().endswith(_PROSE),
            theirs=theirs,
            html=html,
        )

    async def _delete_form(
        self,
        call: Call,
        target: Target,
        path: str,
        form: FormFields | None = None,
        error: HoldfastError | None = None,
    ) -> Response:
        return await self.pages.render(
            call,
            "edit/delete.html",
            status=error.status if error else 200,
            repo=await read_context(call, self.headers),
            box=commit_box(target, f"Delete {path}", form, _parent(form, error)),
            problems=commit_problems(error) if error else {},
            path=path,
        )


def _where(call: Call) -> tuple[Any, RepoType, RepoId, str]:
    return call.actor, call.repo_type, call.repo_id, call.words["rev"]


def _parent(form: FormFields | None, error: HoldfastError | None) -> str | None:
    """Whoever was told of others' changes and commits again replaces them knowingly: then today's commit counts."""
    return form.optional_text("parent") if form is not None and not isinstance(error, StaleParent) else None


def _proposed(typed: Typed) -> str:
    if typed.old_path is None:
        return f"Create {typed.path}" if typed.path and not typed.path.endswith("/") else "Create a file"
    return f"Update {typed.path}" if typed.path == typed.old_path else f"Rename {typed.old_path} to {typed.path}"


def _render(call: Call, path: str, text: str) -> Markup:
    place = place_of(call.urls.base, call.repo_type, call.repo_id, call.words["rev"], path)
    return render_markdown(split_card(text)[1], place)
