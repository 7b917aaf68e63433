"""Tags that mean something whether any repo has them or not: what filter panels offer on an empty server too."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.base.ids import RepoType
from holdfast.hub.repos.metadata.tag_kinds import TagKind
from holdfast.hub.repos.metadata.tasks import task_label
from holdfast.hub.repos.metadata.vocabulary import (
    LIBRARIES,
    LICENSES,
    PIPELINE_TAGS,
    SIZE_CATEGORIES,
    TASK_IDS,
    WEIGHT_FORMATS,
    size_category,
)


def known_tags(repo_type: RepoType) -> Iterator[tuple[str, TagKind]]:
    """Tags of the vocabulary for models or datasets, each with its kind and label; none for Spaces."""
    if repo_type is RepoType.MODEL:
        yield from ((task, TagKind("pipeline_tag", task_label(task))) for task in PIPELINE_TAGS)
        yield from ((name, TagKind("library", name)) for name in sorted({*LIBRARIES, *WEIGHT_FORMATS}))
    if repo_type is RepoType.DATASET:
        yield from _prefixed("task_categories", ((task, task_label(task)) for task in PIPELINE_TAGS))
        yield from _prefixed("task_ids", ((name, name) for name in sorted(TASK_IDS)))
        sizes = [name for _, name in SIZE_CATEGORIES] + [size_category(SIZE_CATEGORIES[-1][0])]
        yield from _prefixed("size_categories", ((name, name) for name in sizes))
    if repo_type is not RepoType.SPACE:
        yield from _prefixed("license", ((name, name) for name in LICENSES))


def _prefixed(kind: str, names: Iterator[tuple[str, str]]) -> Iterator[tuple[str, TagKind]]:
    return ((f"{kind}:{name}", TagKind(kind, label)) for name, label in names)
