"""The tasks that models are for.

Source: huggingface_hub 2.4.0 inference/_providers/hf_inference.py takes the first of a task's `widgetModels`.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.responses import json_response
from holdfast.http.routing import Route
from holdfast.hub.repos.metadata.task_catalogue import TASK_GROUPS, Task, TaskGroup


def task_routes() -> tuple[Route, ...]:
    """All routes."""
    return (Route("GET", "/api/tasks", list_tasks, Permission.PUBLIC),)


async def list_tasks(_: Call) -> Response:
    """Every task by its id."""
    return json_response({task.id: _item(group, task) for group in TASK_GROUPS for task in group.tasks})


def _item(group: TaskGroup, task: Task) -> dict[str, Any]:
    """There are no recommended models here: that would be the public Hub's choice."""
    return {
        "id": task.id,
        "label": task.label,
        "summary": task.summary,
        "group": group.id,
        "example": {"input": task.given, "output": task.answer},
        "datasets": [],
        "metrics": [],
        "models": [],
        "spaces": [],
        "widgetModels": [],
    }
