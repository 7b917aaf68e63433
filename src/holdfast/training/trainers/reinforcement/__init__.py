"""reinforcement-learning: an agent that learns by trying; stable-baselines3 does the work.

There are no rows: `data` names an environment, ours (`dynamic-pricing`) or one of Gymnasium (`CartPole-v1`). Simple
rules come first, as a bar: chance, and for pricing the best fixed price. The policy is written as plain weights that
inference serves, with an episode as a moving picture beside it.
"""

from __future__ import annotations

from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.domain.trials import Metric
from holdfast.training.trainers.interface import TaskPlan, Trainer

TASKS = {
    "reinforcement-learning": TaskPlan(
        task="reinforcement-learning",
        summary="Lets an agent learn by trying, in an environment of Gymnasium or ours.",
        roles={},
        metrics=(Metric("mean_reward", greater_is_better=True),),
    )
}


def prepare(data: TrainingData, spec: TrainingSpec) -> Trainer:
    """Its trainer for an environment; `data` holds no rows.

    Raises:
        InvalidInput: there is no such environment.
    """
    from holdfast.training.trainers.reinforcement.trainer import PolicyTrainer  # noqa: PLC0415 - heavy libraries

    return PolicyTrainer(data, spec)
