"""A repo's fields in the API's words, shared by info and lists.

Source: the attributes of ModelInfo, DatasetInfo and SpaceInfo in huggingface_hub 2.4.0 hf_api.py.
"""

from __future__ import annotations

from typing import Any

from holdfast.base.clock import iso
from holdfast.base.ids import RepoType
from holdfast.hub.repos.domain import Repo

SAME_FOR_ALL: dict[str, Any] = {"inferenceProviderMapping": {}, "xetEnabled": True}
"""No model here is served by hosted inference providers; Xet is on for every repo. Told only when asked for."""


def repo_fields(repo: Repo, facts: dict[str, Any]) -> dict[str, Any]:
    """All fields that need nothing but the index; `facts` are those of `metadata.info_fields`."""
    fields: dict[str, Any] = {
        "_id": repo.uid,
        "id": str(repo.id),
        "author": repo.id.namespace,
        "sha": repo.head_oid,
        "lastModified": iso(repo.updated_at),
        "createdAt": iso(repo.created_at),
        "private": repo.private,
        "gated": repo.gated.value if repo.gated else False,
        "disabled": repo.disabled,
        "likes": repo.likes,
        "trendingScore": repo.trending_score,
        **facts,
    }
    if repo.type is not RepoType.SPACE:
        fields |= {"downloads": repo.downloads, "downloadsAllTime": repo.downloads_all_time}
    return fields
