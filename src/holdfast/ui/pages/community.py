"""Discussions and pull requests: lists, one with all that happened in it, what it changes, and what people do there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from starlette.responses import Response

from holdfast.base.errors import Conflict, HoldfastError, InvalidInput
from holdfast.base.identity import Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.http.call import Call, FormFields
from holdfast.http.routing import Family, Route
from holdfast.hub.community.domain import Comment, Event, parse_num
from holdfast.hub.community.service import CommunityServices
from holdfast.hub.community.service.viewing import PAGE_SIZE, DiscussionPage, DiscussionView, NamedEvent
from holdfast.hub.repos.service.headers import HeaderService
from holdfast.ui.forms import problems
from holdfast.ui.page import Pages
from holdfast.ui.pages.repo_context import RepoContext, read_context
from holdfast.ui.rendering import Deadline, Place, Remembered, TooSlow, as_written, place_of, render_markdown

STATES = {"open": True, "closed": False, "all": None}
KINDS = {"all": None, "pull_request": True, "discussion": False}
MAX_PAGE = 1_000_000
COMMENTS_SECONDS = 2.0
"""Of computing for all comments that are set anew; those that are left over wait for the next look at the page."""
_REFUSALS = (InvalidInput, Conflict)


@dataclass(frozen=True)
class ShownEvent:
    """Something that happened, with a comment's text as HTML; `is_own` when the actor wrote it."""

    named: NamedEvent
    html: Markup | None
    is_own: bool


@dataclass(frozen=True)
class CommunityPages:
    """The community tab of repos."""

    pages: Pages
    headers: HeaderService
    community: CommunityServices
    remembered: Remembered

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        see, discuss, page = Permission.SEE_REPO, Permission.DISCUSS_REPO, Family.PAGE
        base = "/{prefix}{repo}/discussions"
        one = f"{base}/{{num}}"
        return (
            Route("GET", base, self.list_discussions, see, page),
            Route("GET", f"{base}/new", self.show_new, discuss, page),
            Route("POST", f"{base}/new", self.open_discussion, discuss, page),
            Route("GET", one, self.show, see, page),
            Route("GET", f"{one}/files", self.show_files, Permission.READ_REPO, page),
            Route("POST", f"{one}/comment", self.comment, discuss, page),
            Route("POST", f"{one}/comment/{{id}}/edit", self.edit_comment, discuss, page),
            Route("POST", f"{one}/comment/{{id}}/hide", self.hide_comment, discuss, page),
            Route("POST", f"{one}/title", self.rename, discuss, page),
            Route("POST", f"{one}/status", self.change_status, discuss, page),
            Route("POST", f"{one}/merge", self.merge, Permission.WRITE_REPO, page),
        )

    async def list_discussions(self, call: Call) -> Response:
        """Discussions and pull requests, newest first."""
        view = await read_context(call, self.headers)
        state, kind = _choice(call, "status", STATES), _choice(call, "type", KINDS)
        number = call.number("p", 0, 0, MAX_PAGE)
        found: DiscussionPage = await call.run(
            self.community.views.list_discussions,
            *_repo(call),
            open_ones=STATES[state],
            pull_requests=KINDS[kind],
            author=call.query_params.get("author") or None,
            page=number,
        )
        return await self.pages.render(
            call,
            "community/list.html",
            json_url=f"{view.api_path}/discussions?status={state}&type={kind}&p={number}",
            repo=view,
            found=found,
            state=state,
            kind=kind,
            author=call.query_params.get("author", ""),
            number=number,
            has_more=found.start + PAGE_SIZE < found.total,
        )

    async def show_new(self, call: Call) -> Response:
        """The form for a new discussion."""
        await call.run(self.community.discussions.check_may_discuss, *_repo(call))
        view = await read_context(call, self.headers)
        return await self._new_form(call, view, {})

    async def open_discussion(self, call: Call) -> Response:
        """Open a discussion and go there."""
        form, view = await call.form_fields(), await read_context(call, self.headers)
        try:
            num = await call.run(
                self.community.discussions.open_discussion, *_repo(call), form.text("title", ""), form.text("text", "")
            )
        except _REFUSALS as error:
            return await self._new_form(call, view, problems(error, {"description": "text"}), form, error)
        return self.pages.redirect(call, f"{view.path}/discussions/{num}")

    async def show(self, call: Call) -> Response:
        """One discussion with all that happened in it."""
        return await self._one(call)

    async def show_files(self, call: Call) -> Response:
        """What a pull request changes."""
        view = await read_context(call, self.headers)
        first = call.number("first", 0, 0, 1_000_000)
        changes = await call.run(self.community.views.get_changes, *_where(call), first_file=first)
        seen = await call.run(self.community.views.get_discussion, *_where(call))
        return await self.pages.render(
            call,
            "community/files.html",
            json_url=f"{view.api_path}/discussions/{seen.discussion.num}?diff=1",
            repo=view,
            view=seen,
            changes=changes,
            first=first,
        )

    async def comment(self, call: Call) -> Response:
        """Say something; with the other button, also close or reopen the discussion."""
        form = await call.form_fields()
        text, status = form.text("text", ""), form.optional_text("status")
        try:
            if status is not None:
                said = text if text.strip() else None
                await call.run(self.community.discussions.change_status, *_where(call), status, said)
            else:
                await call.run(self.community.discussions.comment, *_where(call), text)
        except _REFUSALS as error:
            return await self._one(call, error, text=text)
        return self._back(call, "#end")

    async def edit_comment(self, call: Call) -> Response:
        """Change what one's own comment says."""
        form, comment_id = await call.form_fields(), call.words["id"]
        try:
            text = form.text("text", "")
            await call.run(self.community.discussions.edit_comment, *_where(call), comment_id, text)
        except _REFUSALS as error:
            return await self._one(call, error)
        return self._back(call, f"#comment-{comment_id}")

    async def hide_comment(self, call: Call) -> Response:
        """Take a comment's text away for good."""
        await call.run(self.community.discussions.hide_comment, *_where(call), call.words["id"])
        return self._back(call)

    async def rename(self, call: Call) -> Response:
        """Give a discussion another title."""
        form = await call.form_fields()
        try:
            await call.run(self.community.discussions.rename, *_where(call), form.text("title", ""))
        except _REFUSALS as error:
            return await self._one(call, error)
        return self._back(call)

    async def change_status(self, call: Call) -> Response:
        """Close it, reopen it, or let a draft be ready."""
        form = await call.form_fields()
        try:
            await call.run(self.community.discussions.change_status, *_where(call), form.text("status", ""))
        except _REFUSALS as error:
            return await self._one(call, error)
        return self._back(call, "#end")

    async def merge(self, call: Call) -> Response:
        """Bring a pull request's commits into its branch."""
        form = await call.form_fields()
        try:
            await call.run(self.community.merges.merge, *_where(call), form.optional_text("text"))
        except _REFUSALS as error:
            return await self._one(call, error)
        return self._back(call, "#end")

    def _back(self, call: Call, fragment: str = "") -> Response:
        base = f"/{call.repo_type.url_prefix}{call.repo_id}"
        return self.pages.redirect(call, f"{base}/discussions/{parse_num(call.words['num'])}{fragment}")

    async def _one(self, call: Call, error: HoldfastError | None = None, text: str = "") -> Response:
        context = await read_context(call, self.headers)
        seen: DiscussionView = await call.run(self.community.views.get_discussion, *_where(call))
        return await self.pages.render(
            call,
            "community/show.html",
            status=error.status if error else 200,
            json_url=f"{context.api_path}/discussions/{seen.discussion.num}",
            repo=context,
            view=seen,
            events=await call.run(self._shown, call, seen),
            problem=_sentence(error) if error else "",
            text=text,
        )

    async def _new_form(
        self,
        call: Call,
        view: RepoContext,
        found: dict[str, str],
        form: FormFields | None = None,
        error: HoldfastError | None = None,
    ) -> Response:
        return await self.pages.render(
            call,
            "community/new.html",
            status=error.status if error else 200,
            repo=view,
            problems=found,
            title=form.text("title", "") if form else "",
            text=form.text("text", "") if form else "",
        )

    def _shown(self, call: Call, seen: DiscussionView) -> list[ShownEvent]:
        place = place_of(call.urls.base, seen.repo.type, seen.repo.id, seen.repo.default_branch)
        comments = Comments(place, self.remembered, Deadline(COMMENTS_SECONDS))
        user_id = call.actor.user_id
        return [
            ShownEvent(named, comments.show(named.event), user_id is not None and named.event.author_id == user_id)
            for named in seen.events
        ]


