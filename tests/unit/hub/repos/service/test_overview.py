"""Front pages: card, lineage, evaluation results, as far as the actor may see them."""

from __future__ import annotations

import pytest

from holdfast.base.errors import RepoNotFound
from holdfast.base.identity import ANONYMOUS, Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.repos.domain import AddFile, Gating, Repo
from holdfast.hub.repos.git_storage.commits import Author, create_commit, tree_of
from holdfast.hub.repos.git_storage.edits import PutBlob, apply_edits
from holdfast.hub.repos.git_storage.object_writer import ObjectWriter
from holdfast.hub.repos.service.lifecycle import SettingsChange
from holdfast.hub.repos.service.overview import RepoOverview
from tests.factories.hub import MODEL, Hub

DATASET, SPACE = RepoType.DATASET, RepoType.SPACE


def overview(hub: Hub, name: str = "alice/m", actor: Actor | None = None, repo_type: RepoType = MODEL) -> RepoOverview:
    return hub.repos.overviews.overview(actor or hub.bob, repo_type, RepoId.parse(name))


def with_card(hub: Hub, name: str, card: str, *, private: bool = False, repo_type: RepoType = MODEL) -> None:
    owner = hub.alice if name.startswith("alice/") else hub.bob
    hub.create(name, private=private, repo_type=repo_type)
    hub.commit(name, AddFile("README.md", card.encode()), actor=owner, repo_type=repo_type)


def test_a_new_repo_is_empty_and_a_card_fills_it(hub: Hub):
    hub.create()
    assert overview(hub).is_empty
    assert overview(hub).card is None
    hub.put("alice/m", "README.md", b"---\nlicense: mit\n---\n# Title\n")
    found = overview(hub)
    assert not found.is_empty
    assert found.card is not None
    assert (found.card.body, found.card.problem) == ("# Title\n", None)
    assert found.file_bytes > len(found.card.body)
    assert found.header.facts["cardData"] == {"license": "mit"}


def test_front_matter_that_nobody_can_read_is_told(hub: Hub):
    repo = hub.create()
    oid = pushed(hub, repo, b"---\nlicense: [\n---\nbody\n")
    found = overview(hub)
    assert found.header.repo.head_oid == oid
    assert found.card is not None
    assert found.card.body == "body\n"
    assert "README.md" in (found.card.problem or "")


def pushed(hub: Hub, repo: Repo, card: bytes) -> str:
    """A commit that came by git, where nobody judges cards."""
    with hub.repos.index.changing(repo.key) as changes, hub.repos.pool.open(repo.key) as git:
        old = git.references["refs/heads/main"].target
        with ObjectWriter(git) as writer:
            edits = [PutBlob("README.md", writer.write_blob(card))]
            tree = apply_edits(git, tree_of(git, str(old)), edits, writer).oid
        oid = create_commit(git, tree, [str(old)], Author("Alice", "a@example.org", 1_700_000_000), "push")
        changes.move("refs/heads/main", oid, str(old))
    return oid


def test_lineage_shows_only_what_the_actor_may_see(hub: Hub):
    with_card(hub, "alice/m", "---\nbase_model:\n- alice/secret\n- no/where\n- alice/open\ndatasets: [alice/d]\n---\n")
    with_card(hub, "alice/open", "x")
    with_card(hub, "alice/secret", "x", private=True)
    with_card(hub, "alice/d", "x", repo_type=DATASET)
    with_card(hub, "alice/s", "---\nsdk: static\nmodels: [alice/m]\ndatasets: [alice/d]\n---\n", repo_type=SPACE)
    with_card(hub, "bob/child", "---\nbase_model: alice/M\n---\n")
    with_card(hub, "bob/hidden", "---\nbase_model: alice/m\n---\n", private=True)
    with_card(hub, "bob/lora", "---\nbase_model: alice/m\ntags: [lora]\n---\n", private=True)

    seen = overview(hub, actor=ANONYMOUS).lineage
    assert [(named.name, named.repo is not None) for named in seen.base_models] == [
        ("alice/secret", False),
        ("no/where", False),
        ("alice/open", True),
    ]
    assert seen.relation == "merge"
    assert [named.repo.id.name for named in seen.datasets if named.repo] == ["d"]
    assert {relation: related.count for relation, related in seen.children.items()} == {"finetune": 1}
    assert [repo.id.name for repo in seen.children["finetune"].repos] == ["child"]
    assert seen.spaces is not None
    assert [repo.id.name for repo in seen.spaces.repos] == ["s"]
    assert seen.trained is None

    own = overview(hub, actor=hub.bob).lineage
    assert {relation: related.count for relation, related in own.children.items()} == {"finetune": 2, "adapter": 1}
    assert overview(hub, actor=hub.root).lineage.children["finetune"].count == 2
    assert overview(hub, actor=hub.alice).lineage.base_models[0].repo is not None
    dataset = overview(hub, "alice/d", repo_type=DATASET).lineage
    assert dataset.trained is not None
    assert [repo.id.name for repo in dataset.trained.repos] == ["m"]
    assert dataset.spaces is not None
    space = overview(hub, "alice/s", repo_type=SPACE).lineage
    assert [named.name for named in (*space.models, *space.datasets)] == ["alice/m", "alice/d"]
    assert space.spaces is None


