"""A repo's fields in the API's words, shared by info and lists.

Source: the attributes of ModelInfo, DatasetInfo and SpaceInfo in huggingface_hub 2.4.0 hf_api.py.
"""

from __future__ import annotations

from typing import Any

from holdfast.base.clock import iso
from holdfast.base.ids import RepoType
from holdfast.hub.repos.domain import Repo


def repo_fields(repo: Repo, facts: dict[str, Any]) -> dict[str, Any]:
    """All fields that need nothing but the index; None where the repo does not say."""
    shared: dict[str, Any] = {
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
        "tags": facts.get("tags", []),
        "cardData": facts.get("card_data"),
    }
    if repo.type is RepoType.SPACE:
        return shared | _space_fields(facts)
    shared |= {"downloads": repo.downloads, "downloadsAllTime": repo.downloads_all_time}
    return shared | (_model_fields(facts) if repo.type is RepoType.MODEL else _dataset_fields(facts))


def _model_fields(facts: dict[str, Any]) -> dict[str, Any]:
    info = facts.get("transformers")
    return {
        "pipeline_tag": facts.get("pipeline_tag"),
        "library_name": facts.get("library_name"),
        "config": facts.get("config"),
        "transformersInfo": {name: value for name, value in info.items() if value is not None} if info else None,
        "mask_token": facts.get("mask_token"),
        "safetensors": facts.get("safetensors"),
        "gguf": facts.get("gguf"),
        "widgetData": facts.get("widget_data"),
        "model-index": facts.get("model_index"),
        "baseModels": _base_models(facts),
        "spaces": [],
    }


def _base_models(facts: dict[str, Any]) -> dict[str, Any] | None:
    found = facts.get("base_models") or []
    if not found:
        return None
    return {"relation": found[0]["relation"], "models": [{"id": item["repo_id"]} for item in found]}


def _dataset_fields(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "description": facts.get("description"),
        "citation": facts.get("citation"),
        "paperswithcode_id": facts.get("paperswithcode_id"),
    }


def _space_fields(facts: dict[str, Any]) -> dict[str, Any]:
    space = facts.get("space") or {}
    return {
        "sdk": space.get("sdk"),
        "models": list(facts.get("models") or []),
        "datasets": list(facts.get("datasets") or []),
    }
