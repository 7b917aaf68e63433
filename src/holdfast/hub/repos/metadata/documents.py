"""Everything the index keeps about a repo at its main revision, derived from its files.

`derive_facts` is the one entry: it reads the card and the few small files or headers that matter and never fails for
what they hold. It does not know what the index does with the facts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from holdfast.base.errors import InvalidCard
from holdfast.base.ids import RepoType
from holdfast.hub.repos.metadata.architectures import TransformersInfo
from holdfast.hub.repos.metadata.card import CARD_PATH, MAX_CARD_BYTES, Card, read_card, split_card
from holdfast.hub.repos.metadata.card_body import arxiv_ids, citation, excerpt, plain_text
from holdfast.hub.repos.metadata.dataset_files import affects_dataset, inspect_dataset
from holdfast.hub.repos.metadata.facets import license_facets, model_facets
from holdfast.hub.repos.metadata.files import Read, RepoFile, RepoFiles
from holdfast.hub.repos.metadata.model_files import affects_model, inspect_model
from holdfast.hub.repos.metadata.safetensors_header import TensorCount
from holdfast.hub.repos.metadata.space_card import SpaceCard, read_space_card
from holdfast.hub.repos.metadata.tags import (
    REGION_TAG,
    BaseModel,
    base_models,
    choose_library,
    choose_pipeline_tag,
    dataset_tags,
    model_tags,
    space_tags,
    words,
)
from holdfast.hub.repos.metadata.weight_formats import precisions, weight_bytes
from holdfast.hub.repos.metadata.weights import gguf_info, safetensors_count

FACTS_VERSION = 1
"""Raise it when the same files tell more, or something else: repos indexed by an earlier version are read again."""


@dataclass(frozen=True)
class RepoFacts:
    """What lists, filters, search and repo pages need. None or empty: the repo does not say.

    `card_data` is the front matter as JSON, None without any; `config` an excerpt of configuration files; `gguf` and
    `widget_data` are the API's fields of these names; `search_text` plain words, without the repo's name. `facets` are
    words of filters that are no tags (see `facets`); `weight_bytes` is what the weights take in memory.
    """

    tags: tuple[str, ...] = (REGION_TAG,)
    card_data: dict[str, Any] | None = None
    licenses: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    base_models: tuple[BaseModel, ...] = ()
    pipeline_tag: str | None = None
    library_name: str | None = None
    config: dict[str, Any] | None = None
    transformers: TransformersInfo | None = None
    mask_token: str | None = None
    safetensors: TensorCount | None = None
    gguf: dict[str, Any] | None = None
    model_index: list[Any] | None = None
    widget_data: list[Any] | None = None
    space: SpaceCard | None = None
    pretty_name: str | None = None
    description: str | None = None
    citation: str | None = None
    papers: tuple[str, ...] = field(default=())
    paperswithcode_id: str | None = None
    search_text: str = ""
    facets: tuple[str, ...] = ()
    weight_bytes: int | None = None

    @property
    def parameter_count(self) -> int | None:
        """Parameters of the model for `num_parameters` filters; None when no header tells."""
        return _parameter_count(self.safetensors, self.gguf)


def _parameter_count(counted: TensorCount | None, gguf: dict[str, Any] | None) -> int | None:
    if counted is not None:
        return counted.total
    return gguf["total"] if gguf else None


def derive_facts(repo_type: RepoType, files: Iterable[RepoFile], read: Read) -> RepoFacts:
    """Derive a repo's facts from the files of its main revision.

    Broken, oversized or missing files yield facts without what they would have told.

    Raises:
        HoldfastError: only what `read` raises besides `NotFound`, because then the storage is in trouble.
    """
    repo_files = RepoFiles(files, read)
    card = _card(repo_files)
    return _BUILDERS[repo_type](repo_files, card)


def affects_facts(repo_type: RepoType, path: str) -> bool:
    """Whether adding, changing or deleting the file at `path` may change the repo's facts.

    False lets a commit to a large repo skip `derive_facts`; True may still come to the same facts.
    """
    if path == CARD_PATH:
        return True
    if repo_type is RepoType.MODEL:
        return affects_model(path)
    return repo_type is RepoType.DATASET and affects_dataset(path)


def _card(files: RepoFiles) -> Card:
    content = files.text(CARD_PATH, MAX_CARD_BYTES)
    if content is None:
        return Card()
    try:
        return read_card(content)
    except InvalidCard:
        return Card(body=split_card(content)[1])


def _shared(card: Card, tags: tuple[str, ...]) -> dict[str, Any]:
    """The fields that every type of repo has."""
    data = card.data
    names = words(data.get("pretty_name")) or words(data.get("title"))
    licenses = tuple(map(str.lower, words(data.get("license"))))
    return {
        "tags": tags,
        "card_data": data or None,
        "licenses": licenses,
        "languages": words(data.get("language")),
        "datasets": words(data.get("datasets")),
        "models": words(data.get("models")),
        "pretty_name": names[0] if names else None,
        "description": excerpt(card.body),
        "papers": arxiv_ids(card.body),
        "search_text": " ".join((*names, *(tag for tag in tags if tag != REGION_TAG), plain_text(card.body))),
        "facets": tuple(license_facets(licenses)),
    }


def _model_facts(files: RepoFiles, card: Card) -> RepoFacts:
    data = card.data
    found = inspect_model(files)
    library = choose_library(data, found)
    task = choose_pipeline_tag(data, found, library)
    shared = _shared(card, model_tags(data, found, library, task, arxiv_ids(card.body)))
    made_from, weights = base_models(data, found), _weights(files)
    index, widget = data.get("model-index"), data.get("widget")
    offered = precisions(weights["safetensors"], shared["tags"], files)
    count = _parameter_count(weights["safetensors"], weights["gguf"])
    shared["facets"] = model_facets(
        shared["tags"], shared["licenses"], made_from, task, count, weights["weight_bytes"], offered
    )
    return RepoFacts(
        **shared,
        **weights,
        base_models=made_from,
        pipeline_tag=task,
        library_name=library,
        config=found.config or None,
        transformers=found.transformers,
        mask_token=found.mask_token,
        model_index=index if isinstance(index, list) else None,
        widget_data=widget if isinstance(widget, list) else None,
    )


def _weights(files: RepoFiles) -> dict[str, Any]:
    counted = safetensors_count(files)
    return {"safetensors": counted, "gguf": gguf_info(files), "weight_bytes": weight_bytes(counted, files)}


def _dataset_facts(files: RepoFiles, card: Card) -> RepoFacts:
    found = inspect_dataset(files, card.data)
    identifiers = words(card.data.get("paperswithcode_id"))
    return RepoFacts(
        **_shared(card, dataset_tags(card.data, found, arxiv_ids(card.body))),
        citation=citation(card.body),
        paperswithcode_id=identifiers[0] if identifiers else None,
    )


def _space_facts(_files: RepoFiles, card: Card) -> RepoFacts:
    space = read_space_card(card.data)
    return RepoFacts(**_shared(card, space_tags(card.data, space.sdk)), space=space)


_BUILDERS = {
    RepoType.MODEL: _model_facts,
    RepoType.DATASET: _dataset_facts,
    RepoType.SPACE: _space_facts,
}
