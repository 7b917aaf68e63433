"""LoRA adapters at work beside each other on one model, whose weights are in memory once.

What an adapter adds to a module's output, x · Aᵀ · Bᵀ · scale, is added when the module has computed it, for the rows
that it is meant for. So rows of many adapters, and of the base itself, go through the model together.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from holdfast.inference.runtime.adapters import Adapter, Places
from holdfast.inference.runtime.libraries import need


@dataclass(frozen=True)
class _Pair:
    """Two thin matrices on the model's device. `reads_words`: the module is an embedding, whose input are numbers."""

    first: Any
    second: Any
    reads_words: bool

    def of(self, inputs: Any) -> Any:
        """What is added to the module's output for these inputs."""
        functional = need("torch").nn.functional
        if self.reads_words:
            return functional.linear(functional.embedding(inputs, self.first.T), self.second)
        return functional.linear(functional.linear(inputs, self.first), self.second)


@dataclass(frozen=True, eq=False)
class LiveAdapter:
    """One adapter, ready for work: what it adds, by the names of the model's modules."""

    pairs: Mapping[str, _Pair]


@dataclass(frozen=True)
class _Share:
    """An adapter with its rows of the batch; None: all of them, however many there are."""

    adapter: LiveAdapter
    rows: Any


class LiveAdapters:
    """All adapters of one model. Without any, the model is untouched."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._hooked: set[str] = set()
        self._now = threading.local()

    def add(self, adapter: Adapter) -> LiveAdapter:
        """Take one in; it lives for as long as somebody keeps it.

        Raises:
            UnusableModel: it is of another kind, or was not made for this model.
        """
        torch, places = need("torch"), Places(self._model)
        pairs: dict[str, _Pair] = {}
        for change in adapter.changes():
            name, module, _ = places.module_of(change)
            weight = module.weight
            numbers = weight.dtype if weight.dtype.is_floating_point else torch.float32
            second = (change.second.float() * change.scale).to(weight.device, numbers)
            reads_words = isinstance(module, torch.nn.Embedding)
            pairs[name] = _Pair(change.first.to(weight.device, numbers), second, reads_words)
            self._hook(name, module)
        return LiveAdapter(pairs)

    @contextmanager
    def at_work(self, adapters: Sequence[LiveAdapter | None]) -> Iterator[None]:
        """Inside of the block, this thread's batches have one row for each of them; None is the base itself."""
        known = list(dict.fromkeys(one for one in adapters if one is not None))
        if len(known) == 1 and None not in adapters:
            shares = [_Share(known[0], None)]
        else:
            rows = {one: [row for row, other in enumerate(adapters) if other is one] for one in known}
            shares = [_Share(one, need("torch").tensor(rows[one], device=self._model.device)) for one in known]
        with self._sharing(shares, len(adapters)):
            yield

    @contextmanager
    def alone(self, adapter: LiveAdapter | None) -> Iterator[None]:
        """Inside of the block, all that this thread computes is for one adapter."""
        with self._sharing([] if adapter is None else [_Share(adapter, None)], 0):
            yield

    @contextmanager
    def _sharing(self, shares: Sequence[_Share], count: int) -> Iterator[None]:
        self._now.shares, self._now.count = shares, count
        try:
            yield
        finally:
            self._now.shares = ()

    def _hook(self, name: str, module: Any) -> None:
        if name in self._hooked:
            return
        self._hooked.add(name)

        def add_shares(_module: Any, inputs: tuple[Any, ...], output: Any) -> None:
            for share in getattr(self._now, "shares", ()):
                pair = share.adapter.pairs.get(name)
                if pair is not None and share.rows is None:
                    output += pair.of(inputs[0])
                elif pair is not None:
                    places = _places(share.rows, inputs[0].shape[0], self._now.count)
                    output[places] += pair.of(inputs[0][places])

        module.register_forward_hook(add_shares)


def _places(rows: Any, length: int, count: int) -> Any:
    """Where rows lie in a tensor of some length; some models put the columns of all rows into one dimension."""
    if length == count:
        return rows
    columns = length // count
    return (rows[:, None] * columns + need("torch").arange(columns, device=rows.device)).flatten()
