"""What a network is made of, in words and numbers: for the report and for people who are learning."""

from __future__ import annotations

from typing import Any

_WORDS = {
    "Conv2d": "looks at each pixel with its neighbours and finds shapes",
    "BatchNorm2d": "keeps numbers in a range that is good to learn with",
    "LayerNorm": "keeps numbers in a range that is good to learn with",
    "MaxPool2d": "halves the picture and keeps the strongest answers",
    "ReLU": "passes what is positive and stops the rest",
    "GELU": "passes what is positive and softly stops the rest",
    "Tanh": "squeezes numbers between -1 and 1",
    "Sigmoid": "squeezes numbers between 0 and 1",
    "Dropout": "hides some numbers while learning, so that none is relied upon alone",
    "Linear": "adds up all numbers it gets, each by a weight that was learned",
    "Embedding": "gives each token a list of numbers that was learned",
    "LSTM": "reads tokens one by one and learns what to remember and what to forget",
    "GRU": "reads tokens one by one and learns how much of its memory to renew",
    "RNN": "reads tokens one by one and carries one memory along",
}
_MOST = 60


def layers_of(model: Any) -> list[dict[str, Any]]:
    """The innermost layers of a network in their order: name, kind, learned numbers, what it does.

    At most 60 of them: those of a large model repeat.
    """
    found = []
    for name, module in model.named_modules():
        if next(module.children(), None) is None and name:
            kind = type(module).__name__.removesuffix("Activation")
            count = sum(weight.numel() for weight in module.parameters())
            found.append({"name": name, "kind": kind, "parameters": count, "does": _WORDS.get(kind, "")})
    return found[:_MOST]


def parameter_count(model: Any) -> int:
    """How many numbers were learned."""
    return sum(weight.numel() for weight in model.parameters())
