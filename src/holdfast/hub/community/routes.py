"""Discussions and pull requests, in the shapes of the public Hub.

Source: huggingface_hub 2.4.0 hf_api.py `get_repo_discussions` to `hide_discussion_comment`, community.py.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from holdfast.base.clock import iso
from holdfast.base.errors import InvalidInput
from holdfast.base.identity import Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.http.call import Call
from holdfast.http.responses import json_response
from holdfast.http.routing import Route
from holdfast.hub.community.domain import Comment, CommitMade, Event, StatusChange, TitleChange, parse_num
from holdfast.hub.community.service import CommunityServices
from holdfast.hub.community.service.viewing import ListedDiscussion, NamedEvent
from holdfast.hub.repos.domain import Repo
from holdfast.hub.repos.store.discussions import Discussion

MAX_PAGE = 1_000_000
_TYPES = {"all": None, "pull_request": True, "discussion": False}
_STATUSES = {"all": None, "open": True, "closed": False}


@dataclass(frozen=True)
class CommunityRoutes:
    """Endpoints of `CommunityServices`."""

    community: CommunityServices

    def table(self) -> tuple[Route, ...]:
        """All routes."""
        base = "/api/{types}/{repo}/discussions"
        one, discuss = f"{base}/{{num}}", Permission.DISCUSS_REPO
        return (
            Route("GET", base, self.list_discussions, Permission.SEE_REPO),
            Route("POST", base, self.create_discussion, discuss),
            Route("GET", one, self.get_discussion, Permission.SEE_REPO),
            Route("POST", f"{one}/comment", self.comment, discuss),
            Route("POST", f"{one}/comment/{{id}}/edit", self.edit_comment, discuss),
            Route("POST", f"{one}/comment/{{id}}/hide", self.hide_comment, discuss),
            Route("POST", f"{one}/title", self.rename, discuss),
            Route("POST", f"{one}/status", self.change_status, discuss),
            Route("POST", f"{one}/merge", self.merge, Permission.WRITE_REPO),
        )

    async def list_discussions(self, call: Call) -> Response:
        """Discussions and pull requests, newest first, 50 a page `p`; filters `type`, `status`, `author`."""
        page = await call.run(
            self.community.views.list_discussions,
            call.actor,
            call.repo_type,
            call.repo_id,
            pull_requests=_choice(call, "type", _TYPES),
            open_ones=_choice(call, "status", _STATUSES),
            author=call.query_params.get("author"),
            page=call.number("p", 0, 0, MAX_PAGE),
        )
        items = [_listed(page.repo, item) for item in page.items]
        return json_response({"discussions": items, "count": page.total, "start": page.start})

    async def create_discussion(self, call: Call) -> Response:
        """Open a discussion, or a draft of a pull request {title, description, pullRequest?}."""
        fields = await call.fields()
        pull_request = fields.optional_flag("pullRequest") or False
        num = await call.run(
            self.community.discussions.open_discussion,
            call.actor,
            call.repo_type,
            call.repo_id,
            fields.text("title"),
            fields.text("description", ""),
            pull_request=pull_request,
        )
        return json_response({"num": num, "pullRequest": pull_request})

    async def get_discussion(self, call: Call) -> Response:
        """One discussion with its events; of a pull request also what keeps it from merging, and its `diff`."""
        view = await call.run(self.community.views.get_discussion, *_where(call), diff=call.flag("diff"))
        item = _item(view.repo, view.discussion, view.author)
        item["events"] = [_event(named) for named in view.events]
        if view.discussion.base_ref is not None:
            item["filesWithConflicts"] = list(view.conflicts)
            item["changes"] = {"base": view.discussion.base_ref}
            if view.discussion.merge_oid is not None:
                item["changes"]["mergeCommitId"] = view.discussion.merge_oid
            if view.diff is not None:
                item["diff"] = view.diff
        return json_response(item)

    async def comment(self, call: Call) -> Response:
        """Say something {comment}."""
        text = (await call.fields()).text("comment")
        event = await call.run(self.community.discussions.comment, *_where(call), text)
        return await self._answer(call, "newMessage", event)

    async def edit_comment(self, call: Call) -> Response:
        """Change what one's own comment says {content}."""
        text = (await call.fields()).text("content")
        comment_id = call.words["id"]
        event = await call.run(self.community.discussions.edit_comment, *_where(call), comment_id, text)
        return await self._answer(call, "updatedComment", event)

    async def hide_comment(self, call: Call) -> Response:
        """Take a comment's text away for good."""
        event = await call.run(self.community.discussions.hide_comment, *_where(call), call.words["id"])
        return await self._answer(call, "updatedComment", event)

    async def rename(self, call: Call) -> Response:
        """Give a discussion another title {title}."""
        title = (await call.fields()).text("title")
        event = await call.run(self.community.discussions.rename, *_where(call), title)
        return await self._answer(call, "newTitle", event)

    async def change_status(self, call: Call) -> Response:
        """Open or close a discussion, or make a pull request a draft again {status, comment?}."""
        fields = await call.fields()
        status, comment = fields.text("status"), fields.optional_text("comment")
        event = await call.run(self.community.discussions.change_status, *_where(call), status, comment)
        return await self._answer(call, "newStatus", event)

    async def merge(self, call: Call) -> Response:
        """Merge an open pull request {comment?}."""
        comment = (await call.fields()).optional_text("comment")
        oid = await call.run(self.community.merges.merge, *_where(call), comment)
        return json_response({"mergeCommitId": oid})

    async def _answer(self, call: Call, name: str, event: Event) -> Response:
        return json_response({name: _event(await call.run(self.community.views.name_event, event))})


