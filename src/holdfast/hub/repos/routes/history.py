"""What a commit changed as values, and blame. Our own: the public Hub shows these as pages only."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.responses import json_response, next_page_url
from holdfast.http.routing import Route
from holdfast.hub.repos.git_storage.diffs import MAX_CHANGES, ChangeStatus
from holdfast.hub.repos.git_storage.patches import DiffLine, FilePatch, Hunk, LineKind
from holdfast.hub.repos.routes.git_data import commit_item
from holdfast.hub.repos.service.history import HistoryService
from holdfast.wire.history import BlameAnswer, CommitPatchesAnswer, DiffLineItem, FilePatchItem, HunkItem

_STATUSES = {
    ChangeStatus.ADDED: "added",
    ChangeStatus.DELETED: "deleted",
    ChangeStatus.MODIFIED: "modified",
    ChangeStatus.TYPE_CHANGED: "type-changed",
    ChangeStatus.RENAMED: "renamed",
}
_KINDS = {LineKind.CONTEXT: "context", LineKind.ADDED: "added", LineKind.REMOVED: "removed"}


@dataclass(frozen=True)
class HistoryRoutes:
    """Endpoints of `HistoryService`."""

    history: HistoryService

    def table(self) -> tuple[Route, ...]:
        """All routes."""
        read = Permission.READ_REPO
        return (
            Route("GET", "/api/{types}/{repo}/commit/{rev}", self.show_commit, read),
            Route("GET", "/api/{types}/{repo}/blame/{rev}/{path}", self.blame, read),
        )

    async def show_commit(self, call: Call) -> Response:
        """A commit, and what it changed in its first parent: up to 50 files a page, with lines if not too many."""
        first = call.number("cursor", 0, 0, MAX_CHANGES)
        revision = (call.actor, call.repo_type, call.repo_id, call.words["rev"])
        found = await call.run(self.history.show_commit, *revision, first_file=first)
        answer: CommitPatchesAnswer = {
            "commit": commit_item(found.commit),
            "parents": list(found.commit.parents),
            "fileCount": found.file_count,
            "truncated": found.is_truncated,
            "files": [_patch_item(patch) for patch in found.patches],
        }
        headers = {"X-Repo-Commit": found.commit.oid}
        if found.next_file is not None:
            headers["Link"] = f'<{next_page_url(call, str(found.next_file))}>; rel="next"'
        return json_response(answer, headers=headers)

    async def blame(self, call: Call) -> Response:
        """Which commit each line of a text file comes from. Large and binary files have no lines."""
        revision = (call.actor, call.repo_type, call.repo_id, call.words["rev"])
        found = await call.run(self.history.blame, *revision, call.words["path"])
        answer: BlameAnswer = {
            "path": found.path,
            "sha": found.commit_oid,
            "complete": found.blame.is_complete,
            "spans": [{"start": span.start, "lines": span.count, "commit": span.oid} for span in found.blame.spans],
            "commits": {oid: commit_item(commit) for oid, commit in found.blame.commits.items()},
        }
        return json_response(answer, headers={"X-Repo-Commit": found.commit_oid})


def _patch_item(patch: FilePatch) -> FilePatchItem:
    return {
        "status": _STATUSES[patch.change.status],  # type: ignore[typeddict-item]
        "path": patch.change.path,
        "oldPath": patch.change.old_path,
        "body": patch.body.value,
        "oldSize": patch.old_size_bytes,
        "newSize": patch.new_size_bytes,
        "added": patch.added,
        "removed": patch.removed,
        "hunks": [_hunk_item(hunk) for hunk in patch.hunks],
    }


def _hunk_item(hunk: Hunk) -> HunkItem:
    return {
        "oldStart": hunk.old_start,
        "oldLines": hunk.old_count,
        "newStart": hunk.new_start,
        "newLines": hunk.new_count,
        "lines": [_line_item(line) for line in hunk.lines],
    }


def _line_item(line: DiffLine) -> DiffLineItem:
    item: DiffLineItem = {
        "kind": _KINDS[line.kind],  # type: ignore[typeddict-item]
        "old": line.old_number,
        "new": line.new_number,
        "text": line.text,
    }
    if line.ends_file:
        item["endsFile"] = True
    if line.is_cut:
        item["isCut"] = True
    return item
