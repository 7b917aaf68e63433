import pytest

from holdfast.hub.repos.metadata.tasks import task_label


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
