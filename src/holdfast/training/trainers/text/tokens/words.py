"""The cheap rungs of token classification: a dictionary, and a linear model of words and their neighbours."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from zipfile import ZIP_DEFLATED

from holdfast.inference.runtime.libraries import need
from holdfast.inference.runtime.word_tags import WORDS_FILE, WordTags, features_of
from holdfast.inference.tasks.token_classification import WordTagging
from holdfast.training.domain.trials import Board, Outcome, Plan, Trial
from holdfast.training.trainers.interface import Artefact, Clock, Place
from holdfast.training.trainers.text.folds import Fold
from holdfast.training.trainers.text.ladder import refit_seconds
from holdfast.training.trainers.text.tokens.scoring import said, scores
from holdfast.training.trainers.text.tokens.sentences import Sentence

DICTIONARY, LINEAR = "dictionary", "word-features"


@dataclass(frozen=True)
class WordModels:
    """Taggers of words.

    Args:
        sentences: to learn from and to be judged by.
        fold: which is which.
        metric: that trials are compared by.
    """

    sentences: list[Sentence]
    fold: Fold
    metric: str
    families: ClassVar[tuple[str, ...]] = (DICTIONARY, LINEAR)

    def plans(self, board: Board, clock: Clock) -> Iterator[Plan]:  # noqa: ARG002 - both are cheap
        yield Plan(DICTIONARY, reason="what a word was most often, and nothing else")
        for strength in (1e-5, 1e-4):
            yield Plan(LINEAR, {"alpha": strength}, reason="how a word looks, and the words beside it")

    def fit(self, plan: Plan, place: Place) -> Outcome:  # noqa: ARG002 - tells nothing on its way
        tags = self._fitted(plan, [self.sentences[row] for row in self.fold.fitted])
        judged = [self.sentences[row] for row in self.fold.judged]
        found = scores(judged, said(WordTagging(tags), judged))
        return Outcome(found[self.metric], metrics=found)

    def finish_seconds(self, trial: Trial) -> float:
        return refit_seconds(trial, 1)

    def finish(self, trial: Trial, kept: Path, folder: Path, clock: Clock) -> Artefact:  # noqa: ARG002 - takes seconds
        tags = self._fitted(trial.plan, self.sentences)
        need("skops.io").dump(tags.model, folder / "model.skops", compression=ZIP_DEFLATED)
        (folder / WORDS_FILE).write_text(json.dumps({"reach": tags.reach}) + "\n", encoding="utf-8")
        example = next((one.text for one in self.sentences if set(one.tags) != {"O"}), self.sentences[0].text)
        return Artefact("token-classification", trial.plan.family, trial.plan.parameters, "sklearn", example)

    def _fitted(self, plan: Plan, sentences: Sequence[Sentence]) -> WordTags:
        reach = 0 if plan.family == DICTIONARY else 2
        rows: list[str] = []
        tags: list[str] = []
        for sentence in sentences:
            rows += features_of([word for word, _start, _end in sentence.words], reach)
            tags += sentence.tags
        model = _pipeline(plan)
        model.fit(rows, tags)
        counts = model[0]
        counts.vocabulary_ = {str(name): int(place) for name, place in counts.vocabulary_.items()}
        return WordTags(model, reach)


def _pipeline(plan: Plan) -> Any:
    if plan.family == DICTIONARY:
        # With next to no smoothing naive Bayes says what a word was most often; of new words, the most frequent tag.
        last = need("sklearn.naive_bayes").MultinomialNB(alpha=1e-6)
    else:
        options = {"alpha": plan.parameters["alpha"], "max_iter": 8, "tol": None, "random_state": 0}
        last = need("sklearn.linear_model").SGDClassifier(loss="log_loss", **options)
    counts = need("sklearn.feature_extraction.text").CountVectorizer(lowercase=False, token_pattern=r"\S+")  # noqa: S106
    return need("sklearn.pipeline").make_pipeline(counts, last)
