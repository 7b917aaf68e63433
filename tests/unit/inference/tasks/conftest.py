import pytest

from holdfast.inference import tasks
from tests.factories.inference_cases import BY_TASK


@pytest.fixture(scope="session")
def loaded(tmp_path_factory):
    """A predictor of a task's case, loaded once."""
    known = {}

    def load(task):
        if task not in known:
            folder = tmp_path_factory.mktemp(task)
            known[task] = tasks.load(task, BY_TASK[task].make(folder), device="cpu")
        return known[task]

    return load
