"""Parts of a repo's info that cost something."""

from __future__ import annotations

import json
import struct
from typing import Any

import orjson
import pytest

from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.repos.domain import AddFile, AddLargeFile
from tests.factories.hub import MODEL, Hub


def extras(hub: Hub, repo_type: RepoType, name: str, *parts: str, revision: str | None = None) -> dict[str, Any]:
    return hub.repos.infos.repo_info(hub.alice, repo_type, RepoId.parse(name), revision, parts=parts).extras


def card(hub: Hub, name: str, text: str, repo_type: RepoType = RepoType.MODEL) -> None:
    hub.commit(name, AddFile("README.md", f"---\n{text}\n---\n".encode()), actor=hub.alice, repo_type=repo_type)


def test_nothing_is_worked_out_unasked(hub: Hub):
    hub.create()
    assert extras(hub, RepoType.MODEL, "alice/m", "author", "tags") == {}


def test_public_children_are_counted_by_any_relation(hub: Hub):
    hub.create("alice/Base")
    for name, private in (("alice/tuned", False), ("alice/adapted", False), ("alice/secret", True)):
        hub.create(name, private=private)
        card(hub, name, f"base_model: alice/Base\ntags: [{'lora' if 'adapted' in name else 'x'}]")
    assert extras(hub, RepoType.MODEL, "alice/Base", "childrenModelCount") == {"childrenModelCount": 2}
    assert extras(hub, RepoType.MODEL, "alice/tuned", "childrenModelCount") == {"childrenModelCount": 0}


def test_public_spaces_that_use_a_model(hub: Hub):
    hub.create("alice/m")
    for name, private in (("alice/app", False), ("alice/draft", True)):
        hub.create(name, private=private, repo_type=RepoType.SPACE)
        card(hub, name, "title: App\nsdk: static\nmodels: [alice/M]", RepoType.SPACE)
    assert extras(hub, RepoType.MODEL, "alice/m", "spaces") == {"spaces": ["alice/app"]}


def test_the_size_of_a_dataset_is_that_of_the_revision(hub: Hub):
    hub.create("alice/d", repo_type=RepoType.DATASET)
    before = extras(hub, RepoType.DATASET, "alice/d", "mainSize")["mainSize"]
    old = hub.commit("alice/d", AddFile("a.txt", b"12345"), repo_type=RepoType.DATASET)
    hub.commit("alice/d", AddFile("b.txt", b"678"), repo_type=RepoType.DATASET)
    assert extras(hub, RepoType.DATASET, "alice/d", "mainSize") == {"mainSize": before + 8}
    assert extras(hub, RepoType.DATASET, "alice/d", "mainSize", revision=old.oid) == {"mainSize": before + 5}


def test_evaluation_results_of_a_model(hub: Hub):
    hub.create("alice/m")
    good = b"- dataset: {id: cais/hle, task_id: default}\n  value: 20.9\n"
    files = {"hle.yaml": good, "bad.yaml": b"- 1", "notes.md": b"-", "big.yml": good * 10_000}
    assert extras(hub, RepoType.MODEL, "alice/m", "evalResults") == {"evalResults": []}
    hub.commit("alice/m", *(AddFile(f".eval_results/{name}", content) for name, content in files.items()))
    found = extras(hub, RepoType.MODEL, "alice/m", "evalResults")["evalResults"]
    assert [item["filename"] for item in found] == [".eval_results/bad.yaml", ".eval_results/hle.yaml"]
    assert "error" in found[0]
    assert found[1]["data"]["value"] == 20.9


def test_facts_of_a_large_file_are_read_only_where_the_repo_has_it(hub: Hub):
    """The same tree in two repos, of which one has lost the file."""
    content = b'{"model_type": "secret"}'
    repo, other = hub.create("alice/m"), hub.create("bob/m")
    for each, actor in ((repo, hub.alice), (other, hub.bob)):
        sha256 = hub.store_object(each, content)
        hub.commit(str(each.id), AddLargeFile("config.json", sha256, len(content)), actor=actor)
    hub.repos.large_files.delete_large_files(hub.alice, MODEL, repo.id, {sha256}, rewrite_history=False)
    for each, actor in ((repo, hub.alice), (other, hub.bob)):
        hub.commit(str(each.id), AddFile("README.md", b"new"), actor=actor)
    facts = [hub.repos.infos.repo_info(hub.bob, MODEL, each.id, None, parts=()).facts for each in (repo, other)]
    assert "config" not in facts[0]
    assert facts[1]["config"]["model_type"] == "secret"


def test_a_model_that_claims_too_many_parameters_claims_none(hub: Hub):
    """The number would not fit into the index, and the repo could never be written to again."""
    tensors = {f"t{number}": {"dtype": "F32", "shape": [2**53], "data_offsets": [0, 0]} for number in range(2000)}
    header = json.dumps(tensors).encode()
    hub.put_large(hub.create(), "model.safetensors", struct.pack("<Q", len(header)) + header)
    found = hub.repos.infos.repo_info(hub.bob, MODEL, RepoId.parse("alice/m"), None, parts=())
    assert "safetensors" not in found.facts
    hub.put("alice/m", "README.md")


@pytest.mark.parametrize("depth", [300, 1000])
def test_a_configuration_nested_without_end_says_nothing(hub: Hub, depth: int):
    """What cannot be written as JSON again would break every list that shows the repo."""
    hub.create()
    hub.put("alice/m", "config.json", b'{"model_type": "bert", "architectures": ' + b"[" * depth + b"]" * depth + b"}")
    hub.put("alice/m", "tokenizer_config.json", b'{"chat_template": ' + b"[" * depth + b"]" * depth + b"}")
    facts = hub.repos.infos.repo_info(hub.bob, MODEL, RepoId.parse("alice/m"), None, parts=()).facts
    assert "config" not in facts
    assert orjson.dumps(facts)
