"""What one line of a list says of a repo, in words: from facts that users wrote, which may be of any shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from holdfast.base.ids import RepoType
from holdfast.hub.repos.domain import Repo
from holdfast.hub.repos.metadata.licensing import commercial_use
from holdfast.hub.repos.metadata.tasks import task_label
from holdfast.hub.repos.metadata.weight_formats import tensor_bytes
from holdfast.ui import formats
from holdfast.ui.filtering.words import value_label

_DESCRIPTION_CHARACTERS = 160
_EMOJI_CHARACTERS = 12  # some are made of many: people, skin, joiners


@dataclass(frozen=True)
class RepoFact:
    """A few words, perhaps with an icon, and what to tell who points at them."""

    text: str
    icon: str = ""
    title: str = ""


def repo_facts(repo: Repo, facts: Mapping[str, Any]) -> list[RepoFact]:
    """The most telling facts first: the task, the size, the license."""
    found = {RepoType.MODEL: _model_facts, RepoType.DATASET: _dataset_facts, RepoType.SPACE: _space_facts}
    return [*found[repo.type](facts), *_license(facts)]


def repo_description(facts: Mapping[str, Any]) -> str:
    """A line about the repo, or an empty text: what the card says in short, else how it begins."""
    card = facts.get("cardData")
    said = card.get("short_description") or card.get("description") if isinstance(card, dict) else None
    text = said if isinstance(said, str) else facts.get("description")
    if not isinstance(text, str):
        return ""
    line = " ".join(text.split())
    return line if len(line) <= _DESCRIPTION_CHARACTERS else f"{line[:_DESCRIPTION_CHARACTERS].rsplit(' ', 1)[0]} …"


def repo_emoji(facts: Mapping[str, Any]) -> str:
    """The picture that a Space's card chose, or an empty text."""
    card = facts.get("cardData")
    emoji = card.get("emoji") if isinstance(card, dict) else None
    return emoji if isinstance(emoji, str) and len(emoji) <= _EMOJI_CHARACTERS and not emoji.isascii() else ""


def _model_facts(facts: Mapping[str, Any]) -> list[RepoFact]:
    found = []
    task = facts.get("pipeline_tag")
    if isinstance(task, str):
        found.append(RepoFact(task_label(task)))
    parameters = _parameters(facts)
    if parameters is not None:
        found.append(RepoFact(f"{formats.count(parameters)} parameters"))
    room = _weight_bytes(facts)
    if room:
        found.append(RepoFact(formats.size(room), "disk", "Memory that its weights take"))
    return found


def _parameters(facts: Mapping[str, Any]) -> int | None:
    for name in ("safetensors", "gguf"):
        counted = facts.get(name)
        if isinstance(counted, dict) and isinstance(counted.get("total"), int):
            return int(counted["total"])
    return None


def _weight_bytes(facts: Mapping[str, Any]) -> int:
    counted = facts.get("safetensors")
    by_dtype = counted.get("parameters") if isinstance(counted, dict) else None
    return tensor_bytes(by_dtype) if isinstance(by_dtype, dict) else 0


def _dataset_facts(facts: Mapping[str, Any]) -> list[RepoFact]:
    sizes, tasks = _tagged(facts, "size_categories"), _tagged(facts, "task_categories")
    found = [RepoFact(task_label(tasks[0]))] if tasks else []
    return [*found, *([RepoFact(f"{value_label('size_categories', sizes[0])} rows")] if sizes else [])]


def _space_facts(facts: Mapping[str, Any]) -> list[RepoFact]:
    sdk = facts.get("sdk")
    return [RepoFact(value_label("sdk", sdk))] if isinstance(sdk, str) else []


def _license(facts: Mapping[str, Any]) -> list[RepoFact]:
    licenses = _tagged(facts, "license")
    if not licenses:
        return []
    use = commercial_use(licenses)
    title = f"License. Commercial use: {value_label('commercial', use.value).lower()}" if use else "License"
    return [RepoFact(licenses[0], "scale", title)]


def _tagged(facts: Mapping[str, Any], kind: str) -> list[str]:
    tags = facts.get("tags")
    prefix = f"{kind}:"
    return [tag.removeprefix(prefix) for tag in tags if tag.startswith(prefix)] if isinstance(tags, list) else []
