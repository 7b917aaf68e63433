"""Small networks from nothing, for pictures and whatever else can be drawn as one: `designs` says which.

Dimensions: B pictures, C channels, H × W pixels, L labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from holdfast.inference.runtime.libraries import need
from holdfast.training.learning.anatomy import layers_of, parameter_count
from holdfast.training.learning.designs import CONVOLUTION, Design
from holdfast.training.learning.holdout import Fitted, Work
from holdfast.training.learning.loop import Schedule, epochs_of, learn
from holdfast.training.learning.scores import accuracy

Array = np.ndarray[Any, Any]
_BATCH = 32


class Drawn(Protocol):
    """Rows that a network sees as pictures of `size` × `size`."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the labels."""
        ...

    @property
    def truth_N(self) -> Array:  # noqa: N802 - dimensions in the name
        """Number of each row's label."""
        ...

    @property
    def size(self) -> int:
        """Pixels on each side."""
        ...

    def tensor(self, rows: Array) -> Any:
        """Some of them as the served model will see them: B × C × H × W, about between -1 and 1."""
        ...

    def vary(self, tensor: Any, draw: Any, parameters: Mapping[str, Any]) -> Any:
        """The same, each a little differently in its own way; `draw` is torch's generator."""
        ...


@dataclass(frozen=True)
class FromNothing:
    """A family of networks with random weights that learn.

    Parameters: `epochs`, `mirror`, `learning_rate`, `batch_size`, and those of its design.

    Args:
        drawn: rows to learn from.
        design: of the network.
    """

    drawn: Drawn
    design: Design = CONVOLUTION

    def __call__(self, work: Work) -> Fitted:
        torch = need("torch")
        torch.manual_seed(work.seed)
        model = self.design.build(self.drawn.labels, self.drawn.size, work.parameters)
        size = int(work.parameters.get("batch_size", _BATCH))
        steps = -(-len(work.learned) // size)
        rate = float(work.parameters.get("learning_rate", self.design.learning_rate))
        schedule = Schedule(int(work.parameters["epochs"]), steps, rate, weight_decay=0.05, seconds=work.seconds)

        def batches(epoch: int) -> Iterator[Mapping[str, Any]]:
            return self._batches(work, size, epoch)

        curve = learn(model, batches, schedule, work.tell, self._judge(model, work))
        model.eval()
        self.design.save(model, work.folder)
        facts = {"layers": layers_of(model), "parameters": parameter_count(model), "picture_size": self.drawn.size}
        return Fitted(self._scores(model, work.judged), curve, facts, epochs_of(curve, schedule))

    def _batches(self, work: Work, size: int, epoch: int) -> Iterator[Mapping[str, Any]]:
        torch = need("torch")
        draw = torch.Generator().manual_seed(work.seed * 10_007 + epoch)
        order = work.learned[torch.randperm(len(work.learned), generator=draw).numpy()]
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            if len(rows) == 1 and len(order) > 1:
                continue  # normalization over a batch of one learns nothing
            levels = self.drawn.vary(self.drawn.tensor(rows), draw, work.parameters)
            yield {"pixel_values": levels, "labels": torch.from_numpy(self.drawn.truth_N[rows])}

    def _judge(self, model: Any, work: Work) -> Any:
        truth = self.drawn.truth_N[work.judged]
        return (lambda: {"accuracy": accuracy(truth, self._scores(model, work.judged))}) if len(truth) else None

    def _scores(self, model: Any, rows: Any) -> Any:
        torch = need("torch")
        model.eval()
        with torch.inference_mode():
            parts = [model(pixel_values=self.drawn.tensor(rows[i : i + 256])).logits for i in range(0, len(rows), 256)]
        if not parts:
            return np.zeros((0, len(self.drawn.labels)))
        return torch.cat(parts).softmax(dim=1).numpy()
