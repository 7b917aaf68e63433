"""Language models from nothing: GRU, LSTM, and a transformer in the manner of GPT-2, on the same tokens.

Dimensions: P pieces, B of a batch, T tokens.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.inference.runtime import architectures
from holdfast.inference.runtime.libraries import need
from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.domain.trials import Board, Outcome, Plan
from holdfast.training.learning.anatomy import layers_of, parameter_count
from holdfast.training.learning.families import asked_for
from holdfast.training.learning.loop import Schedule, learn
from holdfast.training.learning.pacing import pace_of
from holdfast.training.learning.publishing import take_up
from holdfast.training.learning.words import pieces_of, some_of, train_tokenizer, usual_vocabulary
from holdfast.training.splitting import folds
from holdfast.training.trainers.interface import Artefact, Clock, Place, TrialFailed
from holdfast.training.trainers.sequences.corpus import Corpus, corpus_of

_FAMILIES = {
    "gru": "a recurrent network that learns how much of its memory to renew",
    "lstm": "a recurrent network that learns what to remember and what to forget",
    "gpt2": "a transformer: every token looks at all that came before",
}
_RATES = {"gru": 4e-3, "lstm": 4e-3, "gpt2": 2e-3}
_PROBE_STEPS, _MOST_STEPS, _EVERY, _LEAST_TOLD = 20, 20_000, 20, 10
_FOR_LEARNING = 0.75
"""Of a trial's time; the rest is for judging."""
_SHORTEST = 0.5
_LEAST_SECONDS = 10.0
"""That even a short trial is given, if there is so much."""
_LEARNED_A_SECOND, _LEAST_LEARNED = 60_000, 600_000
"""Characters for each second of the budget: more than is seen in that time, and soon made into tokens."""
_JUDGED_A_SECOND, _LEAST_JUDGED = 4_000, 40_000
"""Characters that judge, so that judging takes a small part of the time."""
_BATCH = 16
_CONTEXT = 128


