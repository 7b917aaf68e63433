"""The fields of a repo's info that `expand` can ask for, by type of repo.

It knows names only; values come from the facts, the repo's row and its files.
Source: huggingface_hub 2.4.0 hf_api.py ExpandModelProperty_T and its siblings, whose test parses the refusal's text;
`xetEnabled` is still asked for by 0.x clients.
"""

from __future__ import annotations

from collections.abc import Iterable

from holdfast.base.errors import InvalidInput
from holdfast.base.ids import RepoType

_SHARED = (
    "author", "cardData", "createdAt", "disabled", "lastModified", "likes", "private", "resourceGroup", "sha",
    "siblings", "tags", "trendingScore", "usedStorage", "xetEnabled",
)  # fmt: skip
_OWN = {
    RepoType.MODEL: (
        "baseModels", "childrenModelCount", "config", "downloads", "downloadsAllTime", "evalResults", "gated", "gguf",
        "inference", "inferenceProviderMapping", "library_name", "mask_token", "model-index", "pipeline_tag",
        "safetensors", "spaces", "transformersInfo", "widgetData",
    ),
    RepoType.DATASET: (
        "citation", "description", "downloads", "downloadsAllTime", "gated", "mainSize", "paperswithcode_id",
    ),
    RepoType.SPACE: ("datasets", "models", "region", "runtime", "sdk", "subdomain"),
}  # fmt: skip

EXPANDABLE: dict[RepoType, tuple[str, ...]] = {
    repo_type: tuple(sorted((*_SHARED, *own))) for repo_type, own in _OWN.items()
}
"""Accepted values of `expand`, sorted."""


def check_expand(repo_type: RepoType, names: Iterable[str]) -> tuple[str, ...]:
    """The asked fields without repeats, in the order asked.

    Raises:
        InvalidInput: a field that this type of repo does not have; names all that it has.
    """
    asked = tuple(dict.fromkeys(names))
    for position, name in enumerate(asked):
        if name not in EXPANDABLE[repo_type]:
            options = "|".join(f'"{option}"' for option in EXPANDABLE[repo_type])
            raise InvalidInput(
                field=f"expand[{position}]", problem=f"is the invalid option {name[:50]!a}: expected one of {options}"
            )
    return asked
