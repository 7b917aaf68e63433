"""The front page of a repo: its card, what is known about it, how to use it; likes, and asking for access."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from markupsafe import Markup
from starlette.responses import Response

from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.routing import Family, Route
from holdfast.hub.repos.domain import Repo
from holdfast.hub.repos.service.gating import GatingService
from holdfast.hub.repos.service.liking import LikeService
from holdfast.hub.repos.service.lineage import Related
from holdfast.hub.repos.service.overview import OverviewService, RepoOverview
from holdfast.ui.inference_panel import Panel
from holdfast.ui.page import Pages, local_path
from holdfast.ui.pages.repo_context import RepoContext, context_of
from holdfast.ui.pages.repo_facts import dataset_splits, gate_form, metadata_rows, model_size, papers
from holdfast.ui.pages.trying import Trials
from holdfast.ui.rendering import Remembered, place_of, render_markdown
from holdfast.ui.snippets import Using, push_snippets, setup, snippets

RELATION_WORDS = {
    "finetune": ("Fine-tuned from", "Fine-tunes"),
    "adapter": ("Adapter for", "Adapters"),
    "quantized": ("Quantized from", "Quantizations"),
    "merge": ("Merged from", "Merges"),
}


@dataclass(frozen=True)
class RepoPages:
    """Front pages."""

    pages: Pages
    overviews: OverviewService
    likes: LikeService
    gating: GatingService
    remembered: Remembered
    trials: Trials

    def table(self) -> tuple[Route, ...]:
        """The routes of this group but the front page itself."""
        own = Permission.WRITE_OWN
        return (
            Route("POST", "/{prefix}{repo}/like", self.like, own, Family.PAGE),
            Route("POST", "/{prefix}{repo}/request-access", self.request_access, own, Family.PAGE),
            Route("GET", "/{prefix}{repo}/try-it", self.show, Permission.SEE_REPO, Family.PAGE),
            Route("POST", "/{prefix}{repo}/try-it", self.try_it, Permission.READ_REPO, Family.PAGE),
        )

    def front(self) -> tuple[Route, ...]:
        """The front page. Its pattern also matches what may be a namespace: it goes behind the namespaces' pages."""
        return (Route("GET", "/{prefix}{repo}", self.show, Permission.SEE_REPO, Family.PAGE),)

    async def show(self, call: Call) -> Response:
        """The card of a repo, and what is known about it."""
        if call.repo_id.name.endswith(".git"):  # what git clones is what people paste
            name = str(call.repo_id).removesuffix(".git")
            return self.pages.redirect(call, f"/{call.repo_type.url_prefix}{name}")
        found = await call.run(self.overviews.overview, call.actor, call.repo_type, call.repo_id)
        view = context_of(found.header)
        panel = await call.run(self.trials.panel, view, call.urls.base, call.number("example", 1, 0, 100))
        return await self._front(call, found, view, panel)

    async def try_it(self, call: Call) -> Response:
        """Ask the model what the form says, and show the page again with the answer; scripts get the answer alone."""
        await self.trials.check(call)
        found = await call.run(self.overviews.overview, call.actor, call.repo_type, call.repo_id)
        view = context_of(found.header)
        values, outcome = await self.trials.answer(call, found.header.facts)
        if call.header(b"hx-request") == "true":
            return await self.pages.render(
                call, "repo/try_outcome.html", status=outcome.status, repo=view, outcome=outcome
            )
        panel = await call.run(self.trials.panel, view, call.urls.base)
        return await self._front(call, found, view, panel.answered(values, outcome) if panel else None)

    async def _front(self, call: Call, found: RepoOverview, view: RepoContext, panel: Panel | None) -> Response:
        using = Using(view.repo, call.urls.base, found.header.facts, "README.md" if found.card else ".gitattributes")
        return await self.pages.render(
            call,
            "repo/card.html",
            status=panel.outcome.status if panel and panel.outcome else 200,
            json_url=f"{view.api_path}/overview",
            repo=view,
            overview=found,
            card=await call.run(self._card, found, call.urls.base),
            metadata=metadata_rows(found.header.facts),
            size=model_size(found.header.facts),
            splits=dataset_splits(found.header.facts),
            papers=papers(found.header.facts),
            setup=setup(using),
            snippets=snippets(using),
            push_snippets=push_snippets(using) if found.is_empty else (),
            relations=_relations(found),
            related=_related(view, found),
            gate=gate_form(found.header.facts) if view.repo.gated else None,
            asked=call.query_params.get("asked"),
            trial=panel,
        )

    async def like(self, call: Call) -> Response:
        """Like a repo or take the like back, and return to the page."""
        form = await call.form_fields()
        liked = form.text("liked") == "yes"
        await call.run(self.likes.like, call.actor, call.repo_type, call.repo_id, liked=liked)
        return self.pages.redirect(call, local_path(form.optional_text("next")))

    async def request_access(self, call: Call) -> Response:
        """Ask for the files of a gated repo, with what the form was filled in with."""
        form = await call.form_fields()
        answers: dict[str, Any] = {name: form.text(name)[:2_000] for name in form.values}
        await call.run(self.gating.ask, call.actor, call.repo_type, call.repo_id, answers)
        return self.pages.redirect(call, f"/{call.repo_type.url_prefix}{call.repo_id}?asked=1")

    def _card(self, found: RepoOverview, base_url: str) -> Markup | None:
        card, repo = found.card, found.header.repo
        if card is None or not card.body.strip():
            return None
        place = place_of(base_url, repo.type, repo.id, repo.default_branch, "README.md")
        return self.remembered.get((card.oid, place), lambda: render_markdown(card.body, place))


@dataclass(frozen=True)
class RelatedLinks:
    """Repos that name this one: a heading, some of them, and the list of all."""

    title: str
    count: int
    repos: tuple[Repo, ...]
    address: str


def _relations(found: RepoOverview) -> str | None:
    relation = found.lineage.relation
    return RELATION_WORDS.get(relation, ("Made from", ""))[0] if relation else None


def _related(view: RepoContext, found: RepoOverview) -> list[RelatedLinks]:
    lineage = found.lineage
    links = [_links(RELATION_WORDS[relation][1], item) for relation, item in lineage.children.items()]
    if lineage.trained is not None:
        links.append(_links("Models trained on it", lineage.trained))
    if lineage.spaces is not None:
        links.append(_links(f"Spaces using this {view.type}", lineage.spaces))
    return links


def _links(title: str, related: Related) -> RelatedLinks:
    kind, _, value = related.tag.partition(":")
    # Tags that start with `=` are no tags for people: lists know them as filters of their own.
    name, word = (f"{kind[1:]}s", value) if kind.startswith("=") else ("other", related.tag)
    address = f"/{related.repo_type.plural}?{name}={quote(word, safe='')}"
    return RelatedLinks(title, related.count, related.repos, address)
