"""Facts in the words of the Hub's API: what they contribute to a repo's info.

JSON-able: the index keeps it as it is, so that lists need not look at files again.
Source: huggingface_hub 2.4.0 hf_api.py ModelInfo, DatasetInfo, SpaceInfo.
"""

from __future__ import annotations

from typing import Any

from holdfast.base.ids import RepoType
from holdfast.hub.repos.metadata.documents import RepoFacts


def info_fields(repo_type: RepoType, facts: RepoFacts) -> dict[str, Any]:
    """The API's fields that come from facts; those without a value are left out."""
    fields: dict[str, Any] = {"tags": list(facts.tags), "cardData": facts.card_data, **_BUILDERS[repo_type](facts)}
    return {name: value for name, value in fields.items() if value is not None}


def _model_fields(facts: RepoFacts) -> dict[str, Any]:
    counted = facts.safetensors
    return {
        "pipeline_tag": facts.pipeline_tag,
        "library_name": facts.library_name,
        "mask_token": facts.mask_token,
        "config": facts.config,
        "transformersInfo": facts.transformers.as_info() if facts.transformers else None,
        "safetensors": {"parameters": counted.parameters, "total": counted.total} if counted else None,
        "gguf": facts.gguf,
        "model-index": facts.model_index,
        "widgetData": facts.widget_data,
        "baseModels": _base_models(facts),
    }


def _base_models(facts: RepoFacts) -> dict[str, Any] | None:
    if not facts.base_models:
        return None
    models = [{"id": model.repo_id} for model in facts.base_models]
    return {"relation": facts.base_models[0].relation, "models": models}  # a card has one relation for all


def _dataset_fields(facts: RepoFacts) -> dict[str, Any]:
    return {
        "description": facts.description,
        "citation": facts.citation,
        "paperswithcode_id": facts.paperswithcode_id,
    }


def _space_fields(facts: RepoFacts) -> dict[str, Any]:
    return {
        "sdk": facts.space.sdk if facts.space else None,
        "models": list(facts.models),
        "datasets": list(facts.datasets),
    }


_BUILDERS = {
    RepoType.MODEL: _model_fields,
    RepoType.DATASET: _dataset_fields,
    RepoType.SPACE: _space_fields,
}