class LanguageModeler:
    """Trials that learn to go on with these texts."""

    def __init__(self, data: TrainingData, spec: TrainingSpec) -> None:
        architectures.register()  # imported once, not in every trial
        _lazy = need("transformers").GPT2LMHeadModel
        self._spec = spec
        asked_for(spec.candidates, _FAMILIES)
        column = data.columns["text"]
        parts = folds(data.train, 10, spec.seed, groups=data.groups, order=data.order)
        texts = data.train[column].astype(str)
        seconds = spec.budget.seconds
        learned = some_of(list(texts.iloc[parts[0][0]]), max(_LEAST_LEARNED, _LEARNED_A_SECOND * seconds), spec.seed)
        self._context = int(spec.params.get("context", _CONTEXT))
        vocabulary = int(spec.params.get("vocab_size", usual_vocabulary(learned)))
        self._tokenizer = train_tokenizer(learned, vocabulary, self._context)
        self._learned = corpus_of(learned, self._tokenizer, self._context)
        most = max(_LEAST_JUDGED, _JUDGED_A_SECOND * seconds)
        self._judged_texts = some_of(list(texts.iloc[parts[0][1]]), most, spec.seed)
        self._judged = corpus_of(self._judged_texts, self._tokenizer, self._context)
        self._sealed_texts = some_of(list(data.test[column].astype(str)), most, spec.seed) if len(data.test) else []

    def plans(self, board: Board, clock: Clock) -> Iterator[Plan]:
        """Each kind briefly, then each for as long as the budget allows; the best of them once more for the rest."""
        families = asked_for(self._spec.candidates, _FAMILIES)
        asked = self._spec.params.get("steps")
        if asked is None:
            for rung, family in enumerate(families):
                end: float | None = max(_LEAST_SECONDS, clock.left() / (2 * len(families)))
                yield Plan(family, {"steps": _PROBE_STEPS}, rung, None, _FAMILIES[family], limit_seconds=end)
        for index, family in enumerate(families):
            pace = pace_of(board, family, "steps")
            share = clock.left() * 0.8 / (len(families) - index)
            steps = int(asked or pace.affordable(share, _MOST_STEPS))
            if asked or steps > _PROBE_STEPS:
                parameters = {"steps": steps, **self._wishes()}
                end = None if asked else share
                yield Plan(family, parameters, 3, pace.expected(steps), _FAMILIES[family], limit_seconds=end)

    def _wishes(self) -> dict[str, Any]:
        names = ("layers", "width", "learning_rate", "batch_size")
        return {name: self._spec.params[name] for name in names if name in self._spec.params}

    def fit(self, plan: Plan, place: Place) -> Outcome:
        """Train one and say how well it foresees texts that it did not see."""
        torch, began = need("torch"), time.monotonic()
        torch.manual_seed(self._spec.seed)
        model = self._build(plan)
        size = int(plan.parameters.get("batch_size", _BATCH))
        steps = int(plan.parameters["steps"])
        every = max(1, min(_EVERY, steps // _LEAST_TOLD))
        rounds = -(-steps // every)
        rate = float(plan.parameters.get("learning_rate", _RATES[plan.family]))

        def batches(epoch: int) -> Iterator[Mapping[str, Any]]:
            yield from self._batches(size, epoch, min(every, steps - epoch * every))

        left = None if plan.limit_seconds is None else began + plan.limit_seconds * _FOR_LEARNING - time.monotonic()
        seconds = None if left is None else max(left, _SHORTEST)
        curve = learn(model, batches, Schedule(rounds, every, rate, seconds=seconds), place.tell)
        folder = place.folder / "model"
        model.eval()
        model.save_pretrained(folder)
        self._tokenizer.save_pretrained(folder)
        metrics = judged(model, self._judged)
        metrics["steps"] = float(curve["loss"][-1][0])
        metrics["unigram_perplexity"] = self._judged.unigram_perplexity(self._learned, len(self._tokenizer))
        return Outcome(
            score=metrics[self._spec.metric or "perplexity"],
            metrics=metrics,
            curve=curve,
            kept="model",
            size_bytes=(folder / "model.safetensors").stat().st_size,
        )

    def _batches(self, size: int, epoch: int, count: int) -> Iterator[Mapping[str, Any]]:
        draw = np.random.default_rng((self._spec.seed, epoch))
        for _ in range(count):
            rows = draw.integers(0, len(self._learned.pieces_PT), min(size, len(self._learned.pieces_PT)))
            ids = need("torch").from_numpy(self._learned.pieces_PT[rows])
            yield {"input_ids": ids, "labels": ids}

    def _build(self, plan: Plan) -> Any:
        width, layers = int(plan.parameters.get("width", 128)), int(plan.parameters.get("layers", 2))
        ids = {
            "vocab_size": len(self._tokenizer),
            "bos_token_id": self._tokenizer.bos_token_id,
            "eos_token_id": self._tokenizer.eos_token_id,
            "pad_token_id": self._tokenizer.pad_token_id,
        }
        if plan.family == "gpt2":
            transformers = need("transformers")
            shape = {"n_embd": width, "n_layer": layers, "n_head": max(1, width // 32), "n_positions": self._context}
            return transformers.GPT2LMHeadModel(transformers.GPT2Config(**ids, **shape))
        config = {"model_type": "holdfast-recurrent", "cell": plan.family, "num_hidden_layers": layers, **ids}
        sizes = {"embedding_size": width, "hidden_size": width, "max_position_embeddings": self._context}
        return architectures.build("text-generation", {**config, **sizes})

    def finish(self, board: Board, folder: Path, clock: Clock) -> Artefact:  # noqa: ARG002 - nothing is fitted again
        """The best one as its trial left it, judged by the sealed texts, with samples of what it writes."""
        best = board.best
        if best is None or best.outcome is None:
            raise TrialFailed("no trial came to a score, so there is no model")
        take_up(board.folder_of(best) / str(best.outcome.kept), folder)
        architectures.register()
        model = need("transformers").AutoModelForCausalLM.from_pretrained(folder, local_files_only=True).eval()
        prompts = [text[: max(1, min(40, len(text) // 3))] for text in self._judged_texts[:3] if text.strip()]
        return Artefact(
            task="text-generation",
            family=best.plan.family,
            parameters=best.plan.parameters,
            library="transformers",
            example=prompts[0] if prompts else "The",
            explanation={
                "layers": layers_of(model),
                "parameters": parameter_count(model),
                "vocabulary": len(self._tokenizer),
                "pieces": pieces_of(self._tokenizer, prompts[0]) if prompts else [],
                "samples": [sample(model, self._tokenizer, prompt, self._spec.seed) for prompt in prompts],
                "unigram_perplexity": best.outcome.metrics["unigram_perplexity"],
            },
            scores=self._sealed(model),
        )

    def _sealed(self, model: Any) -> dict[str, float] | None:
        if not self._sealed_texts:
            return None
        return judged(model, corpus_of(self._sealed_texts, self._tokenizer, self._context))


def judged(model: Any, corpus: Corpus) -> dict[str, float]:
    """Perplexity (the number of tokens that it wavers between) and bits for each byte of text."""
    torch = need("torch")
    model.eval()
    total, count = 0.0, 0
    with torch.inference_mode():
        for start in range(0, len(corpus.pieces_PT), 32):
            ids = torch.from_numpy(corpus.pieces_PT[start : start + 32])
            made = ids[:, 1:].numel()
            total += float(model(input_ids=ids, labels=ids).loss) * made
            count += made
    loss = total / max(1, count)
    bits = loss / math.log(2) * corpus.token_count / corpus.byte_count
    return {"perplexity": math.exp(min(loss, 700.0)), "loss": loss, "bits_per_byte": bits}


def sample(model: Any, tokenizer: Any, prompt: str, seed: int) -> dict[str, str]:
    """How the model goes on with a text: drawn, the same for the same seed."""
    torch = need("torch")
    torch.manual_seed(seed)
    ids = tokenizer(prompt, return_tensors="pt")["input_ids"]
    room = max(1, min(40, tokenizer.model_max_length - ids.shape[1]))
    with torch.inference_mode():
        made = model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=room,
            do_sample=True,
            top_p=0.9,
            temperature=0.8,
            pad_token_id=tokenizer.pad_token_id,
        )
    return {"prompt": prompt, "text": tokenizer.decode(made[0, ids.shape[1] :], skip_special_tokens=True)}
