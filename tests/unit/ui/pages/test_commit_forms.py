from __future__ import annotations

import pytest

from holdfast.base.errors import Conflict, InvalidCard, InvalidInput, InvalidPath, StaleParent
from holdfast.http.call import FormFields
from holdfast.hub.repos.domain import CommitResult
from holdfast.hub.repos.service.editing import Target
from holdfast.ui.pages.commit_forms import commit_box, commit_problems, landing, read_header, wants_pull_request
from tests.factories.hub import open_hub


@pytest.fixture
def repo(tmp_path):
    hub = open_hub(tmp_path)
    yield hub.create("alice/m")
    hub.database.close()


def form(**values):
    return FormFields({name: [value] for name, value in values.items()})


def test_a_message_is_one_line_and_a_text():
    header = read_header(form(summary=" two\nlines ", description=" why\r\n", parent="a" * 40), "Update a.txt")
    assert (header.summary, header.description, header.parent_oid) == ("two lines", "why", "a" * 40)


def test_what_was_not_typed_is_proposed():
    header = read_header(form(summary="  "), "Update a.txt")
    assert (header.summary, header.description, header.parent_oid) == ("Update a.txt", "", None)


@pytest.mark.parametrize("name", ["summary", "description"])
def test_messages_have_an_end(name):
    with pytest.raises(InvalidInput, match=name):
        read_header(form(**{name: "x" * 100_001}), "Update")


@pytest.mark.parametrize(
    ("error", "problems"),
    [
        (InvalidCard(errors=("One.", "Two.")), {"card": ("One.", "Two.")}),
        (StaleParent(), {"stale": "yes"}),
        (InvalidPath(problem="is empty: ''"), {"path": "Is empty: ''."}),
        (Conflict(reason="a.txt exists already."), {"form": "a.txt exists already."}),
    ],
)
def test_problems_stand_where_they_belong(error, problems):
    assert commit_problems(error) == problems


def test_who_may_not_write_always_proposes(repo):
    stranger = Target(repo, "main", "b" * 40, may_commit=False, may_propose=True)
    assert commit_box(stranger, "Update").as_pull_request
    owner = Target(repo, "main", "b" * 40, may_commit=True, may_propose=True)
    assert not commit_box(owner, "Update").as_pull_request
    assert commit_box(owner, "Update", form(target="pull")).as_pull_request
    assert wants_pull_request(form(target="pull"))
    assert not wants_pull_request(form(target="branch"))


def test_where_a_commit_leads(repo):
    assert landing(repo, CommitResult(repo, "c" * 40), "blob/main/a.txt") == "/alice/m/blob/main/a.txt"
    assert landing(repo, CommitResult(repo, "c" * 40, 7), "blob/main/a.txt") == "/alice/m/discussions/7"
