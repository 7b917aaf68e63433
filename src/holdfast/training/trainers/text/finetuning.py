"""One fine-tuning by `transformers.Trainer`: watched, ended in time, and nothing kept but the best weights.

The trainer's own checkpoints hold pickles (`training_args.bin`, the optimizer's state), so there are none: whenever an
evaluation is the best so far, the model is written as it will be served.
"""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from holdfast.base.errors import NotInstalled
from holdfast.inference.domain.predictors import Wish
from holdfast.inference.runtime.checkpoints import Checkpoint
from holdfast.inference.runtime.libraries import need
from holdfast.inference.runtime.loading import Loaded
from holdfast.inference.runtime.placement import choose_placement
from holdfast.inference.runtime.texts import TextReader, load_text_reader
from holdfast.training.domain.trials import Plan
from holdfast.training.trainers.interface import Place, TrialFailed
from holdfast.training.trainers.text.adapters import Adapters, whole
from holdfast.training.trainers.text.bases import Base
from holdfast.training.trainers.text.pace import LIMIT_TO_USE, Pace

MODEL = "model"
"""The folder in a trial's own where its best weights lie."""
_LARGE, _MIDDLE = 200_000_000, 50_000_000
_SMALL_MODELS_RATE, _BASE_MODELS_RATE, _LARGE_MODELS_RATE = 1e-4, 3e-5, 1e-5


def load_base(
    base: Base, auto_class: str, seed: int, adapters: Adapters | None = None, **options: Any
) -> tuple[Any, TextReader]:
    """A base model with a head for a task, and what reads its texts.

    Args:
        base: the model.
        auto_class: of transformers, such as `AutoModelForSequenceClassification`.
        seed: of the new head.
        adapters: that learn instead of the model's own weights; None: all of these learn.
        options: of its config, such as `id2label`.
    """
    torch = need("torch")
    torch.manual_seed(seed)
    placement = choose_placement(Wish(dtype="float32"))
    with loading_quietly():
        model, told = getattr(need("transformers"), auto_class).from_pretrained(
            base.folder,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            ignore_mismatched_sizes=True,
            dtype=torch.float32,
            output_loading_info=True,
            **options,
        )
    if adapters is not None:
        adapters.add_to(model, {*told["missing_keys"], *(mismatch[0] for mismatch in told["mismatched_keys"])})
    loaded = Loaded(model.to(placement.device), Checkpoint(base.folder), placement)
    return model, load_text_reader(base.folder, loaded)


@contextmanager
def loading_quietly() -> Iterator[None]:
    """Without bars, and without the warning that a new head is new."""
    logging = need("transformers").utils.logging
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn.

    Args:
        steps: updates of the weights.
        batch_size: rows of a step.
        learning_rate: its peak.
        most_seconds: then the rest of the steps is left out, and the best until then stays; None means no limit.
        seed: of order and dropout.
        warmup: share of the steps until the peak.
        weight_decay: pull towards zero.
    """

    steps: int
    batch_size: int
    learning_rate: float
    most_seconds: float | None = None
    seed: int = 0
    warmup: float = 0.1
    weight_decay: float = 0.01


@dataclass
class Tuned:
    """What came of it: score and figures by step; the weights lie in the place's folder `model`."""

    score: float = math.nan
    metrics: Mapping[str, float] = field(default_factory=dict)
    losses: list[tuple[int, float]] = field(default_factory=list)
    scores: list[tuple[int, float]] = field(default_factory=list)


@dataclass(frozen=True)
class Judged:
    """How a model is judged between steps.

    Args:
        score: the model's score and other metrics, made by our own means from the model as it is.
        better: whether the first score beats the second.
    """

    score: Callable[[Any], tuple[float, Mapping[str, float]]]
    better: Callable[[float, float], bool]


def usual_rate(parameters: int) -> float:
    """A learning rate that models of a size usually like.

    Args:
        parameters: weights of the model.
    """
    if parameters >= _LARGE:
        return _LARGE_MODELS_RATE
    return _BASE_MODELS_RATE if parameters >= _MIDDLE else _SMALL_MODELS_RATE


def step_seconds(model: Any, rows: Sequence[Any], collate: Callable[[Any], Any], schedule: Schedule) -> float:
    """Seconds of one step, found out with three; the model is spoiled by it: measure it apart."""
    torch = need("torch")
    optimizer, times = torch.optim.AdamW(model.parameters(), lr=0.0), []
    model.train()
    for index in range(3):
        picked = [rows[(index * schedule.batch_size + place) % len(rows)] for place in range(schedule.batch_size)]
        began = time.perf_counter()
        batch = {name: tensor.to(model.device) for name, tensor in collate(picked).items()}
        model(**batch).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        times.append(time.perf_counter() - began)
    return min(times[1:])


