"""Who may ask which model, and what they mean."""

import asyncio

import pytest

from holdfast.backends.engines.protocol import Question
from holdfast.base.errors import GatedRepo, InvalidInput, RepoNotFound, UnknownTask, UnusableModel
from holdfast.base.identity import ANONYMOUS
from holdfast.hub.repos.domain import Gating
from holdfast.hub.repos.service.lifecycle import SettingsChange
from holdfast.inference.service.finding import ModelFinder
from tests.factories.inference import MODEL, put_adapter, put_model, repo_id

TEXT = Question(b'{"inputs": "a text"}')


@pytest.fixture
def find(hub):
    finder = ModelFinder(hub.repos)

    def found(actor, name, task=None, question=TEXT):
        return asyncio.run(finder.find(actor, repo_id(name), task, question))

    return found


def test_a_public_model_is_found_by_everybody_and_the_second_time_without_reading_it(hub, find, monkeypatch):
    put_model(hub, "alice/m", "fill-mask")
    first = find(ANONYMOUS, "alice/m")
    assert (first.repo_id, first.task) == ("alice/m", "fill-mask")
    monkeypatch.setattr(ModelFinder, "_look_up", None)
    assert find(hub.bob, "alice/m") == first
    assert find(ANONYMOUS, "Alice/M") == first


def test_a_private_model_is_as_good_as_absent_also_when_its_owner_used_it(hub, find):
    put_model(hub, "alice/secret")
    hub.repos.lifecycle.update_settings(hub.alice, MODEL, repo_id("alice/secret"), SettingsChange(private=True))
    assert find(hub.alice, "alice/secret").repo_id == "alice/secret"
    for actor, status in ((hub.bob, 404), (ANONYMOUS, 401)):
        with pytest.raises(RepoNotFound) as caught:
            find(actor, "alice/secret")
        assert caught.value.status == status


def test_a_model_that_becomes_private_is_closed_at_once(hub, find):
    put_model(hub, "alice/m")
    find(ANONYMOUS, "alice/m")
    hub.repos.lifecycle.update_settings(hub.alice, MODEL, repo_id("alice/m"), SettingsChange(private=True))
    with pytest.raises(RepoNotFound):
        find(ANONYMOUS, "alice/m")


def test_a_gated_model_wants_consent(hub, find):
    put_model(hub, "alice/m")
    hub.repos.lifecycle.update_settings(hub.alice, MODEL, repo_id("alice/m"), SettingsChange(gated=Gating.MANUAL))
    with pytest.raises(GatedRepo):
        find(hub.bob, "alice/m")
    assert find(hub.alice, "alice/m")


def test_a_renamed_model_answers_under_its_old_name(hub, find):
    put_model(hub, "alice/old")
    hub.repos.lifecycle.move_repo(hub.alice, MODEL, repo_id("alice/old"), repo_id("alice/newer"))
    assert find(ANONYMOUS, "alice/old").repo_id == "alice/newer"


def test_another_task_may_be_asked_of_a_model_by_any_of_its_names(hub, find):
    put_model(hub, "alice/m")
    assert find(ANONYMOUS, "alice/m", "sentiment-analysis").task == "text-classification"
    assert find(ANONYMOUS, "alice/m", "fill-mask").task == "fill-mask"
    with pytest.raises(UnknownTask, match="fill-mask"):
        find(ANONYMOUS, "alice/m", "mind-reading")


def test_a_model_that_does_not_say_what_it_is_for(hub, find):
    put_model(hub, "alice/m", None)
    with pytest.raises(InvalidInput, match="pipeline_tag"):
        find(ANONYMOUS, "alice/m")
    assert find(ANONYMOUS, "alice/m", "fill-mask").task == "fill-mask"


def test_a_new_repo_holds_no_model(hub, find):
    hub.create("alice/m")
    with pytest.raises((UnusableModel, InvalidInput), match=r"no files yet|pipeline_tag"):
        find(hub.alice, "alice/m")


@pytest.mark.parametrize(
    ("body", "task"),
    [
        (b'{"inputs": "a text"}', "feature-extraction"),
        (b'{"inputs": ["a", "b"]}', "feature-extraction"),
        (b'{"inputs": {"source_sentence": "a", "sentences": ["b"]}}', "sentence-similarity"),
        (b'{"source_sentence": "a", "sentences": ["b"]}', "sentence-similarity"),
        (b"no json", "sentence-similarity"),
    ],
)
def test_an_encoder_does_what_the_inputs_are_for(hub, find, body, task):
    put_model(hub, "alice/m", "sentence-similarity")
    assert find(ANONYMOUS, "alice/m", question=Question(body)).asked == task


def test_an_adapter_is_found_with_its_base(hub, find):
    put_model(hub, "alice/base", "text-generation")
    put_adapter(hub, "alice/tuned", "alice/base")
    found = find(ANONYMOUS, "alice/tuned")
    base = find(ANONYMOUS, "alice/base")
    assert (found.repo_id, found.base_id, found.task) == ("alice/tuned", "alice/base", "text-generation")
    assert found.key.base == (base.key.repo_key, base.key.commit_oid)
    hub.put("alice/base", "README.md", b"newer")
    assert find(ANONYMOUS, "alice/tuned").key.base != found.key.base


def test_who_may_not_use_the_base_may_not_use_its_adapter_and_learns_nothing(hub, find):
    put_adapter(hub, "alice/tuned", "alice/base")
    with pytest.raises(UnusableModel) as absent:
        find(hub.bob, "alice/tuned")
    put_model(hub, "alice/base", "text-generation")
    assert find(hub.bob, "alice/tuned")
    hub.repos.lifecycle.update_settings(hub.alice, MODEL, repo_id("alice/base"), SettingsChange(private=True))
    with pytest.raises(UnusableModel) as private:
        find(hub.bob, "alice/tuned")
    assert str(private.value) == str(absent.value)
    assert "base_model_name_or_path" in str(absent.value)
    assert find(hub.alice, "alice/tuned")


def test_a_gated_base_wants_consent(hub, find):
    put_model(hub, "alice/base", "text-generation")
    put_adapter(hub, "alice/tuned", "alice/base")
    hub.repos.lifecycle.update_settings(hub.alice, MODEL, repo_id("alice/base"), SettingsChange(gated=Gating.MANUAL))
    with pytest.raises(GatedRepo):
        find(hub.bob, "alice/tuned")


@pytest.mark.parametrize("base", ["/home/me/llama", "", "../x", "alice/tuned", "carol/absent"])
def test_adapters_of_nothing_that_is_here(hub, find, base):
    put_adapter(hub, "alice/tuned", base)
    with pytest.raises(UnusableModel, match="adapter"):
        find(hub.bob, "alice/tuned")


def test_a_chat_is_answered_by_the_process_that_writes_texts(hub, find):
    put_model(hub, "alice/m", "text-generation")
    chat, text = find(ANONYMOUS, "alice/m", "conversational"), find(ANONYMOUS, "alice/m")
    assert chat.key == text.key
    assert (chat.asked, text.asked) == ("chat-completion", "text-generation")
