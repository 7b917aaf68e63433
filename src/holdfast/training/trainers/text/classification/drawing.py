"""How an encoder is drawn to labels: so that texts of one label come near to each other.

SetFit draws pairs and encodes both texts of each; here every two texts of a batch are a pair, which says far more for
the same work. Only the last layers learn: few examples can't teach words, and the rest costs time. What lies below
them is the same in every step, so it is computed once (`short_cut`).

B texts of a batch, T tokens, D dimensions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.inference.runtime.libraries import need
from holdfast.training.trainers.text.precision import fast_steps
from holdfast.training.trainers.text.sentence_models import tokens_of, vectors_of

Array = np.ndarray[Any, Any]
_LAYER = re.compile(r"\b(?:layers?|blocks?|h)\.(\d+)\.")
_ALIKE = frozenset({"bert", "roberta", "xlm-roberta", "camembert", "mpnet", "distilbert"})
"""Architectures that are an `embeddings` part and a list of layers, and nothing that looks at both."""


@dataclass(frozen=True)
class Drawing:
    """How long and how fast.

    Args:
        steps: updates of the weights.
        batch_size: texts of a step.
        learning_rate: its peak.
        layers: that learn, the last ones.
        tokens: of a text, at most; the head sees all that the encoder takes.
        seed: of order and dropout.
    """

    steps: int
    batch_size: int
    learning_rate: float
    layers: int
    tokens: int
    seed: int


def draw(model: Any, texts: Sequence[str], labels: Array, drawing: Drawing, tell: Callable[[Any], None]) -> None:
    """Draw texts of one label together and others apart.

    Args:
        model: of sentence-transformers; changed.
        texts: to learn from.
        labels: a number for each.
        drawing: how.
        tell: hears the loss of each step.
    """
    torch, random = need("torch"), np.random.default_rng(drawing.seed)
    trained, longest = _prepared(model, drawing.layers), model.max_seq_length
    optimizer = torch.optim.AdamW(trained, lr=drawing.learning_rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _warm_then_fade(step, drawing.steps))
    model.max_seq_length = min(longest or drawing.tokens, drawing.tokens)
    with short_cut(model, texts, drawing.layers) as vectors:
        model.train()
        for _step in range(drawing.steps):
            chosen = balanced(labels, drawing.batch_size, random)
            with fast_steps():
                found = vectors(chosen)
            loss = _contrast(found.float(), torch.as_tensor(labels[chosen], device=model.device))
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            schedule.step()
            tell({"loss": float(loss.detach())})
        model.eval()
    model.max_seq_length = longest


@contextmanager
def short_cut(model: Any, texts: Sequence[str], layers: int) -> Iterator[Callable[[Array], Any]]:
    """What makes vectors (B, D) of some of the texts, by their places, through the last layers alone where that goes.

    Args:
        model: of sentence-transformers; shortened meanwhile.
        texts: of which there will be vectors.
        layers: that learn, the last ones.
    """
    network = next((part for part in model[0].children() if hasattr(part, "config")), None)
    kind = getattr(getattr(network, "config", None), "model_type", None)
    if network is None or kind not in _ALIKE or layers >= depth(model):
        yield lambda places: vectors_of(model, [texts[place] for place in places])
        return
    stack = network.transformer if kind == "distilbert" else network.encoder
    whole, embeddings = stack.layer, network.embeddings
    hidden = _hidden(model, whole[-layers], texts)
    kept = _kept_part()
    stack.layer, network.embeddings = need("torch").nn.ModuleList(whole[-layers:]), kept

    def vectors(places: Array) -> Any:
        tokens = tokens_of(model, [texts[place] for place in places])
        kept.hidden_BTD = _padded([hidden[place] for place in places], tokens["input_ids"].shape[1])
        return model(tokens)["sentence_embedding"]

    try:
        yield vectors
    finally:
        stack.layer, network.embeddings = whole, embeddings


def _hidden(model: Any, layer: Any, texts: Sequence[str]) -> list[Any]:
    """What a layer is given for each text (T, D), without padding."""
    torch, found = need("torch"), []
    caught: list[Any] = []
    hook = layer.register_forward_pre_hook(
        lambda _layer, given, named: caught.append(given[0] if given else named["hidden_states"]), with_kwargs=True
    )
    model.eval()
    try:
        for text in texts:
            with torch.no_grad(), fast_steps():
                model(tokens_of(model, [text]))
            found.append(caught.pop()[0].float())
    finally:
        hook.remove()
    return found


def _padded(hidden: Sequence[Any], length: int) -> Any:
    """(T, D) each as (B, T, D), filled up behind; what the attention's mask hides."""
    torch = need("torch")
    made = torch.zeros((len(hidden), length, hidden[0].shape[1]), device=hidden[0].device)
    for row, one in zip(made, hidden, strict=True):
        row[: len(one)] = one
    return made


def _kept_part() -> Any:
    """A module in the place of what needn't be computed again: it gives what it was told to."""
    torch = need("torch")

    class Kept(torch.nn.Module):  # type: ignore[misc, name-defined]
        hidden_BTD: Any = None  # noqa: N815

        def forward(self, *_given: Any, **_named: Any) -> Any:
            return self.hidden_BTD

    return Kept()


def depth(model: Any) -> int:
    """Layers of an encoder; 0 where its parts do not say."""
    found = [_LAYER.search(name) for name, _weight in model.named_parameters()]
    return max((int(one[1]) + 1 for one in found if one), default=0)


def learns(name: str, layers: int, deep: int) -> bool:
    """Whether a weight does: those of the last layers, and what comes behind them.

    Args:
        name: of the weight.
        layers: that learn.
        deep: all layers that there are.
    """
    found = _LAYER.search(name)
    if found:
        return int(found[1]) >= deep - layers
    return "embedding" not in name


def _prepared(model: Any, layers: int) -> list[Any]:
    """Weights that learn; all others are told not to, which spares their part of going back."""
    deep = depth(model)
    for name, weight in model.named_parameters():
        weight.requires_grad_(learns(name, layers, deep))
    return [weight for weight in model.parameters() if weight.requires_grad]


def _warm_then_fade(step: int, steps: int) -> float:
    warm = max(1, steps // 10)
    return min((step + 1) / warm, (steps - step) / max(1, steps - warm))


def balanced(labels: Array, size: int, random: np.random.Generator) -> Array:
    """Places of a batch: at least two of each label that is in it, of as many labels as there is room for."""
    known = np.unique(labels)
    drawn = random.permutation(known)[: max(2, size // 4)]
    each = max(2, size // len(drawn))
    places = [np.flatnonzero(labels == label) for label in drawn]
    return np.concatenate([random.permutation(place)[:each] for place in places])


def _contrast(vectors_BD: Any, labels_B: Any) -> Any:  # noqa: N803
    """Mean square of what cosines lack: to 1 for texts of one label, to 0 for others; both kinds weigh the same."""
    torch = need("torch")
    vectors = torch.nn.functional.normalize(vectors_BD, dim=-1)
    cosines = vectors @ vectors.T
    same = labels_B[:, None] == labels_B[None, :]
    alone = ~torch.eye(len(labels_B), dtype=torch.bool, device=same.device)
    near, far = cosines[same & alone], cosines[~same]
    parts = [
        ((1.0 - near) ** 2).mean() if near.numel() else None,
        (far.clamp(min=0.0) ** 2).mean() if far.numel() else None,
    ]
    return sum(part for part in parts if part is not None)
