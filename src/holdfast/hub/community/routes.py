"""Pull requests in the words of the discussions API; plain discussions and comments are not served yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from holdfast.base.clock import iso
from holdfast.base.errors import InvalidInput, NotFound, NotServed
from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.responses import json_response
from holdfast.http.routing import Route
from holdfast.hub.community.service import CommunityService, PullRequestDetails

MAX_TITLE_CHARACTERS = 200
MAX_DESCRIPTION_CHARACTERS = 65_536


@dataclass(frozen=True)
class CommunityRoutes:
    """Endpoints of `CommunityService`."""

    community: CommunityService

    def table(self) -> tuple[Route, ...]:
        """All routes."""
        base = "/api/{types}/{repo}/discussions"
        return (
            Route("GET", base, self.list_discussions, Permission.SEE_REPO),
            Route("POST", base, self.create_discussion, Permission.DISCUSS_REPO),
            Route("GET", f"{base}/{{num}}", self.get_discussion, Permission.SEE_REPO),
            Route("POST", f"{base}/{{num}}/status", self.change_status, Permission.DISCUSS_REPO),
            Route("POST", f"{base}/{{num}}/merge", self.merge, Permission.WRITE_REPO),
        )

    async def list_discussions(self, call: Call) -> Response:
        """Pull requests, newest first."""
        found = await call.run(self.community.list_pull_requests, call.actor, call.repo_type, call.repo_id)
        wanted = call.query_params.get("status", "all")
        items = [_item(details) for details in found if _matches(details.pull.status, wanted)]
        return json_response({"discussions": items, "count": len(items), "start": 0})

    async def create_discussion(self, call: Call) -> Response:
        """Open a draft of a pull request {title, description, pullRequest: true}."""
        fields = await call.fields()
        title, description = fields.text("title").strip(), fields.text("description", "")
        if not 3 <= len(title) <= MAX_TITLE_CHARACTERS:
            raise InvalidInput(field="title", problem=f"must have 3 to {MAX_TITLE_CHARACTERS} characters")
        if len(description) > MAX_DESCRIPTION_CHARACTERS:
            raise InvalidInput(
                field="description", problem=f"must have at most {MAX_DESCRIPTION_CHARACTERS} characters"
            )
        if not fields.optional_flag("pullRequest"):
            raise NotServed(feature="A discussion other than a pull request")
        num = await call.run(
            self.community.open_pull_request, call.actor, call.repo_type, call.repo_id, title, description
        )
        return json_response({"num": num, "pullRequest": True})

    async def get_discussion(self, call: Call) -> Response:
        """One pull request, and what stands against merging it."""
        details = await call.run(self.community.get_pull_request, call.actor, call.repo_type, call.repo_id, _num(call))
        changes: dict[str, Any] = {"base": details.pull.base_ref}
        if details.pull.merge_oid is not None:
            changes["mergeCommitId"] = details.pull.merge_oid
        extra = {"events": [], "changes": changes, "filesWithConflicts": list(details.conflicts)}
        return json_response(_item(details) | extra)

    async def change_status(self, call: Call) -> Response:
        """Open, close or redraft a pull request {status}."""
        fields = await call.fields()
        status = fields.text("status")
        await call.run(self.community.change_status, call.actor, call.repo_type, call.repo_id, _num(call), status)
        return json_response({"newStatus": {"data": {"status": status}}})

    async def merge(self, call: Call) -> Response:
        """Merge an open pull request {comment?}."""
        fields = await call.fields()
        oid = await call.run(
            self.community.merge,
            call.actor,
            call.repo_type,
            call.repo_id,
            _num(call),
            fields.optional_text("comment"),
        )
        return json_response({"mergeCommitId": oid})


def _num(call: Call) -> int:
    word = call.words["num"]
    if not (word.isascii() and word.isdecimal() and len(word) < 10):
        raise NotFound(what=f"Pull request {word[:20]!r}")
    return int(word)


def _matches(status: str, wanted: str) -> bool:
    if wanted in ("all", ""):
        return True
    return status in (("open", "draft") if wanted == "open" else ("closed", "merged"))


def _item(details: PullRequestDetails) -> dict[str, Any]:
    pull = details.pull
    return {
        "num": pull.num,
        "title": pull.title,
        "author": {"name": details.author, "type": "user"},
        "createdAt": iso(pull.created_at),
        "status": pull.status,
        "isPullRequest": True,
        "repo": {"name": str(details.repo.id), "type": details.repo.type.value},
    }