def test_evaluation_results_of_card_and_files(hub: Hub):
    card = """---
model-index:
- name: m
  results:
  - task: {type: text-classification, name: Sentiment}
    dataset: {type: glue, name: GLUE, config: sst2, split: test}
    metrics:
    - {type: accuracy, value: 0.91234567}
    source: {url: "javascript:alert(1)", name: Somebody}
---
"""
    results = b"- dataset: {id: alice/d, task_id: main}\n  value: 71\n- dataset: {id: x/y, task_id: t}\n  value: b\n"
    with_card(hub, "alice/m", card)
    hub.put("alice/m", ".eval_results/a.yaml", results)
    first, _, last = overview(hub).evaluations
    assert (first.dataset_id, first.value, first.filename) == ("alice/d", "71", ".eval_results/a.yaml")
    assert (last.task, last.dataset, last.split) == ("Sentiment", "GLUE", "sst2/test")
    assert (last.metric, last.value, last.source, last.source_url) == ("accuracy", "0.91235", "Somebody", None)


def test_a_number_that_card_and_file_tell_is_one_row(hub: Hub):
    card = """---
model-index:
- name: m
  results:
  - task: {type: tabular-classification}
    dataset: {type: alice/d, name: d, split: sealed test}
    metrics:
    - {type: accuracy, value: 0.9}
    - {type: macro_f1, value: 0.87654321}
---
"""
    results = b"""- dataset: {id: alice/d, task_id: tabular-classification/macro_f1}
  value: 0.87654321
  source: {name: Holdfast, url: "https://hub.example/run"}
  notes: sealed test of 40 rows
- dataset: {id: alice/d, task_id: tabular-classification/accuracy}
  value: 0.8
  notes: another day
"""
    with_card(hub, "alice/m", card)
    hub.put("alice/m", ".eval_results/a.yaml", results)
    both, other, of_card = overview(hub).evaluations
    assert (both.task, both.split, both.metric) == ("tabular-classification", "sealed test", "macro_f1")
    assert (both.value, both.notes, both.source) == ("0.87654", "sealed test of 40 rows", "Holdfast")
    assert both.filename == ".eval_results/a.yaml"
    assert (other.metric, other.split, other.notes) == ("score", "tabular-classification/accuracy", "another day")
    assert (of_card.metric, of_card.filename) == ("accuracy", None)


def test_the_header_tells_what_the_actor_may_do(hub: Hub):
    hub.create()
    assert overview(hub, actor=ANONYMOUS).header.permissions == {Permission.READ_REPO}
    assert overview(hub, actor=hub.alice).header.may(Permission.ADMIN_REPO)
    hub.repos.likes.like(hub.bob, MODEL, RepoId("alice", "m"), liked=True)
    assert overview(hub, actor=hub.bob).header.is_liked
    assert not overview(hub, actor=hub.alice).header.is_liked
    hub.repos.lifecycle.update_settings(hub.alice, MODEL, RepoId("alice", "m"), SettingsChange(gated=Gating.MANUAL))
    header = overview(hub, actor=hub.bob).header
    assert (header.permissions, header.access) == (frozenset(), None)
    hub.repos.gating.ask(hub.bob, MODEL, RepoId("alice", "m"), {})
    access = overview(hub, actor=hub.bob).header.access
    assert access is not None
    assert access.value == "pending"


def test_private_is_as_absent(hub: Hub):
    hub.create(private=True)
    for name in ("alice/m", "alice/nothing"):
        with pytest.raises(RepoNotFound) as caught:
            overview(hub, name)
        assert caught.value.status == 404
