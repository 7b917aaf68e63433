"""The first page: what is trending and new, your own things, and a welcome where there is nothing yet."""

from __future__ import annotations

from dataclasses import dataclass, replace

from starlette.responses import PlainTextResponse, Response

from holdfast import __version__
from holdfast.accounts.domain import Membership
from holdfast.accounts.service import ProfileService
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoType
from holdfast.http.call import Call
from holdfast.http.routing import Family, Route
from holdfast.hub.repos.listing.filters import ListQuery, Sort
from holdfast.hub.repos.metadata.task_catalogue import TASK_GROUPS
from holdfast.hub.repos.service.listing import ListedRepo, ListService
from holdfast.hub.repos.service.searching import Found
from holdfast.ui.page import Pages

SHOWN = 6


@dataclass(frozen=True)
class Home:
    """What the first page shows. `own` and `orgs` are empty for strangers."""

    trending: dict[RepoType, Found[ListedRepo]]
    newest: list[ListedRepo]
    own: list[ListedRepo]
    orgs: list[Membership]

    @property
    def is_empty(self) -> bool:
        """Nothing here that the visitor may see."""
        return not any(found.total for found in self.trending.values())


@dataclass(frozen=True)
class HomePages:
    """`/`."""

    pages: Pages
    lists: ListService
    profiles: ProfileService

    def table(self) -> tuple[Route, ...]:
        """One page."""
        return (Route("GET", "/", self.show, Permission.PUBLIC, Family.PAGE),)

    async def show(self, call: Call) -> Response:
        """What is here. Programs that do not ask for a page, such as curl, are told in plain text how to go on."""
        if "text/html" not in (call.header(b"accept") or ""):
            return PlainTextResponse(_plain_welcome(call.urls.base))
        home = await call.run(self._load, call.actor)
        template = "home/welcome.html" if home.is_empty else "home/home.html"
        return await self.pages.render(call, template, json_url="/api/trending", home=home, task_groups=TASK_GROUPS)

    def _load(self, actor: Actor) -> Home:
        is_known = not actor.is_anonymous
        return Home(
            trending={repo_type: self._trending(actor, repo_type) for repo_type in RepoType},
            newest=self._latest(actor, ListQuery(RepoType.MODEL, sort=Sort.CREATED_AT, limit=SHOWN)),
            own=self._latest(actor, self._own(actor)) if is_known else [],
            orgs=self.profiles.whoami(actor).orgs if is_known else [],
        )

    def _trending(self, actor: Actor, repo_type: RepoType) -> Found[ListedRepo]:
        page, total = self.lists.find(actor, ListQuery(repo_type, limit=SHOWN))
        return Found(page.repos, total)

    def _own(self, actor: Actor) -> ListQuery:
        return ListQuery(RepoType.MODEL, author=actor.username, sort=Sort.LAST_MODIFIED, limit=SHOWN)

    def _latest(self, actor: Actor, query: ListQuery) -> list[ListedRepo]:
        """The first repos of all types together, by the query's order: a time."""
        found = [
            listed
            for repo_type in RepoType
            for listed in self.lists.list_repos(actor, replace(query, repo_type=repo_type)).repos
        ]
        is_by_creation = query.sort is Sort.CREATED_AT
        found.sort(key=lambda each: each.repo.created_at if is_by_creation else each.repo.updated_at, reverse=True)
        return found[:SHOWN]


def _plain_welcome(address: str) -> str:
    return (
        f"Holdfast {__version__} is running. Point your usual clients here:\n\n"
        f"    export HF_ENDPOINT={address}\n\n"
        "huggingface_hub, hf, transformers, datasets and git then work as usual. In a browser, this is a web page.\n"
    )
