"""Learn mode: the functions that bend sums inside of models, drawn, with where this very run used them. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from holdfast.training.domain.runs import RunBoard
from holdfast.ui.formats import plural
from holdfast.ui.training_runs import family_word

WIDTH, HEIGHT = 240, 150
"""The `viewBox`."""
_REACH = 4.0
_STEPS = 80
_MARGIN = 14


@dataclass(frozen=True)
class Activation:
    """A function.

    Args:
        name: such as ReLU.
        formula: as people write it.
        words: what it does.
        used: where in this run.
        line: `d` of its curve from -4 to 4.
        zero: y of the value 0.
        top: the value at the upper edge, in words.
        bottom: the value at the lower edge, in words.
    """

    name: str
    formula: str
    words: str
    used: str
    line: str
    zero: str
    top: str
    bottom: str


@dataclass(frozen=True)
class _Known:
    formula: str
    words: str
    function: Callable[[float], float]
    low: float
    high: float


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def _gelu(x: float) -> float:
    return x * 0.5 * (1 + math.erf(x / math.sqrt(2)))


_KNOWN: Mapping[str, _Known] = {
    "ReLU": _Known(
        "max(0, x)",
        "It passes what is positive and stops the rest. Without a bend between them, many layers could say no more "
        "than one.",
        lambda x: max(0.0, x),
        0.0,
        4.0,
    ),
    "GELU": _Known(
        "x · Φ(x)", "As ReLU, but it stops softly: small negative sums still pass a little.", _gelu, -0.5, 4.0
    ),
    "SiLU": _Known("x · sigmoid(x)", "As ReLU, but smooth everywhere.", lambda x: x * _sigmoid(x), -0.5, 4.0),
    "Sigmoid": _Known(
        "1 / (1 + e⁻ˣ)",
        "It squeezes any sum between 0 and 1: a probability, or a gate that is open or shut.",
        _sigmoid,
        0.0,
        1.0,
    ),
    "Tanh": _Known(
        "(eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)",
        "It squeezes any sum between −1 and 1, so that a memory can't grow without end.",
        math.tanh,
        -1.0,
        1.0,
    ),
    "Softmax": _Known(
        "eˣ / (sum of all eˣ)",
        "It turns a list of sums into shares that come to 1: one probability for each label. With two labels, one of "
        "them at 0, it is this curve.",
        _sigmoid,
        0.0,
        1.0,
    ),
}
_ALIASES = {"NewGELU": "GELU", "FastGELU": "GELU", "PytorchGELUTanh": "GELU", "SiLU": "SiLU", "Swish": "SiLU"}
_OF_FAMILIES: Mapping[str, Mapping[str, str]] = {
    "logistic-regression": {"Sigmoid": "it makes the probability of the sum", "Softmax": "with more than two labels"},
    "tfidf-linear": {"Softmax": "it makes probabilities of the labels' sums"},
    "embeddings-linear": {"Softmax": "it makes probabilities of the labels' sums"},
    "neural-network": {"ReLU": "after each hidden layer", "Softmax": "at the end, with more than two labels"},
    "cnn": {"ReLU": "after each convolution", "Softmax": "at the end: a probability for each label"},
    "rnn": {"Tanh": "at each word, on the memory", "Softmax": "at the end"},
    "gru": {"Sigmoid": "in both gates", "Tanh": "on what is new", "Softmax": "at the end"},
    "lstm": {"Sigmoid": "in its three gates", "Tanh": "on what is remembered", "Softmax": "at the end"},
    "gpt2": {"GELU": "in each block", "Softmax": "in attention, and over the next word"},
    "fine-tuned": {"GELU": "in each block of the encoder, mostly", "Softmax": "in attention, and at the end"},
    "fine-tuning": {"GELU": "in each block of the encoder, mostly", "Softmax": "in attention, and at the end"},
    **{name: {"Softmax": "in attention, and over the next piece of text"} for name in ("full", "lora", "qlora")},
    "ppo": {"Tanh": "in the policy's hidden layers", "Softmax": "over the actions"},
    "dqn": {"ReLU": "in the hidden layers"},
}


def activations_of(board: RunBoard, report: Mapping[str, Any] | None) -> list[Activation]:
    """Those that the final model's layers hold, then those of families that came to a score, each once."""
    used: dict[str, list[str]] = {}
    for name, words in (*_of_layers(report), *_of_board(board)):
        said = used.setdefault(name, [])
        if words not in said:
            said.append(words)
    return [_drawn(name, words) for name, words in used.items()]


def _of_layers(report: Mapping[str, Any] | None) -> Iterable[tuple[str, str]]:
    layers = ((report or {}).get("explanation") or {}).get("layers")
    counts: Counter[str] = Counter()
    for layer in layers if isinstance(layers, list) else ():
        if isinstance(layer, Mapping):
            kind, times = str(layer.get("kind")), layer.get("times", 1)
            counts[_ALIASES.get(kind, kind)] += times if isinstance(times, int) else 1
    for name, count in counts.items():
        if name in _KNOWN:
            yield name, f"{plural(count, 'layer')} of the final model"


def _of_board(board: RunBoard) -> Iterable[tuple[str, str]]:
    for family in dict.fromkeys(str(trial.get("family")) for trial in board.best):
        for name, where in _OF_FAMILIES.get(family, {}).items():
            yield name, f"{family_word(family)}: {where}"


def _drawn(name: str, used: list[str]) -> Activation:
    known = _KNOWN[name]
    spots = []
    for step in range(_STEPS + 1):
        x = -_REACH + 2 * _REACH * step / _STEPS
        spots.append(f"{_across(x):.1f} {_down(known.function(x), known):.1f}")
    return Activation(
        name=name,
        formula=known.formula,
        words=known.words,
        used="; ".join(used),
        line="M" + "L".join(spots),
        zero=f"{_down(0.0, known):.1f}",
        top=f"{known.high:g}",
        bottom=f"{known.low:g}",
    )


def _across(x: float) -> float:
    return _MARGIN + (x + _REACH) / (2 * _REACH) * (WIDTH - 2 * _MARGIN)


def _down(value: float, known: _Known) -> float:
    share = (value - known.low) / (known.high - known.low)
    return HEIGHT - _MARGIN - share * (HEIGHT - 2 * _MARGIN)
