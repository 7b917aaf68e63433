"""History of a repo: commits of a revision or path, what one of them changed, who wrote each line of a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import dropwhile, groupby, takewhile
from urllib.parse import quote

from markupsafe import Markup
from starlette.responses import Response

from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.routing import Family, Route
from holdfast.hub.repos.git_storage.commits import CommitInfo
from holdfast.hub.repos.git_storage.diffs import MAX_CHANGES, ChangeStatus
from holdfast.hub.repos.git_storage.patches import LineKind, PatchBody
from holdfast.hub.repos.service.headers import HeaderService
from holdfast.hub.repos.service.history import MAX_BLAMED_LINES, BlamedFile, HistoryService
from holdfast.hub.repos.service.reading import ReadService
from holdfast.ui.page import Pages
from holdfast.ui.pages.files import crumbs_of, revision_groups
from holdfast.ui.pages.repo_context import read_context
from holdfast.ui.rendering import highlight_lines, language_of_path, place_of, render_commit_message

COMMITS_PAGE = 50
BLAME_PAGE = 1_000
"""Lines."""
OPEN_FILES = 20
"""Of a commit's page; the differences of the others open on demand."""


@dataclass(frozen=True)
class CommitDay:
    """Commits of one day, in UTC."""

    day: date
    commits: tuple[CommitInfo, ...]


@dataclass(frozen=True)
class BlameRow:
    """Neighbouring lines of one commit, which is None where it is older than was looked at.

    `age` is 0 for the newest commit of the file and 4 for the oldest; `lines` are numbers with coloured code.
    """

    commit: CommitInfo | None
    age: int
    lines: tuple[tuple[int, Markup], ...]


@dataclass(frozen=True)
class HistoryPages:
    """Commits, differences, blame."""

    pages: Pages
    history: HistoryService
    reads: ReadService
    headers: HeaderService

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        see, read, page = Permission.SEE_REPO, Permission.READ_REPO, Family.PAGE
        return (
            Route("GET", "/{prefix}{repo}/commits/{rev}", self.list_commits, see, page),
            Route("GET", "/{prefix}{repo}/commits/{rev}/{path}", self.list_commits, see, page),
            Route("GET", "/{prefix}{repo}/commit/{rev}", self.show_commit, read, page),
            Route("GET", "/{prefix}{repo}/blame/{rev}/{path}", self.blame, read, page),
        )

    async def list_commits(self, call: Call) -> Response:
        """The history of a revision, or of one path in it: 50 commits a page."""
        view = await read_context(call, self.headers)
        revision, cursor = call.words["rev"], call.query_params.get("cursor")
        where = (call.actor, call.repo_type, call.repo_id, revision, call.words.get("path", ""))
        found = await call.run(self.history.list_commits, *where, cursor=cursor, limit=COMMITS_PAGE)
        refs = await call.run(self.reads.list_refs, *where[:3])
        address = view.at("commits", revision, found.path)
        query = f"?path={quote(found.path, safe='')}" if found.path else ""
        return await self.pages.render(
            call,
            "repo/commits.html",
            json_url=f"{view.api_path}/commits/{quote(revision, safe='')}{query}",
            repo=view,
            found=found,
            revision=revision,
            crumbs=crumbs_of(found.path),
            revisions=revision_groups(tuple(refs), revision),
            days=list(_days(found.commits)),
            first_page=address if cursor else None,
            next_page=f"{address}?cursor={quote(found.next_cursor, safe='')}" if found.next_cursor else None,
        )

    async def show_commit(self, call: Call) -> Response:
        """One commit: who, when, why, and what it changed, 50 files a page."""
        view = await read_context(call, self.headers)
        where = (call.actor, call.repo_type, call.repo_id, call.words["rev"])
        first = call.number("cursor", 0, 0, MAX_CHANGES)
        found = await call.run(self.history.show_commit, *where, first_file=first)
        place = place_of(call.urls.base, view.repo.type, view.repo.id, found.commit.oid)
        return await self.pages.render(
            call,
            "repo/commit.html",
            json_url=f"{view.api_path}/commit/{found.commit.oid}" + (f"?cursor={first}" if first else ""),
            headers={"X-Repo-Commit": found.commit.oid},
            repo=view,
            found=found,
            commit=found.commit,
            description=render_commit_message(found.commit.description, place) if found.commit.description else None,
            open_files=OPEN_FILES,
            statuses=ChangeStatus,
            bodies=PatchBody,
            kinds=LineKind,
        )

    async def blame(self, call: Call) -> Response:
        """A text file with the commit of each line: 1000 lines a page."""
        first = call.number("from", 1, 1, MAX_BLAMED_LINES)
        view = await read_context(call, self.headers)
        revision = call.words["rev"]
        found = await call.run(
            self.history.blame, call.actor, call.repo_type, call.repo_id, revision, call.words["path"]
        )
        return await self.pages.render(
            call,
            "repo/blame.html",
            json_url=f"{view.api_path}/blame/{quote(revision, safe='')}/{quote(found.path)}",
            repo=view,
            found=found,
            revision=revision,
            crumbs=crumbs_of(found.path),
            rows=await call.run(_blame_rows, found, first),
            first=first,
            page_size=BLAME_PAGE,
        )


def _days(commits: Sequence[CommitInfo]) -> Iterator[CommitDay]:
    for day, of_day in groupby(commits, key=lambda commit: commit.authored_at.date()):
        yield CommitDay(day, tuple(of_day))


def _blame_rows(found: BlamedFile, first: int) -> list[BlameRow]:
    """Those of one page, which starts with line `first`."""
    behind = first + BLAME_PAGE
    # A lone carriage return would end a line elsewhere, not in git.
    text = "\n".join(line.replace("\r", "\u240d") for line in found.lines[first - 1 : behind - 1])
    code = highlight_lines(text, language_of_path(found.path))
    ages = _ages(found)
    rows = []
    spans = dropwhile(lambda span: span.start + span.count <= first, found.blame.spans)
    for span in takewhile(lambda span: span.start < behind, spans):
        numbers = range(max(span.start, first), min(span.start + span.count, behind))
        lines = tuple((number, code[number - first] if number - first < len(code) else Markup()) for number in numbers)
        rows.append(BlameRow(found.blame.commits.get(span.oid or ""), ages.get(span.oid or "", 4), lines))
    return rows


def _ages(found: BlamedFile) -> dict[str, int]:
    """Five steps between the file's newest and oldest commit."""
    times = {oid: commit.authored_at.timestamp() for oid, commit in found.blame.commits.items()}
    if not times:
        return {}
    newest, oldest = max(times.values()), min(times.values())
    width = (newest - oldest) or 1.0
    return {oid: round(4 * (newest - moment) / width) for oid, moment in times.items()}
