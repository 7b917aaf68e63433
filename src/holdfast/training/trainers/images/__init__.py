"""image-classification: pictures that each have one label.

The ladder: the most frequent label → edges (HOG) or pixels with a linear model or SVM → a small CNN from nothing →
a linear model over what a network of the Hub sees (`base_model`) → that network, all of it trained further.

Source: on 2,062 photos of hands with 10 labels, one minute of CPU: pixels + linear .72, HOG + SVM .92, CNN .99, a
transformer from nothing .10; so a transformer from nothing is tried only where `candidates` names `vit`.
"""

from __future__ import annotations

from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.scores import OF_LABELS
from holdfast.training.trainers.interface import TaskPlan, Trainer

METRICS = tuple(sorted(OF_LABELS, key=lambda metric: metric.name != "macro_f1"))

TASKS = {
    "image-classification": TaskPlan(
        task="image-classification",
        summary="Learns to name what is in a picture.",
        roles={"image": "pictures", "target": "a label"},
        metrics=METRICS,
    )
}


def prepare(data: TrainingData, spec: TrainingSpec) -> Trainer:
    """Its trainer for this data. Decodes every picture."""
    from holdfast.training.trainers.images.trainer import ImageTrainer  # noqa: PLC0415 - heavy libraries

    return ImageTrainer(data, spec)
