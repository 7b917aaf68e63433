import pytest

from holdfast.hub.repos.metadata.tasks import task_items, task_label
from holdfast.hub.repos.metadata.vocabulary import PIPELINE_TAGS


@pytest.mark.parametrize(
    ("task", "label"),
    [
        ("text-classification", "Text Classification"),
        ("zero-shot-object-detection", "Zero-Shot Object Detection"),
        ("image-text-to-text", "Image-Text-to-Text"),
        ("text-to-3d", "Text-to-3D"),
        ("text2text-generation", "Text2Text Generation"),
        ("fill-mask", "Fill-Mask"),
        ("graph-ml", "Graph Machine Learning"),
    ],
)
def test_labels_read_as_on_the_hub(task, label):
    assert task_label(task) == label


def test_every_task_is_told_and_recommends_nothing():
    items = task_items()
    assert tuple(items) == PIPELINE_TAGS
    assert all(item["id"] == task and item["widgetModels"] == [] for task, item in items.items())
