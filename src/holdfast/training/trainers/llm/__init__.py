"""Language models of the Hub, taught further: TRL and PEFT do the work.

| task | rows | what it does |
|---|---|---|
| llm-pretraining | texts | goes on with pretraining, for a domain's words |
| llm-sft | conversations, questions with answers | instruction tuning |
| llm-reward | pairs: chosen, rejected | a model that scores answers |
| llm-dpo | pairs | prefers what was chosen |
| llm-kto | answers that were good or bad | the same, without pairs |
| llm-grpo, llm-rloo | questions, and a rule that scores answers | reinforcement learning |
| llm-ppo | as llm-rloo | carried out as RLOO, since TRL has no PPO any more; the report says so |

Every run begins with the base model as it is: what was not better than it is not worth publishing. LoRA
(`params.peft`), QLoRA (`params.quantization: int4`), packing, gradient checkpointing and the methods'
own settings are given in `params` by TRL's names.
"""

from __future__ import annotations

from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.domain.trials import Metric
from holdfast.training.trainers.interface import TaskPlan, Trainer

PERPLEXITY = Metric("perplexity", greater_is_better=False)
PAIR_ACCURACY = Metric("reward_accuracy", greater_is_better=True)
MARGIN = Metric("reward_margin", greater_is_better=True)
REWARD = Metric("reward", greater_is_better=True)
LOSS = Metric("loss", greater_is_better=False)

_CONVERSATIONS = {
    "messages?": "conversations: lists of messages with role and content",
    "prompt?": "questions",
    "completion?": "answers",
    "text?": "whole texts",
}
_PAIRS = {"prompt?": "questions", "chosen": "better answers", "rejected": "worse answers"}
_JUDGED = {"prompt?": "questions", "completion?": "answers", "label?": "whether an answer was good"}
_QUESTIONS = {"prompt": "questions", "answer?": "right answers"}


def _plan(
    task: str, summary: str, roles: dict[str, str], *metrics: Metric, serves: str = "text-generation"
) -> TaskPlan:
    return TaskPlan(task=task, summary=summary, roles=roles, metrics=metrics, serves=serves)


TASKS = {
    plan.task: plan
    for plan in (
        _plan("llm-sft", "Teaches a language model by examples of answers.", _CONVERSATIONS, PERPLEXITY, LOSS),
        _plan(
            "llm-pretraining", "Teaches a language model the words of a domain.", {"text": "texts"}, PERPLEXITY, LOSS
        ),
        _plan(
            "llm-reward",
            "Learns which of two answers people prefer.",
            _PAIRS,
            PAIR_ACCURACY,
            LOSS,
            serves="text-classification",
        ),
        _plan("llm-dpo", "Teaches a language model what people prefer, by pairs.", _PAIRS, PAIR_ACCURACY, MARGIN, LOSS),
        _plan("llm-kto", "Teaches a language model by answers that were good or bad.", _JUDGED, MARGIN, LOSS),
        _plan("llm-grpo", "Lets a language model try, and rewards what is good (GRPO).", _QUESTIONS, REWARD),
        _plan("llm-rloo", "Lets a language model try, and rewards what is good (RLOO).", _QUESTIONS, REWARD),
        _plan("llm-ppo", "Carried out as RLOO: TRL has no PPO any more.", _QUESTIONS, REWARD),
    )
}


def prepare(data: TrainingData, spec: TrainingSpec) -> Trainer:
    """Its trainer for this data.

    Raises:
        InvalidInput: no model to start from, settings that the method does not have, rewards that there are not, rows
            that cannot be read as the task's examples; says what they lack.
        NotInstalled: weights shall be quantized, and the library for it is missing.
    """
    from holdfast.training.trainers.llm.trainer import LlmTrainer  # noqa: PLC0415 - heavy libraries

    return LlmTrainer(data, spec)
