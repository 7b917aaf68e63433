"""What models can do: all tasks, and one task with the models and datasets for it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from holdfast.base.errors import NotFound
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoType
from holdfast.http.call import Call
from holdfast.http.routing import Family, Route
from holdfast.hub.repos.listing.filters import ListQuery, Memory, Sort
from holdfast.hub.repos.metadata.task_catalogue import TASK_BY_ID, TASK_GROUPS, Task, group_of
from holdfast.hub.repos.service.listing import ListedRepo, ListService
from holdfast.hub.repos.service.searching import Found
from holdfast.ui.page import Pages

SHOWN = 6


@dataclass(frozen=True)
class TaskPages:
    """`/tasks` and `/tasks/{task}`."""

    pages: Pages
    lists: ListService

    def table(self) -> tuple[Route, ...]:
        """Both pages."""
        return (
            Route("GET", "/tasks", self.show_all, Permission.PUBLIC, Family.PAGE),
            Route("GET", "/tasks/{task}", self.show, Permission.PUBLIC, Family.PAGE),
        )

    async def show_all(self, call: Call) -> Response:
        """Every task with its sentence, an example and how many models there are."""
        counts = await call.run(self._counts, call.actor)
        return await self.pages.render(
            call, "tasks/all.html", json_url="/api/tasks", task_groups=TASK_GROUPS, task_counts=counts
        )

    async def show(self, call: Call) -> Response:
        """One task: what it is, and what there is for it."""
        task = TASK_BY_ID.get(call.words["task"])
        if task is None:
            raise NotFound(what=f"A task called {call.words['task'][:100]!r}")
        models, here, datasets = await call.run(self._load, call.actor, task)
        return await self.pages.render(
            call,
            "tasks/task.html",
            json_url=f"/api/models?pipeline_tag={task.id}",
            task=task,
            group=group_of(task.id),
            models=models,
            here=here,
            datasets=datasets,
            starter=_starter(models.items),
        )

    def _counts(self, actor: Actor) -> dict[str, int]:
        counted = self.lists.count(actor, ListQuery(RepoType.MODEL)).groups["pipeline_tag"]
        return {value.word: value.count for value in counted}

    def _load(self, actor: Actor, task: Task) -> tuple[Found[ListedRepo], Found[ListedRepo], Found[ListedRepo]]:
        models = ListQuery(RepoType.MODEL, tags=(task.id,), limit=SHOWN)
        here = ListQuery(RepoType.MODEL, tags=(task.id,), fits=Memory(), sort=Sort.DOWNLOADS, limit=SHOWN)
        datasets = ListQuery(RepoType.DATASET, tags=(f"task_categories:{task.id}",), limit=SHOWN)
        return self._find(actor, models), self._find(actor, here), self._find(actor, datasets)

    def _find(self, actor: Actor, query: ListQuery) -> Found[ListedRepo]:
        page, total = self.lists.find(actor, query)
        return Found(page.repos, total)


def _starter(models: list[ListedRepo]) -> ListedRepo | None:
    """The first model that `transformers` loads by itself, for an example of code."""
    return next((listed for listed in models if listed.facts.get("library_name") == "transformers"), None)
