"""Loads transformers models and what reads their inputs, from a folder and from nothing else.

Never from the network, never a pickle, never code out of the repo, and never with weights that are not in the folder:
transformers would fill these with random numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from holdfast.base.errors import UnusableModel
from holdfast.inference.domain.predictors import Placement, Wish
from holdfast.inference.runtime import architectures
from holdfast.inference.runtime.adapters import Adapter, adapter_of
from holdfast.inference.runtime.checkpoints import Checkpoint
from holdfast.inference.runtime.libraries import need
from holdfast.inference.runtime.mapped_files import give_back_pages
from holdfast.inference.runtime.placement import choose_placement


@dataclass(frozen=True)
class Loaded:
    """A transformers model, ready to compute, with its folder.

    Args:
        model: as transformers gives it.
        checkpoint: its folder.
        placement: where it computes.
        lacks: tensors that its weights do not have; filled at random, and of use to nobody.
    """

    model: Any
    checkpoint: Checkpoint
    placement: Placement
    lacks: tuple[str, ...] = ()

    @property
    def config(self) -> Any:
        return self.model.config

    @property
    def labels(self) -> list[str]:
        """The model's labels in the order of its outputs."""
        names: dict[int, str] = self.config.id2label
        return [str(names[index]) for index in sorted(names)]


def load_model(folder: Path, auto_class: str, wish: Wish, *, spare: tuple[str, ...] = ()) -> Loaded:
    """Load a model by one of transformers' Auto classes, e.g. `AutoModelForMaskedLM`.

    Args:
        folder: with config.json and safetensors weights.
        auto_class: a name in transformers.
        wish: where to compute.
        spare: parts that the weights may lack, since the task has no use for them, e.g. `pooler`.

    Raises:
        UnsafeWeights: its weights are pickled.
        UnusableModel: no config, an unknown architecture, one not made for this class, code in the repo, lost weights.
        InvalidInput: see `choose_placement`.
        NotInstalled: torch or transformers are missing.
    """
    checkpoint = Checkpoint(folder)
    config = checkpoint.config()
    _refuse_code(config)
    checkpoint.check_weights()
    placement, adapter = choose_placement(wish), adapter_of(folder)
    if config.get("model_type") in architectures.model_types():
        architectures.register()
    loader = getattr(need("transformers"), auto_class)
    with _errors_in_words(config, shows_progress=wish.progress):
        model, report = loader.from_pretrained(
            folder,
            dtype=getattr(need("torch"), placement.computes_in),
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            output_loading_info=True,
            **_labels_of(adapter),
        )
    if adapter is not None:
        came = adapter.merge(model)
        report["missing_keys"] = set(report["missing_keys"]) - came
        report["mismatched_keys"] = [each for each in report["mismatched_keys"] if each[0] not in came]
    _refuse_missing(report, auto_class, spare)
    model = model.to(placement.device).eval()
    import_module("holdfast.inference.runtime.packed_layers").pack(model, placement)
    give_back_pages(folder)
    return Loaded(model, checkpoint, placement, tuple(sorted(report["missing_keys"])))


def _labels_of(adapter: Adapter | None) -> dict[str, Any]:
    """A head that comes with an adapter may have other labels than the base model's."""
    labels = adapter.labels if adapter is not None else None
    return {} if labels is None else {"num_labels": labels, "ignore_mismatched_sizes": True}


def load_part(folder: Path, auto_class: str, **options: Any) -> Any:
    """Load what makes a model's inputs: a tokenizer, an image processor, a feature extractor, a processor.

    Raises:
        UnusableModel: the folder lacks its files, or needs code of its own.
        NotInstalled: transformers are missing.
    """
    checkpoint = Checkpoint(folder)
    loader = getattr(need("transformers"), auto_class)
    with _errors_in_words(checkpoint.json("config.json") or {}):
        return loader.from_pretrained(folder, local_files_only=True, trust_remote_code=False, **options)


def load_tokenizer(folder: Path, loader: str = "AutoTokenizer") -> Any:
    """The tokenizer of a folder. Without its files, transformers would make one that knows no word.

    Args:
        folder: with its files.
        loader: a class of transformers that loads it; `PreTrainedTokenizerFast` takes tokenizer.json as it stands.

    Raises:
        UnusableModel: there is none, or it needs code of its own.
        NotInstalled: transformers are missing.
    """
    kind = (Checkpoint(folder).json("tokenizer_config.json") or {}).get("tokenizer_class")
    if kind not in _WITHOUT_WORDS and not any(path for words in _WORDS for path in folder.glob(words)):
        raise UnusableModel(problem="there is no tokenizer: no tokenizer.json, nor a vocabulary")
    return load_part(folder, loader)


_OTHER_KIND = "Unrecognized configuration class"
"""How transformers begins a sentence that names classes only."""
_LACKING = re.compile(r"Can't load (.*?) for '")
"""How it goes on with a path of this machine, and advice on hubs."""
_WORDS = ("tokenizer.json", "vocab.*", "*.model", "*.spm", "*.tiktoken", "tekken.json")
_WITHOUT_WORDS = ("ByT5Tokenizer", "CanineTokenizer", "PerceiverTokenizer")
"""Their tokens are bytes or characters."""


def _refuse_code(config: dict[str, Any]) -> None:
    known = need("transformers").CONFIG_MAPPING
    if "auto_map" in config and config.get("model_type") not in known:
        raise UnusableModel(problem="it needs Python code from its repo, which is not run here")


def _refuse_missing(report: dict[str, Any], auto_class: str, spare: tuple[str, ...]) -> None:
    missing = sorted(name for name in report["missing_keys"] if not set(spare) & set(name.split(".")))
    if missing:
        some = ", ".join(missing[:3]) + (" …" if len(missing) > 3 else "")
        lack = f"its weights lack {len(missing)} tensors that {auto_class} needs ({some})"
        raise UnusableModel(problem=f"{lack}. It was made for another task")
    if report.get("mismatched_keys"):
        raise UnusableModel(problem="the shapes of its weights do not fit its config.json")


@contextmanager
def _errors_in_words(config: dict[str, Any], *, shows_progress: bool = False) -> Iterator[None]:
    """Turn what transformers raises on unfit folders into one sentence; these are its ways of saying so."""
    logging = need("transformers").utils.logging
    damaged = need("safetensors").SafetensorError
    showed_bars = logging.is_progress_bar_enabled()
    _show_bars(logging, shown=shows_progress)
    try:
        yield
    except (ValueError, OSError, KeyError, AttributeError, TypeError, ImportError, RuntimeError, damaged) as error:
        words = (str(error).strip().splitlines() or [type(error).__name__])[0]
        kind = config.get("model_type", "unknown type")
        if words.startswith(_OTHER_KIND):
            words = f"it was made for another task: models of this type have no {words.rpartition(': ')[2]}"
        if lacking := _LACKING.match(words):
            words = f"there is no {lacking[1]} in its repo, which this task needs"
        raise UnusableModel(problem=f"({kind}) {words[:300]}") from error
    finally:
        _show_bars(logging, shown=showed_bars)


def _show_bars(logging: Any, *, shown: bool) -> None:
    if shown:
        logging.enable_progress_bar()
    else:
        logging.disable_progress_bar()
