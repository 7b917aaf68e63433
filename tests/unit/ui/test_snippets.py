"""Snippets are real code, with this server's address."""

from __future__ import annotations

import shlex

import pytest

from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.repos.domain import Gating, Repo
from holdfast.ui.snippets import Using, push_snippets, setup, snippets

BASE = "https://hub.example.org/ai"
CHAT = {"library_name": "transformers", "pipeline_tag": "text-generation", "tags": ["conversational"]}


def using(repo_type=RepoType.MODEL, *, private=False, gated=None, **facts):
    repo = Repo(
        key=1, uid="0" * 24, type=repo_type, id=RepoId("alice", "thing"), namespace_id=1, creator_id=1,
        private=private, gated=gated, disabled=False, default_branch="main", head_oid=None, created_at=0, updated_at=0,
        likes=0, downloads=0, downloads_all_time=0, trending_score=0.0,
    )  # fmt: skip
    return Using(repo, BASE, facts)


def by_title(use):
    return {snippet.title: snippet for snippet in snippets(use)}


@pytest.mark.parametrize(
    "library",
    ["transformers", "sentence-transformers", "diffusers", "peft", "timm", "open_clip", "setfit", "sklearn", "keras",
     "stable-baselines3"],
)  # fmt: skip
def test_python_compiles_and_names_the_repo(library):
    info = {"auto_model": "AutoModelForCausalLM", "custom_class": "x.Y"}
    found = by_title(using(library_name=library, pipeline_tag="text-generation", transformersInfo=info, gguf={}))
    assert library in found
    for snippet in found.values():
        assert "alice/thing" in snippet.code
        if snippet.language == "python":
            compile(snippet.code, snippet.title, "exec")


def test_transformers_by_task():
    chat = by_title(using(**CHAT))["transformers"].code
    assert 'pipeline("text-generation", model="alice/thing")' in chat
    assert '"role": "user"' in chat
    assert "AutoModel.from_pretrained" in chat
    unknown = by_title(using(library_name="transformers", pipeline_tag="text-ranking"))["transformers"].code
    assert "pipeline(" not in unknown


def test_our_own_architectures_are_made_known_first():
    facts = {
        "library_name": "transformers",
        "config": {"model_type": "holdfast-cnn"},
        "pipeline_tag": "image-classification",
    }
    info = {"auto_model": "AutoModelForImageClassification"}
    code = by_title(using(**facts, transformersInfo=info))["transformers"].code
    compile(code, "snippet", "exec")
    assert "from holdfast import pipeline" in code
    assert code.index("architectures.register()") < code.index("AutoModelForImageClassification.from_pretrained")


def test_what_cards_say_does_not_become_code():
    info = {"auto_model": "X; import os", "processor": "os.system('x')"}
    code = by_title(using(library_name="transformers", transformersInfo=info))["transformers"].code
    assert "os" not in code.replace("tokenizer", "")
    hostile = {"configs": [{"config_name": '"); import os #'}, {"config_name": "de-en"}, {"config_name": "b"}]}
    code = by_title(using(RepoType.DATASET, cardData=hostile))["datasets"].code
    assert "os #" not in code
    assert 'load_dataset("alice/thing", "de-en")' in code


def test_programs_get_whole_addresses():
    found = by_title(using(RepoType.DATASET))
    assert found["git"].code == f"git clone {BASE}/datasets/alice/thing"
    assert found["curl"].code.endswith(f" {BASE}/datasets/alice/thing/resolve/main/README.md")
    assert "--repo-type dataset" in found["hf"].code
    assert setup(using()).code == f"export HF_ENDPOINT={BASE}"
    for snippet in found.values():
        if snippet.language == "shell":
            assert shlex.split(snippet.code)


@pytest.mark.parametrize("closed", [{"private": True}, {"gated": Gating.AUTO}])
def test_closed_repos_ask_for_a_token(closed):
    use = using(**closed)
    assert "hf auth login" in setup(use).code
    assert "Authorization: Bearer" in by_title(use)["curl"].code


def test_filling_an_empty_repo():
    hf, git = push_snippets(using(RepoType.SPACE))
    assert "hf upload alice/thing ./my-folder --repo-type space" in hf.code
    assert f"git clone {BASE}/spaces/alice/thing\ncd thing\n" in git.code
