"""Folders of a repo: what they hold at a revision, and who changed it last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from starlette.responses import Response

from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.routing import Family, Route
from holdfast.hub.repos.git_storage.refs import Ref, RefKind
from holdfast.hub.repos.service.folders import FolderPage, FolderService
from holdfast.hub.repos.service.headers import HeaderService
from holdfast.ui.page import Pages
from holdfast.ui.pages.repo_context import RepoContext, context_of, read_context
from holdfast.ui.snippets import Using, push_snippets, snippets

MAX_REFS = 100
"""Of each kind in the list of revisions; others are reached by their name."""

_GROUPS = (
    (RefKind.BRANCH, "Branches"),
    (RefKind.TAG, "Tags"),
    (RefKind.PULL_REQUEST, "Pull requests"),
    (RefKind.CONVERT, "Conversions"),
)


@dataclass(frozen=True)
class RevisionLink:
    """A ref to switch to. `word` is what stands in addresses: `main`, `refs/pr/1`."""

    name: str
    word: str
    is_current: bool


@dataclass(frozen=True)
class RevisionGroup:
    """Refs of one kind; `left_out` are too many to show."""

    title: str
    refs: tuple[RevisionLink, ...]
    left_out: int


@dataclass(frozen=True)
class Crumb:
    """A folder on the way to the present one; `path` from the root, empty for it."""

    name: str
    path: str


@dataclass(frozen=True)
class FilePages:
    """Folder pages."""

    pages: Pages
    folders: FolderService
    headers: HeaderService

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        see = Permission.SEE_REPO
        return (
            Route("GET", "/{prefix}{repo}/tree", self.switch, see, Family.PAGE),
            Route("GET", "/{prefix}{repo}/tree/{rev}", self.show, see, Family.PAGE),
            Route("GET", "/{prefix}{repo}/tree/{rev}/{path}", self.show, see, Family.PAGE),
        )

    async def switch(self, call: Call) -> Response:
        """Go to the revision that the query names, at the same path; without one, to the default branch."""
        view = await read_context(call, self.headers)
        revision = call.query_params.get("rev", "").strip() or view.repo.default_branch
        return self.pages.redirect(call, view.at("tree", revision, call.query_params.get("path", "").strip("/")))

    async def show(self, call: Call) -> Response:
        """A folder: its entries with size and last commit, 100 a page."""
        found = await call.run(
            self.folders.read_folder,
            call.actor,
            call.repo_type,
            call.repo_id,
            call.words["rev"],
            call.words.get("path", ""),
            cursor=call.query_params.get("cursor"),
        )
        view = context_of(found.header)
        if found.is_file:
            return self.pages.redirect(call, view.at("blob", found.revision, found.path))
        using = Using(view.repo, call.urls.base, found.header.facts)
        return await self.pages.render(
            call,
            "repo/tree.html",
            json_url=_json_url(view, found),
            repo=view,
            folder=found,
            crumbs=crumbs_of(found.path),
            revisions=revision_groups(found.refs, found.revision),
            next_page=_next_page(view, found),
            clone_snippets=[item for item in snippets(using) if item.title in ("hf", "git")],
            push_snippets=push_snippets(using) if found.commit_oid is None else (),
            may_change=view.may_propose and is_branch(found.refs, found.revision),
        )


def crumbs_of(path: str) -> list[Crumb]:
    """The folders above a path, and itself; none for the root."""
    parts = path.split("/") if path else []
    return [Crumb(part, "/".join(parts[: number + 1])) for number, part in enumerate(parts)]


def revision_groups(refs: tuple[Ref, ...], current: str) -> list[RevisionGroup]:
    """All refs by kind, for the switcher; kinds without any are left out."""
    return list(_groups(refs, current))


def is_branch(refs: tuple[Ref, ...], revision: str) -> bool:
    """Whether the revision is one that commits can be made to: a branch or a pull request."""
    writable = (RefKind.BRANCH, RefKind.PULL_REQUEST)
    return any(revision in (_word(ref), ref.full_name) for ref in refs if ref.kind in writable)


def _groups(refs: tuple[Ref, ...], current: str) -> Iterator[RevisionGroup]:
    for kind, title in _GROUPS:
        of_kind = [ref for ref in refs if ref.kind is kind]
        if kind is RefKind.PULL_REQUEST:
            of_kind.sort(key=lambda ref: -int(ref.name) if ref.name.isdecimal() else 0)
        links = tuple(RevisionLink(ref.name, _word(ref), _word(ref) == current) for ref in of_kind[:MAX_REFS])
        if links:
            yield RevisionGroup(title, links, len(of_kind) - len(links))


def _word(ref: Ref) -> str:
    """Branches and tags by their name, all others in full."""
    return ref.name if ref.kind in (RefKind.BRANCH, RefKind.TAG) else ref.full_name


def _json_url(view: RepoContext, found: FolderPage) -> str:
    address = f"{view.api_path}/tree/{quote(found.revision, safe='')}"
    return f"{address}/{quote(found.path)}?expand=true" if found.path else f"{address}?expand=true"


def _next_page(view: RepoContext, found: FolderPage) -> str | None:
    if found.next_cursor is None:
        return None
    return f"{view.at('tree', found.revision, found.path)}?cursor={quote(found.next_cursor, safe='')}"