def _where(call: Call) -> tuple[Any, RepoType, RepoId, int]:
    return call.actor, call.repo_type, call.repo_id, parse_num(call.words["num"])


def _choice(call: Call, name: str, choices: dict[str, bool | None]) -> bool | None:
    word = call.query_params.get(name, "all") or "all"
    if word not in choices:
        raise InvalidInput(field=name, problem=f"must be one of {', '.join(choices)}")
    return choices[word]


def _listed(repo: Repo, item: ListedDiscussion) -> dict[str, Any]:
    return _item(repo, item.discussion, item.author)


def _item(repo: Repo, discussion: Discussion, author: str) -> dict[str, Any]:
    return {
        "num": discussion.num,
        "title": discussion.title,
        "author": {"name": author, "type": "user"},
        "createdAt": iso(discussion.created_at),
        "status": discussion.status,
        "isPullRequest": discussion.is_pull_request,
        "repo": {"name": str(repo.id), "type": repo.type.value},
    }


def _event(named: NamedEvent) -> dict[str, Any]:
    event = named.event
    return {
        "id": event.id,
        "type": event.kind.value,
        "author": {"name": named.author, "type": "user"},
        "createdAt": iso(event.created_at),
        "data": _data(named),
    }


def _data(named: NamedEvent) -> dict[str, Any]:
    match named.event.what:
        case Comment() as comment:
            return _comment(comment, named.author)
        case StatusChange(status):
            return {"status": status}
        case TitleChange(old, new):
            return {"from": old, "to": new}
        case CommitMade(oid, summary):
            return {"oid": oid, "subject": summary}


def _comment(comment: Comment, author: str) -> dict[str, Any]:
    versions = [
        {
            "raw": version.text,
            "html": "".join(f"<p>{html.escape(part)}</p>" for part in version.text.split("\n\n") if part.strip()),
            "updatedAt": iso(version.written_at),
            "author": {"name": author, "type": "user"},
        }
        for version in comment.versions
    ]
    return {
        "edited": len(versions) > 1,
        "hidden": comment.hidden,
        "latest": versions[-1],
        "numEdits": len(versions) - 1,
        "history": versions[:-1],
    }
