"""The lists of models, datasets and Spaces, with filters, counts, search and orders."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from starlette.responses import Response

from holdfast.base.identity import Permission
from holdfast.base.ids import RepoType
from holdfast.http.call import Call
from holdfast.http.routing import Family, Route
from holdfast.hub.repos.listing.filters import ListQuery, parse_list_query
from holdfast.hub.repos.metadata.task_catalogue import TASK_BY_ID, TASK_GROUPS, Task
from holdfast.hub.repos.service.listing import ListCounts, ListService, RepoList
from holdfast.ui.filtering.panel import chips, filter_groups
from holdfast.ui.filtering.state import SORT, ListState, list_path
from holdfast.ui.filtering.words import NOUNS, SORTS
from holdfast.ui.page import Pages

PER_PAGE = 30
_TASK_PARAMETERS = {RepoType.MODEL: "pipeline_tag", RepoType.DATASET: "task_categories"}


@dataclass(frozen=True)
class ListPages:
    """`/models`, `/datasets`, `/spaces`."""

    pages: Pages
    lists: ListService

    def table(self) -> tuple[Route, ...]:
        """The three lists."""
        return (Route("GET", "/{types}", self.show, Permission.PUBLIC, Family.PAGE),)

    async def show(self, call: Call) -> Response:
        """One page of a list, beside the filters that would narrow it further."""
        repo_type = call.repo_type
        state = ListState.read(list_path(repo_type), call.query_params.multi_items())
        query = replace(parse_list_query(repo_type, call.query_params.multi_items()), limit=PER_PAGE)
        found, counts = await call.run(self.lists.browse, call.actor, query)
        first = call.number("from", 0, 0, 10**9)
        return await self.pages.render(
            call,
            "lists/list.html",
            json_url=f"/api/{repo_type.plural}?{state.query}",
            counts_url=f"/api/{repo_type.plural}-facets?{state.query}",
            repo_type=repo_type,
            noun=NOUNS[repo_type],
            state=state,
            found=found,
            counts=counts,
            groups=filter_groups(repo_type, state, counts),
            chips=chips(state),
            sorts=_sorts(query, state),
            first=first,
            next_address=_next_address(state, found, first),
            **_task_context(repo_type, state, counts),
        )


def _sorts(query: ListQuery, state: ListState) -> list[tuple[str, str, bool]]:
    """Label, address and whether it is the present one, of each order."""
    words = {
        word: label for word, label in SORTS.items() if query.repo_type is not RepoType.SPACE or word != "downloads"
    }
    others = state.without(SORT)
    return [(label, others.having(SORT, word).address, query.sort.value == word) for word, label in words.items()]


def _next_address(state: ListState, found: RepoList, first: int) -> str | None:
    if found.next_cursor is None:
        return None
    following = state.having("cursor", found.next_cursor.encode())
    return following.having("from", str(first + len(found.repos))).address


def _task_context(repo_type: RepoType, state: ListState, counts: ListCounts) -> dict[str, Any]:
    """The picker of tasks: every one with its sentence, how many there are, and its address."""
    name = _TASK_PARAMETERS.get(repo_type)
    if name is None:
        return {"task": None, "task_groups": (), "task_counts": {}, "task_address": None}

    def address(task: Task) -> str:
        return state.without(name).having(name, task.id).address

    return {
        "task": TASK_BY_ID.get(state.value(name).lower()),
        "task_groups": TASK_GROUPS,
        "task_counts": {value.word.rpartition(":")[2]: value.count for value in counts.groups[name]},
        "task_address": address,
    }
