"""Trees, paths, refs, commits, comparisons."""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs

from starlette.responses import PlainTextResponse, Response

from holdfast.base.clock import iso
from holdfast.base.errors import InvalidInput
from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.responses import json_response, page_response
from holdfast.http.routing import Route
from holdfast.hub.repos.git_storage.commits import CommitInfo
from holdfast.hub.repos.git_storage.pointers import format_lfs_pointer
from holdfast.hub.repos.git_storage.refs import Ref, RefKind
from holdfast.hub.repos.git_storage.trees import EntryKind
from holdfast.hub.repos.service.history import HistoryService
from holdfast.hub.repos.service.reading import MAX_PATHS, DetailedEntry, ReadService
from holdfast.hub.repos.service.safety import FileSafety
from holdfast.wire.git_data import (
    CommitItem,
    ImportItem,
    ImportScan,
    RefItem,
    RefsAnswer,
    SecurityItem,
    TreeItem,
)

TREE_PAGE = 1_000
EXPANDED_TREE_PAGE = 50
COMMIT_PAGE = 50
MAX_PATHS_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class GitDataRoutes:
    """Endpoints of `ReadService`, and the list of commits."""

    reads: ReadService
    history: HistoryService

    def table(self) -> tuple[Route, ...]:
        """All routes."""
        see = Permission.SEE_REPO
        return (
            Route("GET", "/api/{types}/{repo}/tree/{rev}", self.list_tree, see),
            Route("GET", "/api/{types}/{repo}/tree/{rev}/{path}", self.list_tree, see),
            Route("GET", "/api/{types}/{repo}/treesize/{rev}", self.get_tree_size, see),
            Route("GET", "/api/{types}/{repo}/treesize/{rev}/{path}", self.get_tree_size, see),
            Route("POST", "/api/{types}/{repo}/paths-info/{rev}", self.get_paths_info, see),
            Route("GET", "/api/{types}/{repo}/refs", self.list_refs, see),
            Route("GET", "/api/{types}/{repo}/commits/{rev}", self.list_commits, see),
            Route("GET", "/api/{types}/{repo}/compare/{spec}", self.compare, Permission.READ_REPO),
        )

    async def list_tree(self, call: Call) -> Response:
        """List a folder, with `recursive` all below it: 1000 entries a page, 50 with `expand` (last commits)."""
        expand = call.flag("expand")
        page_size = EXPANDED_TREE_PAGE if expand else TREE_PAGE
        page = await call.run(
            self.reads.list_tree,
            call.actor,
            call.repo_type,
            call.repo_id,
            call.words["rev"],
            call.words.get("path", "").strip("/"),
            recursive=call.flag("recursive"),
            expand=expand,
            cursor=call.query_params.get("cursor"),
            limit=call.number("limit", page_size, 1, page_size),
        )
        return page_response(call, [tree_item(entry) for entry in page.entries], page.next_cursor)

    async def get_tree_size(self, call: Call) -> Response:
        """Bytes of everything in a folder."""
        path = call.words.get("path", "").strip("/")
        size = await call.run(self.reads.folder_size, call.actor, call.repo_type, call.repo_id, call.words["rev"], path)
        return json_response({"path": path, "size": size})

    async def get_paths_info(self, call: Call) -> Response:
        """Describe some paths: a form (huggingface_hub) or JSON (other clients) with `paths`, `expand`."""
        paths, expand = await _paths_form(call)
        entries = await call.run(
            self.reads.get_paths_info,
            call.actor,
            call.repo_type,
            call.repo_id,
            call.words["rev"],
            paths,
            expand=expand,
        )
        return json_response([tree_item(entry) for entry in entries])

    async def list_refs(self, call: Call) -> Response:
        """Branches, tags, conversions, and with `include_prs` pull requests."""
        refs = await call.run(self.reads.list_refs, call.actor, call.repo_type, call.repo_id)
        answer: RefsAnswer = {
            "branches": _ref_items(refs, RefKind.BRANCH),
            "converts": _ref_items(refs, RefKind.CONVERT),
            "tags": _ref_items(refs, RefKind.TAG),
        }
        if call.flag("include_prs") or call.flag("include_pull_requests"):
            answer["pullRequests"] = _ref_items(refs, RefKind.PULL_REQUEST)
        return json_response(answer)

    async def list_commits(self, call: Call) -> Response:
        """History, newest first: 50 a page, of one `path` if given; `expand[]=formatted` adds HTML.

        The first page of a whole history tells how many commits there are.
        """
        path = call.query_params.get("path", "")
        revision = (call.actor, call.repo_type, call.repo_id, call.words["rev"])
        cursor = call.query_params.get("cursor")
        page = await call.run(
            self.history.list_commits,
            *revision,
            path,
            cursor=cursor,
            limit=call.number("limit", COMMIT_PAGE, 1, 1000),
        )
        wanted = call.query_params.getlist("expand[]") + call.query_params.getlist("expand")
        items = [commit_item(commit, formatted="formatted" in wanted) for commit in page.commits]
        response = page_response(call, items, page.next_cursor)
        if cursor is None and not path.strip("/"):
            # Source: huggingface.js packages/hub `countCommits`.
            response.headers["X-Total-Count"] = str(await call.run(self.reads.count_commits, *revision))
        return response

    async def compare(self, call: Call) -> Response:
        """What changed from `base` to `head` (`spec` is `base..head`); `raw` lists paths like `git diff --raw`."""
        base, separator, head = call.words["spec"].partition("..")
        if not separator:
            raise InvalidInput(field="spec", problem="must look like base..head")
        text = await call.run(
            self.reads.compare,
            call.actor,
            call.repo_type,
            call.repo_id,
            base,
            head.lstrip("."),
            raw=call.flag("raw"),
        )
        return PlainTextResponse(text)


