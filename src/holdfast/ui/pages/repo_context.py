"""What all pages of a repo share: its header and tabs.

    view = await read_context(call, self.headers)
    return await self.pages.render(call, "repo/blob.html", repo=view, …)

and in the template `{% extends "repo/frame.html" %}` with the blocks `repo_title`, `tab` (card, files, metrics,
autotrain, community or settings) and `repo_main`. The header has the page's `h1`: what follows begins with `h2`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

from holdfast.base.identity import Permission
from holdfast.base.ids import RepoType
from holdfast.http.call import Call
from holdfast.hub.repos.domain import Repo
from holdfast.hub.repos.metadata.tag_kinds import tag_kind
from holdfast.hub.repos.metadata.tasks import task_label
from holdfast.hub.repos.service.headers import HeaderService, RepoHeader

LEADING_TAGS = 9
"""Shown at once; the others open on demand."""
MAX_TAGS = 150

_LABELS = {RepoType.MODEL: "Model", RepoType.DATASET: "Dataset", RepoType.SPACE: "Space"}
_FIRST_KINDS = (
    "pipeline_tag",
    "task_categories",
    "sdk",
    "library",
    "license",
    "size_categories",
    "modality",
    "language",
)
_HIDDEN_KINDS = frozenset({"region", "base_model", "dataset", "arxiv", "diffusers", "benchmark"})
"""What tags of these kinds tell stands elsewhere on the page, or tells nobody anything."""
_FILTERS = {
    RepoType.MODEL: ("pipeline_tag", "library", "license", "language"),
    RepoType.DATASET: ("task_categories", "size_categories", "modality", "format", "library", "license", "language"),
    RepoType.SPACE: ("sdk", "license"),
}
"""Kinds of tags that lists have a filter of their own for; all others are looked for as `other`."""


@dataclass(frozen=True)
class TagLink:
    """A tag, and the list that it filters: `address` is a path with its query, encoded."""

    label: str
    address: str
    kind: str


@dataclass(frozen=True)
class RepoContext:
    """A repo's header, for templates. Paths start with a slash and are encoded; `url()` takes them."""

    header: RepoHeader

    @property
    def repo(self) -> Repo:
        """The repo itself."""
        return self.header.repo

    @property
    def type(self) -> str:
        """`model`, `dataset` or `space`."""
        return self.repo.type.value

    @property
    def label(self) -> str:
        """The type as people write it."""
        return _LABELS[self.repo.type]

    @cached_property
    def path(self) -> str:
        """The front page's: `/datasets/alice/words`."""
        return f"/{self.repo.type.url_prefix}{quote(str(self.repo.id))}"

    @cached_property
    def api_path(self) -> str:
        """The API's: `/api/datasets/alice/words`."""
        return f"/api/{self.repo.type.plural}/{quote(str(self.repo.id))}"

    @property
    def list_path(self) -> str:
        """All repos of its type."""
        return f"/{self.repo.type.plural}"

    @cached_property
    def tags(self) -> tuple[TagLink, ...]:
        """What lists can be filtered by, the most telling first."""
        languages = _words(self.header.facts, "language")
        kinds = [(tag, tag_kind(self.repo.type, tag, languages)) for tag in self.header.facts.get("tags", ())]
        shown = [(tag, found.kind, found.label) for tag, found in kinds if found.kind not in _HIDDEN_KINDS]
        shown.sort(key=lambda item: _FIRST_KINDS.index(item[1]) if item[1] in _FIRST_KINDS else len(_FIRST_KINDS))
        return tuple(self._link(*item) for item in shown[:MAX_TAGS])

    @property
    def has_training_metrics(self) -> bool:
        """Whether there are event files of TensorBoard, which the actor may read."""
        return "tensorboard" in self.header.facts.get("tags", ()) and self.may_read

    @property
    def was_autotrained(self) -> bool:
        """Whether its card says that AutoTrain made it, and the actor may read the report."""
        return self.type == "model" and "autotrain" in self.header.facts.get("tags", ()) and self.may_read

    @property
    def may_write(self) -> bool:
        """Whether the actor may commit."""
        return self.header.may(Permission.WRITE_REPO)

    @property
    def may_administer(self) -> bool:
        """Whether the actor may change settings."""
        return self.header.may(Permission.ADMIN_REPO)

    @property
    def may_read(self) -> bool:
        """Whether the actor may read files: not so in gated repos before access is granted."""
        return self.header.may(Permission.READ_REPO)

    @property
    def may_propose(self) -> bool:
        """Whether the actor may open discussions and pull requests."""
        return self.header.may(Permission.DISCUSS_REPO)

    def at(self, view: str, revision: str, path: str = "") -> str:
        """The path of a page at a revision, such as `tree`, `blob`, `commits`, `blame`, `edit`, `resolve`."""
        address = f"{self.path}/{view}/{quote(revision, safe='')}"
        return f"{address}/{quote(path)}" if path else address

    def _link(self, tag: str, kind: str, label: str) -> TagLink:
        name, value = (kind, label) if kind in _FILTERS[self.repo.type] else ("other", tag)
        shown = task_label(label) if kind in ("pipeline_tag", "task_categories") else label
        return TagLink(shown, f"{self.list_path}?{name}={quote(value, safe='')}", kind)


def context_of(header: RepoHeader) -> RepoContext:
    """The context of a header that was read already."""
    return RepoContext(header)


async def read_context(call: Call, headers: HeaderService) -> RepoContext:
    """Read the header of the repo that the route names.

    Raises:
        RepoNotFound, RepoMoved: see `RepoGate.find`.
    """
    return RepoContext(await call.run(headers.read_header, call.actor, call.repo_type, call.repo_id))


def _words(facts: dict[str, object], field: str) -> tuple[str, ...]:
    data = facts.get("cardData")
    value = data.get(field) if isinstance(data, dict) else None
    values = value if isinstance(value, list) else [value]
    return tuple(item for item in values if isinstance(item, str))
