"""What kind of word a tag is: the groups of `models-tags-by-type` and `datasets-tags-by-type`.

Source: the groups that the Hub's filter panels show; huggingface_hub 0.36 utils/endpoint_helpers.py reads them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from holdfast.base.ids import RepoType
from holdfast.hub.repos.metadata.vocabulary import LIBRARIES, PIPELINE_TAGS, SPACE_SDKS, WEIGHT_FORMATS

_MODEL_PREFIXES = frozenset({"arxiv", "base_model", "dataset", "diffusers", "license", "region"})
_DATASET_PREFIXES = frozenset((
    "annotations_creators", "arxiv", "benchmark", "format", "language", "language_creators", "library", "license",
    "modality", "multilinguality", "region", "size_categories", "source_datasets", "task_categories", "task_ids",
))  # fmt: skip
_SPACE_PREFIXES = frozenset({"license", "region"})
_PREFIXES = {
    RepoType.MODEL: _MODEL_PREFIXES,
    RepoType.DATASET: _DATASET_PREFIXES,
    RepoType.SPACE: _SPACE_PREFIXES,
}
OTHER = "other"


@dataclass(frozen=True)
class TagKind:
    """The group of a tag and what to show for it: `license:mit` is `mit` among the licenses."""

    kind: str
    label: str


def tag_kind(repo_type: RepoType, tag: str, languages: Collection[str] = ()) -> TagKind:
    """Sort a repo's tag into its group; `languages` are those of the repo, which models tag without a prefix."""
    prefix, colon, rest = tag.partition(":")
    if colon and rest and prefix in _PREFIXES[repo_type]:
        return TagKind(prefix, rest)
    if repo_type is RepoType.MODEL:
        return TagKind(_model_word(tag, languages), tag)
    return TagKind("sdk" if repo_type is RepoType.SPACE and tag in SPACE_SDKS else OTHER, tag)


def _model_word(tag: str, languages: Collection[str]) -> str:
    if tag in PIPELINE_TAGS:
        return "pipeline_tag"
    if tag in LIBRARIES or tag in WEIGHT_FORMATS:
        return "library"
    return "language" if tag in languages else OTHER
