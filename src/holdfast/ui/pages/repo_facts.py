"""A repo's facts in words for people: its front matter as rows, the size of a model."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

MAX_ROWS = 60
MAX_VALUE_CHARACTERS = 2_000
MAX_ITEMS = 100
MAX_GATE_FIELDS = 30
MAX_SPLITS = 100
_TOLD_ELSEWHERE = frozenset({"model-index", "widget", "dataset_info"})
_NAMES = {
    "pipeline_tag": "Task",
    "library_name": "Library",
    "base_model": "Base model",
    "pretty_name": "Title",
    "task_categories": "Tasks",
    "size_categories": "Size",
    "sdk": "SDK",
    "sdk_version": "SDK version",
    "app_file": "App file",
    "colorFrom": "Colour from",
    "colorTo": "Colour to",
    "license_name": "License name",
    "license_link": "License link",
}


@dataclass(frozen=True)
class MetadataRow:
    """A field of the front matter. `items` are its words; `source` is the value as JSON where it is no list of them."""

    name: str
    items: tuple[str, ...]
    source: str | None = None


@dataclass(frozen=True)
class DtypeShare:
    """Parameters of one number format."""

    dtype: str
    parameters: int


@dataclass(frozen=True)
class ModelSize:
    """How large a model is. `dtypes` the most frequent first; `details` are further facts with their names."""

    parameters: int
    dtypes: tuple[DtypeShare, ...]
    details: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Split:
    """A split that a data set's card tells of; None where it does not say."""

    config: str | None
    name: str
    examples: int | None
    size_bytes: int | None


@dataclass(frozen=True)
class GateField:
    """A question of the form that asks for access. `kind` is text, checkbox, date or select."""

    name: str
    kind: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class GateForm:
    """What somebody is told and asked who wants the files of a gated repo. All of it is the owner's text."""

    heading: str
    prompt: str | None
    button: str
    fields: tuple[GateField, ...]


def metadata_rows(facts: dict[str, Any]) -> list[MetadataRow]:
    """The front matter, field by field, as it was written."""
    data = facts.get("cardData") or {}
    shown = [(name, value) for name, value in data.items() if _is_shown(name, value)]
    return [_row(name, value) for name, value in shown[:MAX_ROWS]]


def model_size(facts: dict[str, Any]) -> ModelSize | None:
    """Parameters and their formats, from the headers of safetensors or GGUF files; None without any."""
    counted, gguf = facts.get("safetensors"), facts.get("gguf")
    if counted:
        shares = [DtypeShare(dtype, number) for dtype, number in counted["parameters"].items()]
        shares.sort(key=lambda share: -share.parameters)
        return ModelSize(counted["total"], tuple(shares), ())
    if gguf:
        named = (("Architecture", gguf.get("architecture")), ("Context length", gguf.get("context_length")))
        return ModelSize(gguf["total"], (), tuple((name, str(value)) for name, value in named if value))
    return None


def dataset_splits(facts: dict[str, Any]) -> list[Split]:
    """What `dataset_info` says of the splits.

    Source: datasets 4 info.py `DatasetInfosDict.to_dataset_card_data`: a mapping, or a list of one for each config.
    """
    told = (facts.get("cardData") or {}).get("dataset_info")
    infos = told if isinstance(told, list) else [told]
    found = [_split(info, split) for info in infos if isinstance(info, dict) for split in _objects(info.get("splits"))]
    return found[:MAX_SPLITS]


def papers(facts: dict[str, Any]) -> list[str]:
    """Numbers of the arXiv papers that the card names."""
    return [tag.removeprefix("arxiv:") for tag in facts.get("tags", ()) if tag.startswith("arxiv:")]


def _split(info: dict[str, Any], split: dict[str, Any]) -> Split:
    return Split(
        _text(info.get("config_name")),
        _text(split.get("name")) or "?",
        _whole(split.get("num_examples")),
        _whole(split.get("num_bytes")),
    )


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _whole(value: Any) -> int | None:
    return value if type(value) is int and value >= 0 else None


def gate_form(facts: dict[str, Any]) -> GateForm:
    """What the card's `extra_gated_…` fields ask.

    Source: the Hub's documentation, models-gated and datasets-gated.
    """
    data = facts.get("cardData") or {}
    asked = data.get("extra_gated_fields")
    fields = asked.items() if isinstance(asked, dict) else ()
    return GateForm(
        _text(data.get("extra_gated_heading")) or "Files need its owner's consent",
        _text(data.get("extra_gated_prompt")),
        _text(data.get("extra_gated_button_content")) or "Ask for access",
        tuple(_gate_field(str(name), kind) for name, kind in list(fields)[:MAX_GATE_FIELDS]),
    )


def _gate_field(name: str, kind: Any) -> GateField:
    if not isinstance(kind, dict):
        return GateField(name, kind if kind == "checkbox" else "date" if kind == "date_picker" else "text")
    options = kind.get("options")
    listed = options if isinstance(options, list) else []  # cards may hold anything
    labels = [item.get("label") if isinstance(item, dict) else item for item in listed]
    return GateField(name, "select", tuple(str(label) for label in labels[:100] if label is not None))


def _text(value: Any) -> str | None:
    return value[:MAX_VALUE_CHARACTERS] if isinstance(value, str) and value.strip() else None


def _is_shown(name: str, value: Any) -> bool:
    return name not in _TOLD_ELSEWHERE and not name.startswith("extra_gated_") and value not in (None, [], {}, "")


def _row(name: str, value: Any) -> MetadataRow:
    title = _NAMES.get(name, name.replace("_", " ").capitalize())
    values = value if isinstance(value, list) else [value]
    if all(isinstance(item, str | int | float) for item in values):
        items = [str(item)[:MAX_VALUE_CHARACTERS] for item in values[:MAX_ITEMS]]
        if len(values) > MAX_ITEMS:
            items.append(f"and {len(values) - MAX_ITEMS:,} others")
        return MetadataRow(title, tuple(items))
    source = json.dumps(value, indent=2, ensure_ascii=False)
    return MetadataRow(title, (), source[:MAX_VALUE_CHARACTERS] + ("\n…" if len(source) > MAX_VALUE_CHARACTERS else ""))
