"""Writes text classifiers as the Inference API reads them: no pickle, and no file of a training."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED

from holdfast.inference.runtime.libraries import need
from holdfast.inference.runtime.text_heads import HEAD_FILE, VECTORS_FILE, WORDS_FILE
from holdfast.inference.runtime.text_pairs import FORMAT, PAIRS_FILE
from holdfast.training.trainers.text.bases import Base
from holdfast.training.trainers.text.classification.targets import Targets

_OF_BASE = (".json", ".txt", ".model", ".safetensors", ".jinja")
_NOT_OF_MODEL = ("data_config.json",)


def write_estimator(folder: Path, model: Any, targets: Targets, example: str) -> None:
    """A pipeline that takes texts: `model.skops`, and what config.json says of it."""
    folder.mkdir(parents=True, exist_ok=True)
    need("skops.io").dump(model, folder / "model.skops", compression=ZIP_DEFLATED)
    told = {"model": {"file": "model.skops"}, "model_format": "skops", "task": "text-classification"}
    _write_json(folder / "config.json", {"sklearn": told | {"columns": ["text"], "example_input": {"text": [example]}}})
    _write_json(folder / HEAD_FILE, _head(targets))


def write_head(folder: Path, model: Any, targets: Targets) -> None:
    """A model of vectors, beside the encoder that makes them."""
    need("skops.io").dump(model, folder / VECTORS_FILE, compression=ZIP_DEFLATED)
    _write_json(folder / HEAD_FILE, _head(targets))


def write_pairs(folder: Path) -> None:
    """That the model of a folder learned from pairs of texts; models of transformers can be given two anyway."""
    _write_json(folder / PAIRS_FILE, FORMAT)


def add_words(folder: Path, model: Any, share: float) -> None:
    """A model of words beside an encoder with its head, and how much of what is said it says."""
    need("skops.io").dump(model, folder / WORDS_FILE, compression=ZIP_DEFLATED)
    told = json.loads((folder / HEAD_FILE).read_text(encoding="utf-8"))
    _write_json(folder / HEAD_FILE, told | {"words": {"file": WORDS_FILE, "share": share}})


def copy_encoder(base: Base, folder: Path) -> None:
    """An encoder's own files, as it came; a plain transformer gets told that its tokens are averaged."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(base.folder.rglob("*")):
        inside = path.relative_to(base.folder)
        if path.is_file() and path.suffix in _OF_BASE and path.name not in _NOT_OF_MODEL and len(inside.parts) <= 2:
            (folder / inside).parent.mkdir(exist_ok=True)
            shutil.copyfile(path.resolve(), folder / inside)
    if not (folder / "modules.json").exists():
        kinds = (("", "Transformer"), ("1_Pooling", "Pooling"))
        modules = [
            {"idx": index, "name": str(index), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for index, (path, kind) in enumerate(kinds)
        ]
        _write_json(folder / "modules.json", modules)
        size = base.config.get("hidden_size", base.config.get("dim"))
        _write_json(
            folder / "1_Pooling" / "config.json", {"word_embedding_dimension": size, "pooling_mode_mean_tokens": True}
        )


def _head(targets: Targets) -> dict[str, Any]:
    return {"labels": list(targets.labels), "problem_type": targets.kind.value}


def _write_json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
