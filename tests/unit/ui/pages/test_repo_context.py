"""The header of a repo: addresses and tags."""

from __future__ import annotations

import pytest

from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.repos.domain import AddFile
from holdfast.hub.repos.listing.filters import parse_list_query
from holdfast.ui.pages.repo_context import context_of
from tests.factories.hub import Hub, open_hub

CARD = """---
license: MIT
language: [en]
pipeline_tag: text-classification
task_categories: [text-classification]
library_name: timm
base_model: alice/x
tags: [some tag]
---
"""


@pytest.fixture
def hub(tmp_path):
    hub = open_hub(tmp_path)
    yield hub
    hub.database.close()


def view_of(hub: Hub, repo_type: RepoType, actor=None):
    hub.create("alice/m", repo_type=repo_type)
    hub.commit("alice/m", AddFile("README.md", CARD.encode()), repo_type=repo_type)
    return context_of(hub.repos.headers.read_header(actor or hub.bob, repo_type, RepoId("alice", "m")))


@pytest.mark.parametrize(
    ("repo_type", "first"),
    [
        (RepoType.MODEL, "/models?pipeline_tag=text-classification"),
        (RepoType.DATASET, "/datasets?task_categories=text-classification"),
        (RepoType.SPACE, "/spaces?sdk=static"),
    ],
)
def test_each_tag_leads_to_a_list_that_has_the_repo(hub: Hub, repo_type, first):
    card = CARD if repo_type is not RepoType.SPACE else CARD.replace("---\n", "---\nsdk: static\n", 1)
    hub.create("alice/m", repo_type=repo_type)
    hub.commit("alice/m", AddFile("README.md", card.encode()), repo_type=repo_type)
    view = context_of(hub.repos.headers.read_header(hub.bob, repo_type, RepoId("alice", "m")))
    assert view.tags[0].address == first
    assert {"some tag", "mit"} <= {tag.label for tag in view.tags}
    for tag in view.tags:
        name, _, value = tag.address.partition("?")[2].partition("=")
        query = parse_list_query(repo_type, [(name, value.replace("%20", " ").replace("%3A", ":"))])
        assert [str(item.repo.id) for item in hub.repos.lists.list_repos(hub.bob, query).repos] == ["alice/m"], tag


def test_addresses(hub: Hub):
    view = view_of(hub, RepoType.DATASET)
    assert (view.path, view.api_path, view.list_path) == ("/datasets/alice/m", "/api/datasets/alice/m", "/datasets")
    assert view.at("tree", "refs/pr/1") == "/datasets/alice/m/tree/refs%2Fpr%2F1"
    assert view.at("blob", "main", "a b/c#d.txt") == "/datasets/alice/m/blob/main/a%20b/c%23d.txt"


def test_what_the_actor_may_do(hub: Hub):
    view = view_of(hub, RepoType.MODEL, hub.alice)
    assert (view.may_read, view.may_propose, view.may_write, view.may_administer) == (True, True, True, True)
    stranger = context_of(hub.repos.headers.read_header(hub.bob, RepoType.MODEL, RepoId("alice", "m")))
    assert (stranger.may_read, stranger.may_propose, stranger.may_write) == (True, True, False)
