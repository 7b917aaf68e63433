"""The catalogue tells every task of the vocabulary, once."""

from holdfast.hub.repos.metadata.task_catalogue import TASK_BY_ID, TASK_GROUPS, group_of
from holdfast.hub.repos.metadata.vocabulary import PIPELINE_TAGS


def test_every_task_is_told_once():
    told = [task.id for group in TASK_GROUPS for task in group.tasks]
    assert sorted(told) == sorted(PIPELINE_TAGS)


def test_every_task_has_a_sentence_and_an_example():
    for task in TASK_BY_ID.values():
        assert task.summary.endswith(".")
        assert 10 < len(task.summary) < 110
        assert task.given
        assert task.answer


def test_a_task_has_a_group():
    assert group_of("fill-mask").id == "language"
    assert group_of("no-such-task") is None
