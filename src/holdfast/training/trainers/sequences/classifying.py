"""Recurrent networks that label texts. Dimensions: B texts, T tokens, L labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.inference.runtime import architectures
from holdfast.inference.runtime.libraries import need
from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.domain.trials import Board, Outcome, Plan
from holdfast.training.learning.anatomy import layers_of, parameter_count
from holdfast.training.learning.holdout import Fitted, HoldoutClassifier, Work, labels_of, truth_of
from holdfast.training.learning.loop import Schedule, epochs_of, learn
from holdfast.training.learning.pacing import pace_of
from holdfast.training.learning.scores import accuracy
from holdfast.training.learning.words import pieces_of, train_tokenizer, usual_vocabulary
from holdfast.training.trainers.interface import Artefact, Clock, Place

Array = np.ndarray[Any, Any]
_CELLS = {
    "rnn": "one memory, rewritten at every word",
    "gru": "learns how much of its memory to renew",
    "lstm": "learns what to remember and what to forget",
}
_LONGEST = 128
_PROBE_EPOCHS, _MOST_EPOCHS = 2, 30
_LEAST_SECONDS = 10.0
"""That even a short trial is given, if there is so much."""
_BATCH = 32


@dataclass(frozen=True)
class Recurrent:
    """A family: one kind of cell. Parameters: `epochs`, `hidden_size`, `bidirectional`, `pooling`, `learning_rate`."""

    cell: str
    tokens: Sequence[Array]
    truth_N: Array  # noqa: N815 - dimensions in the name
    labels: tuple[str, ...]
    tokenizer: Any
    example: str

    def __call__(self, work: Work) -> Fitted:
        need("torch").manual_seed(work.seed)
        model = architectures.build("text-classification", self._config(work.parameters))
        steps = -(-len(work.learned) // _BATCH)
        rate = float(work.parameters.get("learning_rate", 2e-3))
        schedule = Schedule(int(work.parameters["epochs"]), steps, rate, seconds=work.seconds)

        def batches(epoch: int) -> Iterator[Mapping[str, Any]]:
            return self._batches(work, epoch)

        curve = learn(model, batches, schedule, work.tell, self._judge(model, work))
        model.eval()
        architectures.save(model, work.folder)
        self.tokenizer.save_pretrained(work.folder)
        facts = {
            "layers": layers_of(model),
            "parameters": parameter_count(model),
            "vocabulary": len(self.tokenizer),
            "pieces": pieces_of(self.tokenizer, self.example),
        }
        return Fitted(self._scores(model, work.judged), curve, facts, epochs_of(curve, schedule))

    def _config(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        labels = dict(enumerate(self.labels))
        chosen = ("hidden_size", "embedding_size", "bidirectional", "pooling", "num_hidden_layers", "dropout")
        return {
            "model_type": "holdfast-recurrent",
            "cell": self.cell,
            "vocab_size": len(self.tokenizer),
            "embedding_size": 64,
            "hidden_size": 64,
            "bidirectional": True,
            "pooling": "max",
            "dropout": 0.3,
            "max_position_embeddings": _LONGEST,
            "pad_token_id": self.tokenizer.pad_token_id,
            "id2label": labels,
            "label2id": {label: index for index, label in labels.items()},
            **{name: parameters[name] for name in chosen if name in parameters},
        }

    def _batches(self, work: Work, epoch: int) -> Iterator[Mapping[str, Any]]:
        """Texts of like length together, batches in any order."""
        torch = need("torch")
        draw = np.random.default_rng((work.seed, epoch))
        rows = sorted(draw.permutation(work.learned), key=lambda row: len(self.tokens[row]) // 8)
        starts = draw.permutation(np.arange(0, len(rows), _BATCH))
        for start in starts:
            some = np.array(rows[start : start + _BATCH])
            yield {**self._tensors(some), "labels": torch.from_numpy(self.truth_N[some])}

    def _tensors(self, rows: Array) -> dict[str, Any]:
        torch = need("torch")
        texts = [torch.from_numpy(self.tokens[row]) for row in rows]
        pad = need("torch.nn.utils.rnn").pad_sequence
        ids = pad(texts, batch_first=True, padding_value=self.tokenizer.pad_token_id)
        mask = pad([torch.ones_like(text) for text in texts], batch_first=True)
        return {"input_ids": ids, "attention_mask": mask}

    def _judge(self, model: Any, work: Work) -> Any:
        truth = self.truth_N[work.judged]
        return (lambda: {"accuracy": accuracy(truth, self._scores(model, work.judged))}) if len(truth) else None

    def _scores(self, model: Any, rows: Array) -> Array:
        torch = need("torch")
        model.eval()
        scores = np.zeros((len(rows), len(self.labels)))
        with torch.inference_mode():
            for start in range(0, len(rows), 256):
                logits = model(**self._tensors(rows[start : start + 256])).logits
                scores[start : start + 256] = logits.softmax(dim=1).numpy()
        return scores


class SequenceClassifier:
    """RNN, GRU and LSTM on the same words."""

    def __init__(self, data: TrainingData, spec: TrainingSpec) -> None:
        architectures.register()  # imported once, not in every trial
        self._spec = spec
        self._asked = spec.params.get("epochs", spec.params.get("num_train_epochs"))
        self._texts = [str(text) for text in data.train[data.columns["text"]]]
        wanted = int(spec.params.get("vocab_size", usual_vocabulary(self._texts)))
        tokenizer = train_tokenizer(self._texts, wanted, _LONGEST)
        tokens = [_ids(tokenizer, text) for text in self._texts]
        whole = (text for text, ids in zip(self._texts, tokens, strict=True) if len(ids) < _LONGEST)
        self._example = next(whole, self._texts[0][: _LONGEST // 4])  # a letter may be four tokens
        truth, labels = truth_of(data), labels_of(data)
        families = {cell: Recurrent(cell, tokens, truth, labels, tokenizer, self._example) for cell in _CELLS}
        self._classifier = HoldoutClassifier(data, spec, families)

    def plans(self, board: Board, clock: Clock) -> Iterator[Plan]:
        """Each kind briefly, then each for as long as the budget allows."""
        cells = [cell for cell in _CELLS if cell in (self._spec.candidates or _CELLS)]
        asked = self._asked
        if asked is None:
            for rung, cell in enumerate(cells):
                end: float | None = max(_LEAST_SECONDS, clock.left() / (2 * len(cells)))
                yield Plan(cell, {"epochs": _PROBE_EPOCHS}, rung, None, _CELLS[cell], limit_seconds=end)
        for index, cell in enumerate(cells):
            pace = pace_of(board, cell, "epochs")
            share = clock.left() * 0.9 / (len(cells) - index)
            epochs = int(asked or pace.affordable(share, _MOST_EPOCHS))
            if asked or epochs > _PROBE_EPOCHS:
                parameters = {"epochs": epochs, **self._wishes()}
                end = None if asked else share
                yield Plan(cell, parameters, 3, pace.expected(epochs), _CELLS[cell], limit_seconds=end)

    def _wishes(self) -> dict[str, Any]:
        names = ("hidden_size", "embedding_size", "bidirectional", "pooling", "num_hidden_layers", "learning_rate")
        return {name: self._spec.params[name] for name in names if name in self._spec.params}

    def fit(self, plan: Plan, place: Place) -> Outcome:
        """Fit one and score it."""
        return self._classifier.fit(plan, place)

    def finish(self, board: Board, folder: Any, clock: Clock) -> Artefact:
        """The best one, from all texts if there is time."""
        best, facts = self._classifier.finish(board, folder, clock)
        return Artefact(
            task="text-classification",
            family=best.plan.family,
            parameters=best.plan.parameters,
            library="transformers",
            example=self._example,
            explanation=facts,
        )


def _ids(tokenizer: Any, text: str) -> Array:
    """Tokens of a text, cut to what the model takes; an empty text is one token of padding."""
    found = tokenizer(text, truncation=True, max_length=_LONGEST)["input_ids"]
    return np.array(found or [tokenizer.pad_token_id], np.int64)