def tune(
    model: Any,
    tokenizer: Any,
    rows: Sequence[Mapping[str, Any]],
    collate: Callable[[Any], Any],
    schedule: Schedule,
    judged: Judged,
    place: Place,
    loss: Callable[[Any, Any], Any] | None = None,
) -> Tuned:
    """Fine-tune a model.

    Args:
        model: of transformers; changed.
        tokenizer: written beside its weights.
        rows: what the model takes, tokenized, with labels.
        collate: rows to a batch.
        schedule: how long and how fast.
        judged: how it is judged, some times on the way.
        place: of the trial.
        loss: of outputs and labels; None means the model's own.

    Raises:
        TrialFailed: the loss is no number any more.
        Pruned: it can't win; from `place.tell`.
    """
    transformers = need("transformers")
    _need_accelerate()
    tuned = Tuned()
    watcher = _watcher(transformers, tokenizer, judged, schedule, place, tuned)
    trainer = _trainer(transformers, loss)(
        model=model,
        args=_arguments(transformers, schedule, place.folder),
        train_dataset=list(rows),
        data_collator=collate,
        callbacks=[watcher],
    )
    trainer.remove_callback(transformers.PrinterCallback)
    trainer.train()
    shutil.rmtree(place.folder / "trainer", ignore_errors=True)
    if not math.isfinite(tuned.score):
        raise TrialFailed("its loss ran out of bounds: a smaller learning rate may help")
    return tuned


def _arguments(transformers: Any, schedule: Schedule, folder: Path) -> Any:
    return transformers.TrainingArguments(
        output_dir=str(folder / "trainer"),
        max_steps=schedule.steps,
        per_device_train_batch_size=schedule.batch_size,
        learning_rate=schedule.learning_rate,
        warmup_steps=max(1, round(schedule.warmup * schedule.steps)),
        weight_decay=schedule.weight_decay,
        logging_steps=max(1, schedule.steps // 20),
        seed=schedule.seed,
        save_strategy="no",
        eval_strategy="no",
        report_to=[],
        disable_tqdm=True,
        dataloader_pin_memory=False,
        remove_unused_columns=False,
        label_names=["labels"],
    )


def _trainer(transformers: Any, loss: Callable[[Any, Any], Any] | None) -> Any:
    if loss is None:
        return transformers.Trainer

    weigh = loss

    class Weighed(transformers.Trainer):  # type: ignore[misc]
        """Its loss is ours."""

        def compute_loss(
            self,
            model: Any,
            inputs: dict[str, Any],
            return_outputs: bool = False,  # noqa: FBT001, FBT002 - the library's signature
            num_items_in_batch: Any = None,  # noqa: ARG002
        ) -> Any:
            labels = inputs["labels"]
            outputs = model(**{name: value for name, value in inputs.items() if name != "labels"})
            found = weigh(outputs.logits, labels)
            return (found, outputs) if return_outputs else found

    return Weighed


def _watcher(transformers: Any, tokenizer: Any, judged: Judged, schedule: Schedule, place: Place, tuned: Tuned) -> Any:
    pace = Pace(schedule.steps, math.inf if schedule.most_seconds is None else schedule.most_seconds)

    class Watcher(transformers.TrainerCallback):  # type: ignore[misc]
        """Judges the model on its way, keeps the best, and ends it in time."""

        def on_log(self, _args: Any, state: Any, _control: Any, logs: Any = None, **_rest: Any) -> None:
            if logs and "loss" in logs:
                tuned.losses.append((state.global_step, float(logs["loss"])))
                place.tell({"step": state.global_step, "loss": float(logs["loss"])})

        def on_step_end(self, _args: Any, state: Any, control: Any, model: Any = None, **_rest: Any) -> None:
            control.should_training_stop = control.should_training_stop or pace.ends(state.global_step)
            if control.should_training_stop or pace.wants_score(state.global_step):
                began = time.monotonic()
                _judge(model, state.global_step)
                pace.judged(time.monotonic() - began)

    def _judge(model: Any, step: int) -> None:
        model.eval()
        with need("torch").inference_mode():
            score, metrics = judged.score(model)
        model.train()
        tuned.scores.append((step, score))
        if judged.better(score, tuned.score):
            tuned.score, tuned.metrics = score, metrics
            whole(model).save_pretrained(place.folder / MODEL)
            tokenizer.save_pretrained(place.folder / MODEL)
        place.tell({"step": step, "score": score})

    return Watcher()


def time_for_steps(plan: Plan, began: float) -> float | None:
    """Seconds for learning and judging before a trial would be killed, less what getting ready has taken.

    Args:
        plan: with that limit; None means no limit.
        began: when the trial did, by `time.monotonic`.
    """
    if plan.limit_seconds is None:
        return None
    return max(0.0, LIMIT_TO_USE * plan.limit_seconds - (time.monotonic() - began))


def _need_accelerate() -> None:
    try:
        need("accelerate")
    except NotInstalled as error:
        raise NotInstalled(feature="Fine-tuning", extra="training") from error
