"""The filters of list pages: which groups of values there are for each type of repo, and how they combine.

In a group with one choice, such as the task, another value takes the place of the chosen one, and counts leave the
group's own choice out; in the others, such as languages, values add up. It knows no SQL and no HTML.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from holdfast.base.errors import InvalidInput
from holdfast.base.ids import RepoType
from holdfast.hub.repos.metadata import facets
from holdfast.hub.repos.metadata.licensing import CommercialUse
from holdfast.hub.repos.metadata.training_kinds import TrainingKind
from holdfast.hub.repos.metadata.weight_formats import PRECISIONS


@dataclass(frozen=True)
class FacetGroup:
    """One group of filter values.

    Args:
        name: the parameter of the query string, e.g. `pipeline_tag`.
        kind: what the tags of its values are: a kind of `tag_kinds`, or None for words of `metadata.facets`.
        one_choice: whether a second value replaces the first.
    """

    name: str
    kind: str | None = None
    one_choice: bool = True


@dataclass(frozen=True)
class ValueCount:
    """One value of a filter: its word in urls, how its first user wrote it, and how many repos choosing it leaves."""

    word: str
    label: str
    count: int


COMMERCIAL = FacetGroup(facets.COMMERCIAL)
SIZE = FacetGroup(facets.SIZE)
PRECISION = FacetGroup(facets.PRECISION)
TRAINING = FacetGroup(facets.TRAINING)
FITS = FacetGroup("fits")
GATED = FacetGroup("gated")
LICENSE = FacetGroup("license", "license")
TAGS = FacetGroup("other", "other", one_choice=False)

GROUPS: dict[RepoType, tuple[FacetGroup, ...]] = {
    RepoType.MODEL: (
        FacetGroup("pipeline_tag", "pipeline_tag"),
        FITS,
        SIZE,
        COMMERCIAL,
        FacetGroup("language", "language", one_choice=False),
        FacetGroup("library", "library", one_choice=False),
        TRAINING,
        LICENSE,
        PRECISION,
        TAGS,
        GATED,
    ),
    RepoType.DATASET: (
        FacetGroup("task_categories", "task_categories"),
        FacetGroup("modality", "modality", one_choice=False),
        FacetGroup("size_categories", "size_categories"),
        FacetGroup("format", "format"),
        FacetGroup("language", "language", one_choice=False),
        COMMERCIAL,
        LICENSE,
        FacetGroup("library", "library", one_choice=False),
        TAGS,
        GATED,
    ),
    RepoType.SPACE: (FacetGroup("sdk", "sdk"), TAGS, COMMERCIAL, LICENSE),
}

FACET_VALUES: dict[str, tuple[str, ...]] = {
    facets.COMMERCIAL: tuple(use.value for use in CommercialUse),
    facets.SIZE: tuple(each.word for each in facets.SIZE_CLASSES),
    facets.PRECISION: PRECISIONS,
    facets.TRAINING: tuple(kind.value for kind in TrainingKind),
}
"""Every value of the groups that are no tags, in the order in which people look for them."""


def read_facets(repo_type: RepoType, words: Callable[[str], Sequence[str]]) -> tuple[str, ...]:
    """The words of `metadata.facets` that a query string asks for, through `words(parameter)`.

    Raises:
        InvalidInput: a value that no repo can have.
    """
    names = [group.name for group in GROUPS[repo_type] if group.name in FACET_VALUES]
    return tuple(dict.fromkeys(f"{name}:{_checked(name, word)}" for name in names for word in words(name) if word))


def _checked(name: str, word: str) -> str:
    value = "yes" if name == facets.COMMERCIAL and word.lower() == "true" else word.lower()
    if value not in FACET_VALUES[name]:
        raise InvalidInput(field=name, problem=f"must be one of {', '.join(FACET_VALUES[name])}; got {word[:50]!r}")
    return value
