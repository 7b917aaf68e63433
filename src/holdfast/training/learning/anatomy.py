"""What a network is made of, in words and numbers: for the report and for people who are learning."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any

_NORM = "keeps numbers in a range that is good to learn with"
_GELU = "passes what is positive and softly stops the rest"
_WORDS = {
    "Conv2d": "slides {out_channels} small windows over the picture; each finds a shape of its own",
    "BatchNorm2d": _NORM,
    "LayerNorm": _NORM,
    "MaxPool2d": "halves the picture and keeps the strongest answers",
    "AdaptiveAvgPool2d": "takes the mean over the whole picture: what was seen, no matter where",
    "Flatten": "lays all numbers in one row",
    "ReLU": "passes what is positive and stops the rest",
    "GELU": _GELU,
    "SiLU": _GELU,
    "Tanh": "squeezes numbers between -1 and 1",
    "Sigmoid": "squeezes numbers between 0 and 1",
    "Softmax": "makes shares of the sums, which come to 1: the probabilities",
    "Dropout": "hides some numbers while learning, so that none is relied upon alone",
    "Embedding": "gives each of {num_embeddings:,} tokens a list of {embedding_dim:,} numbers that was learned",
    "LSTM": "reads tokens one by one and learns what to remember and what to forget, in {hidden_size:,} numbers",
    "GRU": "reads tokens one by one and learns how much of its memory of {hidden_size:,} numbers to renew",
    "RNN": "reads tokens one by one and carries one memory of {hidden_size:,} numbers along",
}
"""By the name of a class of torch.nn, with its own sizes."""
_OTHERS = {
    "Conv1D": "adds up all numbers before it, each by a weight that was learned",
    "NewGELU": _GELU,
    "GELUTanh": _GELU,
}
"""By the name of somebody else's class."""
_ROLES = {
    "wpe": "gives each place in the text a list of numbers, so that order counts",
    "position_embeddings": "gives each place in the text a list of numbers, so that order counts",
    "c_attn": "makes of each token what it looks for, what it offers and what it says (query, key, value)",
    "q_proj": "makes of each token what it looks for (query)",
    "k_proj": "makes of each token what it offers to those that look (key)",
    "v_proj": "makes of each token what it says when it is looked at (value)",
    "query": "makes of each token what it looks for",
    "key": "makes of each token what it offers to those that look",
    "value": "makes of each token what it says when it is looked at",
    "o_proj": "brings together what the heads of attention heard",
    "c_proj": "brings the numbers back to the width of the block",
    "down_proj": "brings the numbers back to the width of the block",
    "gate_proj": "learns which of the wider numbers may pass",
    "up_proj": "makes more numbers of each token, to find patterns in",
    "c_fc": "makes more numbers of each token, to find patterns in",
    "rotary_emb": "turns the numbers by the place of the token, so that order counts; nothing in it is learned",
    "lm_head": "gives each token of the vocabulary a score: the higher, the likelier it comes next",
}
"""By the last part of a layer's name, where that tells more than its class."""
_MOST = 60
_OF_BLOCK = re.compile(r"((?:.*?\.)??)(\d+)\.(.+)")

Layer = dict[str, Any]


def layers_of(model: Any) -> list[Layer]:
    """The innermost layers of a network in their order: name, kind, learned numbers, what each does.

    Blocks that are made alike and follow each other stand there once: `h.*.mlp`, with `times` 12 and the learned
    numbers of one. At most 60 lines.
    """
    found = [
        _layer(name, module) for name, module in model.named_modules() if name and next(module.children(), None) is None
    ]
    return list(_folded(found))[:_MOST]


def perceptron_layers(sizes: Sequence[int], activation: str, last: str | None = None) -> list[Layer]:
    """The layers of a plain network.

    Args:
        sizes: how many numbers go in, how many neurons each hidden layer has, how many numbers come out.
        activation: between the layers: `ReLU`, `Tanh` or `Sigmoid`.
        last: what bends the sums at the end; None for nothing.
    """
    found: list[Layer] = []
    for place, (before, after) in enumerate(pairwise(sizes), start=1):
        name = f"hidden {place}" if place < len(sizes) - 1 else "output"
        does = _sum_of(before, after)
        found.append({"name": name, "kind": "Linear", "parameters": (before + 1) * after, "does": does})
        bend = activation if place < len(sizes) - 1 else last
        if bend:
            found.append({"name": f"{name}, bent", "kind": bend, "parameters": 0, "does": _WORDS[bend]})
    return found


def parameter_count(model: Any) -> int:
    """How many numbers were learned."""
    return sum(weight.numel() for weight in model.parameters())


def _layer(name: str, module: Any) -> Layer:
    kind = type(module).__name__.removesuffix("Activation")
    count = sum(weight.numel() for weight in module.parameters())
    return {"name": name, "kind": kind, "parameters": count, "does": _does(name, module, kind)}


def _does(name: str, module: Any, kind: str) -> str:
    role = _ROLES.get(name.rpartition(".")[2])
    if role is not None:
        return role
    if kind == "Linear" and hasattr(module, "in_features"):
        return _sum_of(module.in_features, module.out_features)
    if type(module).__module__.startswith("torch.nn"):
        return _WORDS.get(kind, "").format_map(vars(module))
    return _NORM if kind.endswith("Norm") else _OTHERS.get(kind, "")


def _sum_of(before: int, after: int) -> str:
    whose = "its one neuron adds" if after == 1 else f"each of its {after:,} neurons adds"
    return f"{whose} up the {before:,} numbers before it, by weights of its own"


def _folded(layers: Sequence[Layer]) -> Iterator[Layer]:
    """Layers with blocks that repeat each other brought together."""
    blocks = [(key, list(group)) for key, group in groupby(layers, _block_of)]
    while blocks:
        (parent, _number), first = blocks[0]
        alike = 1
        while parent is not None and alike < len(blocks) and _repeats(blocks[alike], blocks[0]):
            alike += 1
        yield from first if alike == 1 else _together(first, parent or "", alike)
        del blocks[:alike]


def _block_of(layer: Layer) -> tuple[str | None, str]:
    """What the numbered block that a layer is in belongs to, and its number; None where it is in none."""
    found = _OF_BLOCK.fullmatch(layer["name"])
    return (found[1], found[2]) if found else (None, "")


def _repeats(block: tuple[Any, list[Layer]], other: tuple[Any, list[Layer]]) -> bool:
    return bool(block[0][0] == other[0][0] and _made_of(block) == _made_of(other))


def _made_of(block: tuple[tuple[str | None, str], list[Layer]]) -> list[tuple[Any, ...]]:
    (parent, number), layers = block
    start = len(f"{parent or ''}{number}")
    return [(layer["name"][start:], layer["kind"], layer["parameters"]) for layer in layers]


def _together(first: Sequence[Layer], parent: str, times: int) -> Iterator[Layer]:
    for layer in first:
        rest = layer["name"][len(parent) :].partition(".")[2]
        yield {**layer, "name": f"{parent}*.{rest}", "times": times}
