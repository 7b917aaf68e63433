"""Lines about repos, from facts of any shape."""

from dataclasses import dataclass

import pytest

from holdfast.base.ids import RepoType
from holdfast.ui.repo_lines import repo_description, repo_emoji, repo_facts


@dataclass
class SomeRepo:
    type: RepoType


def texts(kind, facts):
    return [fact.text for fact in repo_facts(SomeRepo(kind), facts)]


def test_a_model_tells_task_size_and_license():
    weights = {"total": 110_000_000, "parameters": {"F16": 100_000_000, "F32": 10_000_000}}
    facts = {"pipeline_tag": "fill-mask", "safetensors": weights, "tags": ["license:mit", "en"]}
    assert texts(RepoType.MODEL, facts) == ["Fill-Mask", "110M parameters", "240 MB", "mit"]
    assert repo_facts(SomeRepo(RepoType.MODEL), facts)[-1].title == "License. Commercial use: allowed"
    assert texts(RepoType.MODEL, {"gguf": {"total": 7_600_000_000}}) == ["7.6B parameters"]


def test_a_dataset_tells_task_and_rows():
    facts = {"tags": ["task_categories:translation", "size_categories:1K<n<10K"]}
    assert texts(RepoType.DATASET, facts) == ["Translation", "1K – 10K rows"]
    assert texts(RepoType.SPACE, {"sdk": "gradio"}) == ["Gradio"]


@pytest.mark.parametrize("odd", [None, 3, [], {}, "x", {"total": "many"}, [None], {"description": 5}])
def test_nothing_odd_breaks_a_list(odd):
    facts = {"pipeline_tag": odd, "safetensors": odd, "gguf": odd, "cardData": odd, "sdk": odd, "description": odd}
    for kind in RepoType:
        repo_facts(SomeRepo(kind), facts)
    assert isinstance(repo_description(facts), str)
    assert repo_emoji({"cardData": {"emoji": odd}}) == ""


def test_a_space_shows_its_emoji():
    assert repo_emoji({"cardData": {"emoji": "🚀"}}) == "🚀"
    assert repo_emoji({"cardData": {"emoji": "🚀" * 13}}) == ""


def test_long_descriptions_end_at_a_word():
    line = repo_description({"description": "word " * 100})
    assert line.endswith("word …")
    assert len(line) < 170