@dataclass(frozen=True)
class Comments:
    """Sets the comments of one discussion, of which strangers may write thousands.

    Together they have `deadline`; behind it they are shown as they were written.
    """

    place: Place
    remembered: Remembered
    deadline: Deadline

    def show(self, event: Event) -> Markup | None:
        """A comment as HTML; None for whatever else happened."""
        if not isinstance(event.what, Comment):
            return None
        said = event.what.latest
        try:
            return self.remembered.get((event.id, said.written_at, self.place), lambda: self._set(said.text))
        except TooSlow:
            return as_written(said.text, "This discussion is long. Load the page again to see this comment set.")

    def _set(self, text: str) -> Markup:
        self.deadline.check()
        return render_markdown(text, self.place)


def _repo(call: Call) -> tuple[Any, RepoType, RepoId]:
    return call.actor, call.repo_type, call.repo_id


def _where(call: Call) -> tuple[Any, RepoType, RepoId, int]:
    return call.actor, call.repo_type, call.repo_id, parse_num(call.words["num"])


def _choice(call: Call, name: str, choices: dict[str, bool | None]) -> str:
    """The word in the address, or the first choice: strange addresses show the usual list."""
    word = call.query_params.get(name, "")
    return word if word in choices else next(iter(choices))


def _sentence(error: HoldfastError) -> str:
    if not isinstance(error, InvalidInput):
        return error.message
    names = {"comment": "The comment", "content": "The comment", "title": "The title"}
    return f"{names.get(error.field, error.field)} {error.problem}."
