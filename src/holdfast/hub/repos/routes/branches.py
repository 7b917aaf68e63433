"""Branches, tags, squash, revert."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.responses import json_response
from holdfast.http.routing import Route
from holdfast.hub.repos.service.branching import BranchService


@dataclass(frozen=True)
class BranchRoutes:
    """Endpoints of `BranchService`."""

    branches: BranchService

    def table(self) -> tuple[Route, ...]:
        """All routes."""
        write = Permission.WRITE_REPO
        return (
            Route("POST", "/api/{types}/{repo}/branch/{branch}", self.create_branch, write),
            Route("DELETE", "/api/{types}/{repo}/branch/{branch}", self.delete_branch, write),
            Route("POST", "/api/{types}/{repo}/tag/{rev}", self.create_tag, write),
            Route("DELETE", "/api/{types}/{repo}/tag/{branch}", self.delete_tag, write),
            Route("POST", "/api/{types}/{repo}/super-squash/{rev}", self.super_squash, write),
            Route("POST", "/api/{types}/{repo}/revert/{rev}", self.revert, write),
        )

    async def create_branch(self, call: Call) -> Response:
        """Create a branch {startingPoint?, emptyBranch?}."""
        fields = await call.fields()
        await call.run(
            self.branches.create_branch,
            call.actor,
            call.repo_type,
            call.repo_id,
            call.words["branch"],
            fields.optional_text("startingPoint"),
            empty=fields.optional_flag("emptyBranch") or False,
        )
        return json_response({})

    async def delete_branch(self, call: Call) -> Response:
        """Delete a branch."""
        await call.run(self.branches.delete_branch, call.actor, call.repo_type, call.repo_id, call.words["branch"])
        return json_response({})

    async def create_tag(self, call: Call) -> Response:
        """Tag a revision {tag, message?}."""
        fields = await call.fields()
        await call.run(
            self.branches.create_tag,
            call.actor,
            call.repo_type,
            call.repo_id,
            call.words["rev"],
            fields.text("tag"),
            fields.optional_text("message"),
        )
        return json_response({})

    async def delete_tag(self, call: Call) -> Response:
        """Delete a tag."""
        await call.run(self.branches.delete_tag, call.actor, call.repo_type, call.repo_id, call.words["branch"])
        return json_response({})

    async def super_squash(self, call: Call) -> Response:
        """Replace the history of a branch by one commit {message?}."""
        fields = await call.fields()
        oid = await call.run(
            self.branches.super_squash,
            call.actor,
            call.repo_type,
            call.repo_id,
            call.words["rev"],
            fields.optional_text("message"),
        )
        return json_response({"commitOid": oid})

    async def revert(self, call: Call) -> Response:
        """Undo one commit of a branch by a new one {commit}."""
        fields = await call.fields()
        oid = await call.run(
            self.branches.revert,
            call.actor,
            call.repo_type,
            call.repo_id,
            call.words["rev"],
            fields.text("commit"),
        )
        return json_response({"commitOid": oid})
