from __future__ import annotations

import pytest

from tests.unit.app.conftest import open_instance


@pytest.fixture(autouse=True)
def repo(data_dir):
    instance = open_instance(data_dir)
    instance.create_repo("bert")
    instance.services.close()


def test_adds_lists_and_removes(run):
    assert run("alias", "add", "Bert", "ALICE/bert")[1] == "The model Bert is alice/bert now.\n"
    assert run("alias", "list")[1].splitlines()[1].split() == ["model", "bert", "alice/bert"]
    assert run("alias", "remove", "bert")[0] == 0
    assert run("alias", "list")[1].splitlines() == ["TYPE  NAME  REPO"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("add", "bert", "alice/none"), "Repository"),
        (("add", "a/bert", "alice/bert"), "must be one word"),
        (("add", "b..t", "alice/bert"), "must have 1 to 96"),
        (("add", "bert", "alice/bert", "--type", "kernel"), "must be one of model, dataset, space"),
        (("add", "bert", "alice/bert", "--type", "dataset"), "Repository"),
        (("remove", "gpt2"), "does not exist"),
    ],
)
def test_refuses(run, words, says):
    status, _, errors = run("alias", *words)
    assert status == 1
    assert says in errors
