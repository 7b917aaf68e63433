"""A repo's list of `tags`, in the order of the Hub: library and formats, task, the card's own, then `kind:value`.

It joins what the other modules found; it reads nothing itself.
Source: tags in the Hub's answers as huggingface_hub 2.4.0 tests/test_hf_api.py shows and filters by them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from holdfast.hub.repos.metadata.dataset_files import DatasetFiles
from holdfast.hub.repos.metadata.model_files import ModelFiles, task_of_library
from holdfast.hub.repos.metadata.vocabulary import DATASET_TAG_FIELDS, LIBRARIES, PIPELINE_TAGS, size_category

MAX_TAGS = 2_000
"""Some datasets name more than a thousand languages."""
MAX_TAG_CHARACTERS = 200

REGION_TAG = "region:us"
"""Every repo of the Hub has a region and clients show it; ours has this one."""

_RELATIONS = frozenset({"adapter", "finetune", "merge", "quantized"})
_KEYWORD_FIELDS = ("co2_eq_emissions", "model-index")


@dataclass(frozen=True)
class BaseModel:
    """A model that this one was made from; `relation` is adapter, finetune, merge or quantized."""

    repo_id: str
    relation: str


def words(value: Any) -> tuple[str, ...]:
    """The strings of a card's field, which may hold one or an array: trimmed, not too long, no repeats."""
    items = value if isinstance(value, list) else [value]
    strings = (item.strip() for item in items if isinstance(item, str))
    return _unique(strings)


def _unique(strings: Iterable[str]) -> tuple[str, ...]:
    kept = dict.fromkeys(string for string in strings if 0 < len(string) <= MAX_TAG_CHARACTERS)
    return tuple(kept)[:MAX_TAGS]


def choose_library(data: dict[str, Any], found: ModelFiles) -> str | None:
    """The card's `library_name`, else what the files show; plain transformers yields to a library among the tags."""
    named = words(data.get("library_name"))
    by_tag = tuple(tag for tag in words(data.get("tags")) if tag in LIBRARIES)
    by_file = (found.library_name,) if found.library_name else ()
    candidates = (*named, *by_tag, *by_file) if found.library_name == "transformers" else (*named, *by_file, *by_tag)
    return candidates[0] if candidates else None


def choose_pipeline_tag(data: dict[str, Any], found: ModelFiles, library: str | None) -> str | None:
    """The card's `pipeline_tag`, else a task among its tags, else what the files show."""
    named = words(data.get("pipeline_tag"))
    by_tag = tuple(tag for tag in words(data.get("tags")) if tag in PIPELINE_TAGS and tag != "other")
    candidates = (*named, *by_tag)
    return candidates[0] if candidates else found.pipeline_tag or task_of_library(library)


def base_models(data: dict[str, Any], found: ModelFiles) -> tuple[BaseModel, ...]:
    """The card's `base_model` entries with how they were used: said by the card or seen in the files."""
    names = words(data.get("base_model"))
    relation = data.get("base_model_relation")
    if not isinstance(relation, str) or relation not in _RELATIONS:
        relation = _relation(words(data.get("tags")), found, len(names))
    return tuple(BaseModel(name, relation) for name in names)


def _relation(tags: tuple[str, ...], found: ModelFiles, count: int) -> str:
    if found.is_adapter or "lora" in tags:
        return "adapter"
    if found.is_quantized or "gguf" in tags:
        return "quantized"
    return "merge" if count > 1 else "finetune"


def model_tags(
    data: dict[str, Any], found: ModelFiles, library: str | None, task: str | None, papers: Iterable[str]
) -> tuple[str, ...]:
    """Tags of a model; filters such as `en`, `pytorch`, `dataset:x` or `license:mit` look among them."""
    made_from = base_models(data, found)
    groups: tuple[Iterable[str], ...] = (
        words(library),
        found.weight_tags,
        found.config_tags,
        words(task),
        words(data.get("tags")),
        (field for field in _KEYWORD_FIELDS if data.get(field)),
        words(data.get("language")),
        _prefixed("dataset", words(data.get("datasets"))),
        _prefixed("arxiv", papers),
        _prefixed("base_model", (model.repo_id for model in made_from)),
        _prefixed("base_model", (f"{model.relation}:{model.repo_id}" for model in made_from)),
        _prefixed("license", map(str.lower, words(data.get("license")))),
        (REGION_TAG,),
    )
    return _unique(tag for group in groups for tag in group)


def dataset_tags(data: dict[str, Any], found: DatasetFiles, papers: Iterable[str]) -> tuple[str, ...]:
    """Tags of a dataset; everything but its card's own tags is `kind:value`."""
    fields = {field: words(data.get(field)) for field in DATASET_TAG_FIELDS}
    fields["license"] = tuple(map(str.lower, fields["license"]))
    if not fields["size_categories"] and found.examples is not None:
        fields["size_categories"] = (size_category(found.examples),)
    groups: tuple[Iterable[str], ...] = (
        *(_prefixed(field, values) for field, values in fields.items()),
        found.tags,
        _prefixed("arxiv", papers),
        (REGION_TAG,),
        words(data.get("tags")),
    )
    return _unique(tag for group in groups for tag in group)


def space_tags(data: dict[str, Any], sdk: str | None) -> tuple[str, ...]:
    """Tags of a Space: its SDK and the card's own."""
    licenses = _prefixed("license", map(str.lower, words(data.get("license"))))
    return _unique((*words(sdk), *words(data.get("tags")), *licenses, REGION_TAG))


def _prefixed(kind: str, values: Iterable[str]) -> Iterable[str]:
    return (f"{kind}:{value}" for value in values)
