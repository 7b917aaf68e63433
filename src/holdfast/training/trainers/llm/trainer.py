"""Teaching a language model: the base as it is, then what a short, a longer, a bolder lesson make of it."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from holdfast.base.errors import InvalidInput, ServerRefused
from holdfast.inference.runtime.libraries import hub_said_no, need
from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.domain.trials import Board, Outcome, Plan
from holdfast.training.learning.anatomy import layers_of, parameter_count
from holdfast.training.learning.base_models import folder_of
from holdfast.training.learning.following import report_to
from holdfast.training.learning.holdout import seconds_of
from holdfast.training.learning.pacing import pace_of
from holdfast.training.learning.publishing import strip_unsafe, take_up
from holdfast.training.splitting import folds
from holdfast.training.trainers.interface import Artefact, Clock, Place, TrialFailed
from holdfast.training.trainers.llm import samples, teaching, weights
from holdfast.training.trainers.llm.methods import MAPPED, WHY_MAPPED, Example, Lesson, method_of
from holdfast.training.trainers.llm.rewards import rewards_of
from holdfast.training.trainers.llm.settings import read_settings, without_gpu

_BASE = "base-model"
_PROBE_STEPS, _MOST_EPOCHS = 5, 3
_SMALL_BYTES = 200_000_000
_FOR_LEARNING, _FOR_JUDGING = 0.7, 0.2
"""Of a trial's time; the rest is for loading and writing."""
_LONGEST, _LONGEST_ANSWER = 1_024, 128
_FOR_SAMPLES_SECONDS = 3.0
_FEWEST_JUDGED = 8


