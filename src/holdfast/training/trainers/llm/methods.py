"""The methods, as TRL has them: which trainer, from which rows, with which settings, judged by which of its figures.

Source: trl 1.16: SFTTrainer, RewardTrainer, DPOTrainer, KTOTrainer, GRPOTrainer, RLOOTrainer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from holdfast.training.trainers.llm.conversations import Row, example_of, question_of
from holdfast.training.trainers.llm.preferences import pair_of, verdicts_of

Columns = Mapping[str, str]
Example = dict[str, Any]


def _examples(row: Row, columns: Columns) -> list[Example]:
    return [example_of(row, columns)]


def _texts(row: Row, columns: Columns) -> list[Example]:
    return [{"text": str(row[columns["text"]])}] if columns.get("text") in row else [example_of(row, columns)]


def _pairs(row: Row, columns: Columns) -> list[Example]:
    return [pair_of(row, columns)]


def _questions(row: Row, columns: Columns) -> list[Example]:
    return [question_of(row, columns)]


@dataclass(frozen=True)
class Method:
    """A way to teach.

    Args:
        name: of the classes in TRL: `SFT` means SFTTrainer and SFTConfig.
        examples: what a row is to it: one example, or several.
        defaults: settings that differ from TRL's.
        figures: metric of ours by TRL's figure of an evaluation.
        rates: learning rates of small models, of large ones, and of LoRA.
        judged: rows that are judged at most: trying to answer takes long.
        compares: whether the model is compared with the one it began as (its reference).
        has_bar: whether the base model can be judged alike before it learned.
        tries: whether it learns from its own answers.
        scores: whether it becomes a reward model.
    """

    name: str
    examples: Callable[[Row, Columns], list[Example]]
    defaults: Mapping[str, Any]
    figures: Mapping[str, str]
    rates: tuple[float, float, float]
    judged: int = 200
    compares: bool = False
    has_bar: bool = False
    tries: bool = False
    scores: bool = False


_TRYING = {"num_generations": 4, "per_device_train_batch_size": 8}
_BY_PAIRS = {"eval_rewards/accuracies": "reward_accuracy", "eval_rewards/margins": "reward_margin", "eval_loss": "loss"}

METHODS: Mapping[str, Method] = {
    "llm-sft": Method("SFT", _examples, {}, {"eval_loss": "loss"}, (5e-4, 2e-5, 2e-4), has_bar=True),
    "llm-pretraining": Method(
        "SFT", _texts, {"packing": True}, {"eval_loss": "loss"}, (5e-4, 2e-5, 2e-4), has_bar=True
    ),
    "llm-reward": Method(
        "Reward", _pairs, {}, {"eval_accuracy": "reward_accuracy", "eval_loss": "loss"}, (3e-4, 1e-5, 1e-4), scores=True
    ),
    "llm-dpo": Method("DPO", _pairs, {}, _BY_PAIRS, (1e-4, 1e-6, 2e-5), compares=True),
    "llm-kto": Method(
        "KTO",
        verdicts_of,
        {},
        {"eval_rewards/margins": "reward_margin", "eval_loss": "loss"},
        (1e-4, 1e-6, 2e-5),
        compares=True,
    ),
    "llm-grpo": Method(
        "GRPO", _questions, _TRYING, {"eval_reward": "reward"}, (1e-3, 1e-6, 1e-5), 16, has_bar=True, tries=True
    ),
    "llm-rloo": Method(
        "RLOO",
        _questions,
        {**_TRYING, "normalize_advantages": True},
        {"eval_reward": "reward"},
        (1e-3, 1e-6, 1e-5),
        16,
        has_bar=True,
        tries=True,
    ),
}

MAPPED = {"llm-ppo": "llm-rloo"}
"""Methods that TRL has no more, and what does the work."""

WHY_MAPPED = (
    "PPO was asked for. TRL removed it in 2026, so RLOO does the work: it learns from the same rewards, "
    "without PPO's second network."
)


def method_of(task: str) -> Method:
    """The method of a task."""
    return METHODS[MAPPED.get(task, task)]


@dataclass(frozen=True)
class Lesson:
    """Everything that TRL's trainer is given for one trial.

    Args:
        method: to teach by.
        options: fields of its configuration.
        train: examples to learn from; one at least, even if none is learned from.
        judged: examples to judge by.
        rewards: functions or models; for methods that try.
        folder: for what the trainer writes meanwhile.
        callbacks: of transformers.
        seed: of everything random.
    """

    method: Method
    options: Mapping[str, Any]
    train: Sequence[Example]
    judged: Sequence[Example]
    rewards: Sequence[Any] = ()
    folder: str = ""
    callbacks: Sequence[Any] = field(default_factory=tuple)
    seed: int = 0
