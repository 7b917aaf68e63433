"""One trial: TRL's trainer set up, run, judged. What memory does not allow is tried once more in halves."""

from __future__ import annotations

import gc
import inspect
import math
import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from holdfast.inference.runtime.libraries import need
from holdfast.training.trainers.interface import TrialFailed
from holdfast.training.trainers.llm.methods import Lesson

Tell = Callable[[Mapping[str, Any]], None]
_BATCH = 4
_FEW = 8
"""Examples that tell how long judging takes; so many judge in any case."""


def set_up(lesson: Lesson, model: Any, tokenizer: Any, adapter: Any = None, reference: Any = None) -> Any:
    """TRL's trainer for a lesson.

    Args:
        lesson: what is taught, and how.
        model: that learns.
        tokenizer: of the model.
        adapter: PEFT's configuration; None: all weights learn.
        reference: the model as it was, for methods that compare; None lets TRL make it of `model`.
    """
    trl, method = need("trl", "Training language models", "training"), lesson.method
    trainer = getattr(trl, f"{method.name}Trainer")
    with _quietly():
        config = _config(lesson)
    given: dict[str, Any] = {
        "model": model,
        "args": config,
        "train_dataset": _dataset(lesson.train),
        "eval_dataset": _dataset(lesson.judged),
        "processing_class": tokenizer,
        "peft_config": adapter,
        "callbacks": list(lesson.callbacks),
    }
    if method.tries:
        given["reward_funcs"] = list(lesson.rewards)
    if method.compares and "ref_model" in inspect.signature(trainer.__init__).parameters:
        given["ref_model"] = reference
    need("datasets").disable_progress_bars()
    with _quietly():
        made = trainer(**given)
    made.remove_callback(need("transformers").PrinterCallback)
    return made


def _config(lesson: Lesson) -> Any:
    torch = need("torch")
    on_gpu = bool(torch.cuda.is_available())
    options = {
        "per_device_train_batch_size": _BATCH,
        "learning_rate": 1e-5,
        "warmup_steps": 0.1,
        "logging_steps": 5,
        "activation_checkpointing": on_gpu,
        **lesson.method.defaults,
        **lesson.options,
    }
    if options.get("packing") and not on_gpu:
        options["packing_strategy"] = "wrapped"  # the other one needs attention that only GPUs have
    return getattr(need("trl", "Training language models", "training"), f"{lesson.method.name}Config")(
        output_dir=lesson.folder,
        per_device_eval_batch_size=options["per_device_train_batch_size"],
        save_strategy="no",
        report_to=[],
        seed=lesson.seed,
        bf16=on_gpu and torch.cuda.is_bf16_supported(),
        use_cpu=not on_gpu,
        disable_tqdm=True,
        dataloader_pin_memory=on_gpu,
        push_to_hub=False,
        **options,
    )


def _dataset(examples: Any) -> Any:
    return need("datasets", "Training language models", "training").Dataset.from_list(list(examples))


def figures_of(trainer: Any, lesson: Lesson, seconds: float | None = None) -> dict[str, float]:
    """The trainer's own judgement over the examples kept apart, by our names of metrics.

    Args:
        trainer: that `set_up` made.
        lesson: that it was made for.
        seconds: for judging: where a few examples show that all would take longer, fewer judge; None means all.

    Returns:
        figures, and how many examples gave them (`judged`).
    """
    with _quietly():
        share = 1.0 if seconds is None else _affordable(trainer, seconds)
        said = trainer.evaluate()
    found = {ours: float(said[theirs]) for theirs, ours in lesson.method.figures.items() if theirs in said}
    if lesson.method.name == "SFT":
        found["perplexity"] = math.exp(min(found["loss"], 700.0))
    return {**found, "judged": float(round(share * len(lesson.judged)))}


def _affordable(trainer: Any, seconds: float) -> float:
    """Leave the trainer as many examples to judge by as there is time for; gives the share that is left."""
    rows = trainer.eval_dataset
    if len(rows) <= 2 * _FEW:
        return 1.0
    began = time.monotonic()
    trainer.evaluate(rows.select(range(_FEW)))
    each = (time.monotonic() - began) / _FEW
    count = min(len(rows), max(_FEW, int(seconds / max(each, 1e-6))))
    trainer.eval_dataset = rows.select(range(count))
    return count / len(rows)


def train(trainer: Any) -> None:
    """Let it learn.

    Raises:
        TrialFailed: as its callbacks say.
    """
    with _quietly():
        trainer.train()


def within_memory(attempt: Callable[[Mapping[str, Any]], Any], options: Mapping[str, Any], tell: Tell) -> Any:
    """Run an attempt; where memory does not suffice, once more with half of the batch and twice the accumulation.

    Args:
        attempt: takes settings of the trainer.
        options: settings as wanted.
        tell: is told of the second attempt in words.

    Raises:
        TrialFailed: memory does not suffice for the half either, or there is no half.
    """
    try:
        return attempt(options)
    except (MemoryError, RuntimeError) as error:
        if not is_memory(error):
            raise
    batch = int(options.get("per_device_train_batch_size", _BATCH))
    if batch < 2:
        raise TrialFailed("memory does not suffice, even for one example at a time")
    gc.collect()
    if need("torch").cuda.is_available():
        need("torch").cuda.empty_cache()
    tell({"message": f"memory did not suffice for {batch} examples at a time: once more with {batch // 2}"})
    doubled = 2 * int(options.get("gradient_accumulation_steps", 1))
    halved = {**options, "per_device_train_batch_size": batch // 2, "gradient_accumulation_steps": doubled}
    try:
        return attempt(halved)
    except (MemoryError, RuntimeError) as error:
        if not is_memory(error):
            raise
        raise TrialFailed(f"memory does not suffice, not even for {batch // 2} examples at a time") from error


def is_memory(error: BaseException) -> bool:
    """Whether an error says that there was not memory enough, on a GPU or beside it."""
    words = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in words or "can't allocate memory" in words


class _quietly(warnings.catch_warnings):  # noqa: N801 - a context manager
    """Libraries' warnings to programmers are not for people who train."""

    def __enter__(self) -> Any:
        found = super().__enter__()
        warnings.simplefilter("ignore")
        return found