def tree_item(detailed: DetailedEntry) -> TreeItem:
    """The wire form of an entry."""
    entry = detailed.entry
    kind: TreeItem = {
        "type": "file" if entry.kind is EntryKind.FILE else "directory",
        "oid": entry.oid,
        "size": entry.file_size_bytes or 0,
        "path": entry.path,
    }
    if entry.lfs is not None:
        pointer_size = len(format_lfs_pointer(entry.lfs))
        kind["lfs"] = {"oid": entry.lfs.sha256, "size": entry.lfs.size_bytes, "pointerSize": pointer_size}
    if detailed.xet_hash is not None:
        kind["xetHash"] = detailed.xet_hash
    if detailed.last_commit is not None:
        commit = detailed.last_commit
        kind["lastCommit"] = {"id": commit.oid, "title": commit.summary, "date": iso_date(commit.authored_at)}
    if detailed.safety is not None:
        kind["securityFileStatus"] = security_item(detailed.safety)
    return kind


def security_item(safety: FileSafety) -> SecurityItem:
    """The wire form of what is known of a file's safety; `avScan` is null, for nothing here looks for viruses."""
    imports: list[ImportItem] = [
        {"module": found.module, "name": found.name, "safety": found.level} for found in safety.imports
    ]
    scan: ImportScan | None = None if safety.level is None else {"highestSafetyLevel": safety.level, "imports": imports}
    return {"status": safety.status.value, "avScan": None, "pickleImportScan": scan}


def iso_date(moment: datetime) -> str:
    """A commit's moment as the API writes it."""
    return iso(int(moment.timestamp()) * 1000)


def commit_item(commit: CommitInfo, *, formatted: bool = False) -> CommitItem:
    """The wire form of a commit."""
    item: CommitItem = {
        "id": commit.oid,
        "title": commit.summary,
        "message": commit.description,
        "date": iso_date(commit.authored_at),
        "authors": [{"user": commit.author_name}],
    }
    if formatted:
        item["formatted"] = {"title": html.escape(commit.summary), "message": _paragraphs(commit.description)}
    return item


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{html.escape(part)}</p>" for part in text.split("\n\n") if part.strip())


def _ref_items(refs: list[Ref], kind: RefKind) -> list[RefItem]:
    return [{"name": ref.name, "ref": ref.full_name, "targetCommit": ref.target} for ref in refs if ref.kind is kind]


async def _paths_form(call: Call) -> tuple[list[str], bool]:
    if "json" in call.headers.get("content-type", ""):
        fields = await call.fields()
        return fields.texts("paths", MAX_PATHS), fields.optional_flag("expand") or False
    body = (await call.limited_body(MAX_PATHS_BYTES)).decode("utf-8", "replace")
    try:
        form = parse_qs(body, keep_blank_values=True, max_num_fields=MAX_PATHS + 10)
    except ValueError as error:
        raise InvalidInput(field="paths", problem=f"must have at most {MAX_PATHS} entries") from error
    return form.get("paths", []), form.get("expand", [""])[-1].lower() in ("true", "1")
