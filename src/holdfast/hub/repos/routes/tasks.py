"""The tasks that models are for."""

from __future__ import annotations

from starlette.responses import Response

from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.responses import json_response
from holdfast.http.routing import Route
from holdfast.hub.repos.metadata.tasks import task_items


def task_routes() -> tuple[Route, ...]:
    """All routes."""
    return (Route("GET", "/api/tasks", list_tasks, Permission.PUBLIC),)


async def list_tasks(_: Call) -> Response:
    """Every task by its id."""
    return json_response(task_items())