class LlmTrainer:
    """Trials that teach one base model."""

    def __init__(self, data: TrainingData, spec: TrainingSpec) -> None:
        if not spec.base_model:
            raise InvalidInput(
                field="base_model",
                problem="must name the language model to start from: one of the Hub, or a folder. To make one from "
                "nothing, take the task language-modeling",
            )
        self._spec = spec
        self._method = method_of(spec.task)
        logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # which of its kernels it lacks is nobody's matter
        _loaded_once = getattr(need("trl", "Training language models", "training"), f"{self._method.name}Trainer")
        self._settings, self._replaced = read_settings(spec.task, spec.params), ""
        if not need("torch").cuda.is_available():
            self._settings, self._replaced = without_gpu(self._settings)
        if self._settings.quantization:
            _there = weights.quantization(self._settings.quantization)
        if self._method.tries:
            rewards_of(self._settings.rewards or "exact-match")
        self._base = _base_folder(spec.base_model)
        self._family = weights.family_of(self._settings, self._base)
        try:
            self._train, self._judged = self._examples(data)
            self._sealed = self._read(data.test, data)
        except TrialFailed as error:
            raise InvalidInput(field="data", problem=f"cannot be learned from by {spec.task}: {error}") from error
        self._chats = "text" not in self._train[0]
        self._agreed = False

    def _examples(self, data: TrainingData) -> tuple[list[Example], list[Example]]:
        parts = folds(data.train, 10, self._spec.seed, groups=data.groups, order=data.order)
        if not parts:
            raise TrialFailed("there are too few rows: some must be kept apart to judge by")
        learned, judged = (self._read(data.train.iloc[rows], data) for rows in parts[0])
        return learned, judged[: self._method.judged]

    def _read(self, frame: Any, data: TrainingData) -> list[Example]:
        rows = frame.to_dict("records")
        return [example for row in rows for example in self._method.examples(row, data.columns)]

    def plans(self, board: Board, clock: Clock) -> Iterator[Plan]:
        """The base model as it is; then a lesson as asked, or as long as the budget allows, mild and bold."""
        if self._method.has_bar:
            yield Plan(_BASE, {}, 0, None, "the base model as it is", limit_seconds=clock.left() / 3)
            self._agree_on_rows(board)
            clock.keep_back(self._end_seconds(board))
        why = WHY_MAPPED if self._spec.task in MAPPED else ""
        options = {"learning_rate": self._usual_rate(), **self._settings.options}
        if "max_steps" in options or "num_train_epochs" in options:
            yield Plan(self._family, options, 1, None, why or "as asked", limit_seconds=clock.left())
            return
        probe = {**options, "max_steps": _PROBE_STEPS}
        yield Plan(
            self._family,
            probe,
            1,
            None,
            why or "a few steps, to see the pace",
            limit_seconds=max(30.0, clock.left() / 2),
        )
        self._agree_on_rows(board)
        clock.keep_back(self._end_seconds(board))
        for share, boldness, reason in ((0.55, 1.0, "for longer"), (0.8, 3.0, "for longer, with bolder steps")):
            pace = pace_of(board, self._family, "max_steps", seconds_of(board, _BASE) or 0.0)
            steps = pace.affordable(clock.left() * share, self._most_steps(options))
            if steps > _PROBE_STEPS:
                rate = float(options["learning_rate"]) * boldness
                parameters = {**options, "learning_rate": rate, "max_steps": steps}
                limit = clock.left() * min(1.0, 1.3 * share)
                yield Plan(self._family, parameters, 2, pace.expected(steps), reason, limit_seconds=limit)

    def _agree_on_rows(self, board: Board) -> None:
        """All trials are judged by the same rows: by as many as there was time for when it was first seen."""
        found = [int(trial.outcome.metrics["judged"]) for trial in board.finished() if trial.outcome]
        if found:
            self._judged, self._agreed = self._judged[: min(found)], True

    def _end_seconds(self, board: Board) -> float:
        """What judging by the sealed rows and answers before and after will take, by the first trial that judged."""
        done = board.finished()
        if not done:
            return _FOR_SAMPLES_SECONDS
        first = min(done, key=lambda trial: trial.number).seconds
        rows = min(len(self._sealed), self._method.judged) / max(1, len(self._judged))
        return (1 + rows) * first + _FOR_SAMPLES_SECONDS

    def _usual_rate(self) -> float:
        small, large, adapters = self._method.rates
        if weights.weight_bytes(self._base) < _SMALL_BYTES:
            return small
        return large if self._family == "full" else adapters

    def _most_steps(self, options: Mapping[str, Any]) -> int:
        batch = int(options.get("per_device_train_batch_size", 4)) * int(options.get("gradient_accumulation_steps", 1))
        return max(1, _MOST_EPOCHS * len(self._train) // batch)

    def fit(self, plan: Plan, place: Place) -> Outcome:
        """Teach once, and judge."""
        folder = place.folder / "model"
        folder.mkdir(parents=True, exist_ok=True)
        if plan.family == _BASE:
            shutil.copytree(self._base, folder, dirs_exist_ok=True)
            strip_unsafe(folder)
            return self._outcome(self._judge(self._base, self._judged, place, self._for_judging(plan)), {}, folder)

        def attempt(options: Mapping[str, Any]) -> Outcome:
            return self._teach(replace(plan, parameters=options), place, folder)

        found: Outcome = teaching.within_memory(attempt, plan.parameters, place.tell)
        return found

    def _for_judging(self, plan: Plan) -> float | None:
        """Seconds; None where it is settled by how many rows all trials are judged."""
        return None if self._agreed or plan.limit_seconds is None else plan.limit_seconds * _FOR_JUDGING

    def _teach(self, plan: Plan, place: Place, folder: Path) -> Outcome:
        need("torch").manual_seed(self._spec.seed)
        follower = report_to(place.tell, None if plan.limit_seconds is None else plan.limit_seconds * _FOR_LEARNING)
        lesson = self._lesson(self._judged, place, plan.parameters, callbacks=(follower.callback,))
        tokenizer = weights.load_words(self._base, chats=self._chats)
        scores = self._method.scores
        adapter = None if self._family == "full" else weights.adapter_config(self._settings, scores=scores)
        model = self._with_padding(weights.load_base(self._base, self._settings, scores=scores), tokenizer)
        reference = self._reference() if adapter is None else None
        trainer = teaching.set_up(lesson, model, tokenizer, adapter, reference)
        teaching.train(trainer)
        figures = teaching.figures_of(trainer, lesson, self._for_judging(plan))
        metrics = {**figures, "max_steps": float(trainer.state.global_step)}
        weights.write(trainer.model, tokenizer, self._base, self._settings, folder)
        return self._outcome(metrics, follower.curve, folder)

    def _lesson(self, judged: list[Example], place: Place, options: Mapping[str, Any], **more: Any) -> Lesson:
        rewards = rewards_of(self._settings.rewards or "exact-match") if self._method.tries else ()
        work = str(place.folder / "work")
        fitting = {**self._lengths(), **options}
        return Lesson(self._method, fitting, self._train, judged, rewards, folder=work, seed=self._spec.seed, **more)

    def _lengths(self) -> dict[str, int]:
        """How long examples may be, so that they fit into what the model takes."""
        window = weights.window_of(self._base) or _LONGEST
        if self._method.tries:
            return {"max_completion_length": max(1, min(_LONGEST_ANSWER, window // 2))}
        return {"max_length": min(_LONGEST, window)}

    def _judge(
        self, folder: Path, judged: list[Example], place: Place, seconds: float | None = None
    ) -> dict[str, float]:
        """What a model is worth as it lies there; in so many seconds."""
        need("torch").manual_seed(self._spec.seed)
        lesson = self._lesson(judged, place, {"max_steps": 1, **self._settings.options})
        tokenizer = weights.load_words(folder, chats=self._chats)
        plain = read_settings(self._spec.task, {})
        model = self._with_padding(weights.load_base(folder, plain, scores=self._method.scores), tokenizer)
        trainer = teaching.set_up(lesson, model, tokenizer, None, self._reference())
        return teaching.figures_of(trainer, lesson, seconds)

    def _reference(self) -> Any:
        return weights.load_base(self._base, read_settings(self._spec.task, {})) if self._method.compares else None

    @staticmethod
    def _with_padding(model: Any, tokenizer: Any) -> Any:
        if model.config.pad_token_id is None:
            model.config.pad_token_id = tokenizer.pad_token_id
        return model

    def _outcome(self, metrics: Mapping[str, float], curve: Any, folder: Path) -> Outcome:
        size = weights.weight_bytes(folder)
        score = metrics.get(self._spec.metric or next(iter(_usual_metrics(self._spec.task))), float("nan"))
        return Outcome(score=score, metrics=dict(metrics), curve=curve, kept="model", size_bytes=size)

    def finish(self, board: Board, folder: Path, clock: Clock) -> Artefact:
        """The best as its trial left it, judged by the sealed rows, with answers from before and after.

        Where time is short, fewer rows judge, and nobody is asked.
        """
        best = board.best
        if best is None or best.outcome is None:
            raise TrialFailed("no trial came to a score, so there is no model")
        take_up(board.folder_of(best) / str(best.outcome.kept), folder)
        place = Place(board.folder / "finish", _silent, self._spec.seed)
        rows = self._affordable(board, clock)
        scores = dict(self._judge(folder, self._sealed[:rows], place)) if rows else None
        if scores is not None:
            del scores["judged"]  # a count, not a score
        questions = [] if self._method.scores else samples.questions_of(self._judged)
        return Artefact(
            task=self._serves(folder),
            family=best.plan.family,
            parameters=best.plan.parameters,
            library="transformers",
            example=self._example(questions),
            base_model=self._spec.base_model,
            explanation=self._explanation(board, folder, questions if clock.left() > 0 else []),
            scores=scores,
        )

    def _affordable(self, board: Board, clock: Clock) -> int:
        """How many of the sealed rows there is time to judge by; a few always, where there are any."""
        wanted = min(len(self._sealed), self._method.judged)
        share = clock.left() / max(1e-3, self._end_seconds(board))
        return min(wanted, max(_FEWEST_JUDGED, int(wanted * share)))

    def _serves(self, folder: Path) -> str:
        if self._method.scores:
            return "text-classification"
        has_template = weights.load_words(folder, chats=False).chat_template
        return "chat-completion" if self._chats and has_template else "text-generation"

    def _example(self, questions: list[Any]) -> Any:
        if self._method.scores:
            return samples.text_of(self._judged[0])
        return questions[0] if questions else "Hello"

    def _explanation(self, board: Board, folder: Path, questions: list[Any]) -> dict[str, Any]:
        bar = [trial for trial in board.finished() if trial.plan.family == _BASE and trial.outcome]
        facts: dict[str, Any] = {"method": self._method.name, "learned_from": f"{len(self._train)} examples"}
        notes = [*([WHY_MAPPED] if self._spec.task in MAPPED else []), self._replaced, *_unchanged(board)]
        if any(notes):
            facts["note"] = " ".join(note for note in notes if note)
        if bar and bar[0].outcome:
            facts["before"] = dict(bar[0].outcome.metrics)
        if questions:
            facts["samples"] = samples.before_and_after(self._base, folder, questions)
        model = weights.load_base(folder, read_settings(self._spec.task, {}))
        return {**facts, "layers": layers_of(model), "parameters": parameter_count(model)}


def _unchanged(board: Board) -> list[str]:
    """That the model is what it began as, and why; nothing where it has learned."""
    if board.best is None or board.best.plan.family != _BASE:
        return []
    taught = [trial for trial in board.finished() if trial.plan.family != _BASE]
    why = "no lesson made it better" if taught else "the budget was too short for a lesson: give it more time"
    return [f"This is the base model as it was: {why}."]


def _base_folder(name: str) -> Path:
    try:
        return folder_of(name)
    except TrialFailed as error:
        if isinstance(error.__cause__, Exception) and not hub_said_no(error.__cause__):
            raise ServerRefused(reason=f"`base_model`: {error}") from error
        raise InvalidInput(field="base_model", problem=str(error)) from error


def _usual_metrics(task: str) -> list[str]:
    from holdfast.training.trainers.llm import TASKS  # noqa: PLC0415 - the package imports this module, too

    return [metric.name for metric in TASKS[task].metrics]


def _silent(_figures: Mapping[str, Any]) -> None:
    """Nobody waits for figures of the last judgement."""
