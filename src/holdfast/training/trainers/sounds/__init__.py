"""audio-classification: sounds that each have one label, such as spoken digits.

The ladder: the most frequent label → shape of the spectrum (MFCC) with a linear model or an SVM → a small CNN that
sees the sound as a picture.
"""

from __future__ import annotations

from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.scores import OF_LABELS
from holdfast.training.trainers.interface import TaskPlan, Trainer

TASKS = {
    "audio-classification": TaskPlan(
        task="audio-classification",
        summary="Learns to name what is to be heard.",
        roles={"audio": "sounds", "target": "a label"},
        metrics=tuple(sorted(OF_LABELS, key=lambda metric: metric.name != "macro_f1")),
    )
}


def prepare(data: TrainingData, spec: TrainingSpec) -> Trainer:
    """Its trainer for this data. Decodes every sound.

    Raises:
        InvalidInput: one is no sound; says which row.
    """
    from holdfast.training.trainers.sounds.trainer import SoundTrainer  # noqa: PLC0415 - heavy libraries

    return SoundTrainer(data, spec)
