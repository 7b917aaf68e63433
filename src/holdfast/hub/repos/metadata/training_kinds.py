"""How far a model's training went: pretrained, fine-tuned, instruction-tuned or tuned by reinforcement learning.

A card seldom says so in one word; these rules read it from tags and from what the model was made of. The last step of
training that is known counts: an instruction-tuned model that was then trained with DPO is RL-tuned. Where nothing is
known, as for a conversion of somebody else's weights, there is no answer.
Source: tags that transformers' Trainer, trl and peft write into cards; the Hub's `base_model_relation`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import Enum


class TrainingKind(Enum):
    """The value is the filter's word. From the first step of training to the last."""

    PRETRAINED = "pretrained"
    FINE_TUNED = "fine-tuned"
    INSTRUCTION_TUNED = "instruction-tuned"
    RL_TUNED = "rl-tuned"


_RL_TAGS = frozenset((
    "dpo", "rlhf", "rlaif", "rlvr", "ppo", "grpo", "orpo", "kto", "cpo", "simpo", "ipo", "rloo", "xpo", "nash-md",
    "online-dpo", "online_dpo", "reinforcement-learning-from-human-feedback", "preference-optimization",
    "preference-tuning", "rl-tuned",
))  # fmt: skip
_INSTRUCTION_TAGS = frozenset((
    "instruct", "instruction", "instructions", "instruction-tuned", "instruction-tuning", "instruction-following",
    "instruction-finetuning", "instruction-finetuned", "instruct-tuned", "chat", "chatbot", "conversational",
    "assistant", "sft",
))  # fmt: skip
_FINE_TUNING_TAGS = frozenset((
    "fine-tuned", "finetuned", "fine-tune", "finetune", "fine-tuning", "finetuning", "generated_from_trainer", "trl",
    "lora", "qlora", "axolotl", "unsloth", "llama-factory", "autotrain", "merge", "mergekit", "distillation",
))  # fmt: skip
_BASE_TAGS = frozenset({"pretrained", "pre-trained", "base-model", "foundation-model"})
_MADE_BY_TRAINING = frozenset({"finetune", "adapter", "merge"})
_AGENTS = "reinforcement-learning"


def training_kind(
    tags: Iterable[str], relations: Collection[str], pipeline_tag: str | None, *, has_weights: bool
) -> TrainingKind | None:
    """Tell a model's kind.

    Args:
        tags: all of the model's, in any case.
        relations: how its base models were used (`finetune`, `adapter`, `merge`, `quantized`); empty without any.
        pipeline_tag: its task. Agents of reinforcement learning are all trained by it, so the question says nothing.
        has_weights: a repo without any is no model yet.
    """
    known = {tag.lower() for tag in tags}
    if pipeline_tag == _AGENTS or not has_weights:
        return None
    if known & _BASE_TAGS and not relations:
        return TrainingKind.PRETRAINED
    if known & _RL_TAGS:
        return TrainingKind.RL_TUNED
    if known & _INSTRUCTION_TAGS:
        return TrainingKind.INSTRUCTION_TUNED
    if known & _FINE_TUNING_TAGS or _MADE_BY_TRAINING & set(relations):
        return TrainingKind.FINE_TUNED
    return None if relations else TrainingKind.PRETRAINED
