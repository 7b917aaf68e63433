"""Models in memory: loaded once, let go in the right order, never more than may be."""

import asyncio
import json
from pathlib import Path

import pytest

from holdfast.backends.engines.protocol import Question
from holdfast.base.errors import (
    ModelBusy,
    ModelFailed,
    ModelLoading,
    Overloaded,
    UnsafeWeights,
    UnusableModel,
)
from holdfast.base.identity import ANONYMOUS
from holdfast.hub.repos.domain import AddFile
from holdfast.inference.domain.deployments import DeploymentState, Limits
from holdfast.inference.service import keeping
from holdfast.inference.service.answering import Asked
from tests.factories.inference import GIBIBYTE, MODEL, Inference, open_fake_inference, put_adapter, put_model, repo_id

WORDS = b'{"inputs": "a text"}'


@pytest.fixture
def run(hub, tmp_path):
    """Runs a story with inference over a Hub that has the models alice/a, alice/b, alice/c."""
    for name in "abc":
        put_model(hub, f"alice/{name}")

    def begin(story, limits=None, **choices):
        async def whole():
            inference = open_fake_inference(hub, tmp_path, limits, **choices)
            try:
                await story(inference)
            finally:
                await inference.keeper.close()
                inference.files.close()

        asyncio.run(asyncio.wait_for(whole(), 30))

    return begin


def asked(name: str, wait: float | None = None) -> Asked:
    return Asked(repo_id(f"alice/{name}"), None, Question(WORDS), wait)


async def ask(inference: Inference, name: str, wait: float | None = None) -> bytes:
    return (await inference.answering.predict(ANONYMOUS, asked(name, wait))).body


def names(inference: Inference) -> set[str]:
    return {one.model.repo_id.partition("/")[2] for one in inference.keeper.deployments()}


def states(inference: Inference) -> list[DeploymentState]:
    return [one.state for one in inference.keeper.deployments()]


async def until(condition) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the condition is nobody's event
            await asyncio.sleep(0.005)


def test_the_first_question_loads_the_model_and_the_next_ones_use_it(run):
    async def story(inference):
        assert await ask(inference, "a") == WORDS
        assert await ask(inference, "a") == WORDS
        [source] = inference.engine.loads
        assert source.task == "text-classification"
        assert states(inference) == [DeploymentState.READY]

    run(story)


def test_many_first_questions_load_it_once(run):
    async def story(inference):
        inference.engine.gate.clear()
        questions = [asyncio.create_task(ask(inference, "a")) for _ in range(20)]
        await until(lambda: inference.engine.loads)
        assert states(inference) == [DeploymentState.LOADING]
        inference.engine.gate.set()
        assert await asyncio.gather(*questions) == [WORDS] * 20
        assert len(inference.engine.loads) == 1

    run(story)


def test_who_does_not_wait_is_told_how_long_it_takes_and_loading_goes_on(run):
    async def story(inference):
        inference.engine.gate.clear()
        with pytest.raises(ModelLoading) as caught:
            await ask(inference, "a", 0.0)
        assert caught.value.status == 503
        assert caught.value.body_fields["estimated_time"] >= 1
        assert caught.value.retry_after_seconds >= 1
        inference.engine.gate.set()
        assert await ask(inference, "a") == WORDS
        assert len(inference.engine.loads) == 1

    run(story)


def test_a_client_that_goes_away_while_it_loads_stops_nothing(run):
    async def story(inference):
        inference.engine.gate.clear()
        question = asyncio.create_task(ask(inference, "a"))
        await until(lambda: inference.engine.loads)
        question.cancel()
        with pytest.raises(asyncio.CancelledError):
            await question
        inference.engine.gate.set()
        assert await ask(inference, "a") == WORDS
        assert len(inference.engine.loads) == 1

    run(story)


def test_the_least_recently_used_model_makes_room(run):
    async def story(inference):
        for name in ("a", "b"):
            inference.clock.now += 1
            await ask(inference, name)
        inference.clock.now += 1
        await ask(inference, "a")
        await ask(inference, "c")
        assert names(inference) == {"a", "c"}
        assert inference.engine.models[1].ended_by
        folders = list(inference.files.scratch().glob("model-*"))
        assert len(folders) == 2

    run(story, Limits(memory_bytes=9 * GIBIBYTE // 4))


def test_pinned_models_and_those_in_use_stay(run):
    async def story(inference):
        await ask(inference, "a")
        await ask(inference, "b")
        inference.engine.models[1].gate.clear()
        busy = asyncio.create_task(ask(inference, "b"))
        await until(lambda: any(one.waiting for one in inference.keeper.deployments()))
        with pytest.raises(Overloaded) as caught:
            await ask(inference, "c")
        assert caught.value.retry_after_seconds > 0
        assert not isinstance(caught.value, ModelFailed)
        inference.engine.models[1].gate.set()
        assert await busy == WORDS
        inference.clock.now += keeping.TROUBLE_SECONDS + 1
        assert await ask(inference, "c") == WORDS
        assert names(inference) == {"a", "c"}

    run(story, Limits(memory_bytes=9 * GIBIBYTE // 4), pinned="Alice/A")


def test_a_model_that_can_never_fit_is_refused_by_its_size(run, hub):
    async def story(inference):
        with pytest.raises(UnusableModel, match=r"HOLDFAST_INFERENCE_MEMORY_BYTES"):
            await ask(inference, "a")
        assert not inference.engine.loads

    run(story, Limits(memory_bytes=1000))


def test_a_full_queue_is_said_to_be_full(run):
    async def story(inference):
        await ask(inference, "a")
        inference.engine.models[0].gate.clear()
        waiting = [asyncio.create_task(ask(inference, "a")) for _ in range(3)]
        await until(lambda: inference.keeper.deployments()[0].waiting == 3)
        with pytest.raises(ModelBusy) as caught:
            await ask(inference, "a")
        assert (caught.value.status, caught.value.waiting) == (429, 3)
        assert caught.value.retry_after_seconds >= 1
        inference.engine.models[0].gate.set()
        assert await asyncio.gather(*waiting) == [WORDS] * 3

    run(story, Limits(memory_bytes=4 * GIBIBYTE, waiting=3))


def test_a_model_whose_process_died_is_loaded_anew(run):
    async def story(inference):
        await ask(inference, "a")
        inference.engine.models[0].ended_by = "it was killed"
        assert states(inference) == [DeploymentState.FAILED]
        assert await ask(inference, "a") == WORDS
        assert len(inference.engine.loads) == 2
        assert len(list(inference.files.scratch().glob("model-*"))) == 1

    run(story)


def test_a_model_that_cannot_be_loaded_is_not_tried_again_at_once(run):
    async def story(inference):
        inference.engine.error = UnusableModel(problem="it is odd")
        for _ in range(3):
            with pytest.raises(UnusableModel, match="odd"):
                await ask(inference, "a")
        assert len(inference.engine.loads) == 1
        [deployment] = inference.keeper.deployments()
        assert (deployment.state, deployment.problem) == (DeploymentState.FAILED, str(inference.engine.error))
        inference.engine.error = None
        inference.clock.now += keeping.FAILURE_SECONDS + 1
        assert await ask(inference, "a") == WORDS

    run(story)


def test_bad_luck_is_tried_again_soon(run):
    async def story(inference):
        inference.engine.error = ModelFailed(reason="bad luck")
        with pytest.raises(ModelFailed):
            await ask(inference, "a")
        inference.engine.error = None
        inference.clock.now += keeping.TROUBLE_SECONDS + 1
        assert await ask(inference, "a") == WORDS

    run(story)


def test_idle_models_go_and_pinned_ones_stay(run, monkeypatch):
    monkeypatch.setattr(keeping, "LOOK_SECONDS", 0.01)

    async def story(inference):
        await ask(inference, "a")
        await ask(inference, "b")
        inference.clock.now += 59
        await asyncio.sleep(0.05)
        assert names(inference) == {"a", "b"}
        inference.clock.now += 2
        await until(lambda: names(inference) == {"a"})
        assert await ask(inference, "b") == WORDS

    run(story, Limits(memory_bytes=4 * GIBIBYTE, idle_seconds=60), pinned="alice/a")


def test_a_new_commit_is_served_by_a_new_model_and_the_old_one_goes(run, hub, monkeypatch):
    monkeypatch.setattr(keeping, "LOOK_SECONDS", 0.01)

    async def story(inference):
        await ask(inference, "a")
        inference.engine.models[0].gate.clear()
        busy = asyncio.create_task(ask(inference, "a"))
        await until(lambda: inference.keeper.deployments()[0].waiting)
        hub.commit("alice/a", AddFile("config.json", b'{"changed": 1}'))
        assert await ask(inference, "a") == WORDS
        assert len(inference.engine.loads) == 2
        await asyncio.sleep(0.05)
        assert not inference.engine.models[0].ended_by
        inference.engine.models[0].gate.set()
        assert await busy == WORDS
        await until(lambda: len(inference.keeper.deployments()) == 1)
        assert inference.engine.models[0].ended_by

    run(story)


def test_a_renamed_model_goes_on_answering_and_can_be_loaded_anew(run, hub):
    async def story(inference):
        await ask(inference, "a")
        hub.repos.lifecycle.move_repo(hub.alice, MODEL, repo_id("alice/a"), repo_id("alice/renamed"))
        assert await ask(inference, "renamed") == WORDS
        assert len(inference.engine.loads) == 1
        inference.engine.models[0].ended_by = "it was killed"
        assert await ask(inference, "renamed") == WORDS
        assert await ask(inference, "a") == WORDS
        assert names(inference) == {"renamed"}

    run(story)


def test_a_stream_keeps_its_model_until_it_is_closed(run, monkeypatch):
    async def story(inference):
        stream = inference.answering.stream(ANONYMOUS, asked("a"))
        assert await anext(stream) == b'{"inputs":'
        assert inference.keeper.deployments()[0].waiting == 1
        await stream.aclose()
        assert inference.keeper.deployments()[0].waiting == 0
        assert 'outcome="Cancelled"' in inference.answering.telemetry.exposition([], 0)

    run(story)


def test_attached_models_need_no_files(run):
    async def story(inference):
        assert await ask(inference, "a") == WORDS
        [source] = inference.engine.loads
        assert (source.location, dict(source.options)) == ("http://gpu:8000/v1", {"model": "theirs"})
        assert inference.keeper.deployments()[0].memory_bytes == GIBIBYTE

    run(story, attached="alice/A=http://gpu:8000/v1#theirs")


def test_pickled_weights_are_refused_before_anything_is_loaded(run, hub):
    repo = hub.create("alice/pickled")
    hub.commit("alice/pickled", AddFile("README.md", b"---\npipeline_tag: fill-mask\n---\n"))
    hub.put_large(repo, "pytorch_model.bin", b"pickle")

    async def story(inference):
        with pytest.raises(UnsafeWeights, match="save_pretrained") as caught:
            await ask(inference, "pickled")
        assert caught.value.files == ("pytorch_model.bin",)
        assert not inference.engine.loads

    run(story)


def test_closing_lets_go_of_everything_also_of_what_is_being_loaded(run):
    async def story(inference):
        await ask(inference, "a")
        inference.engine.gate.clear()
        waiting = asyncio.create_task(ask(inference, "b"))
        await until(lambda: len(inference.engine.loads) == 2)
        await inference.keeper.close()
        assert not inference.keeper.deployments()
        with pytest.raises(ModelFailed, match="unloaded"):
            await waiting
        assert not list(inference.files.scratch().glob("model-*"))

    run(story)


def put_thin_adapter(hub, name: str, **config) -> None:
    """An adapter whose file holds nothing but thin matrices, as far as its head says."""
    head = json.dumps({"base_model.model.q.lora_A.weight": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}})
    said = {"peft_type": "LORA", "base_model_name_or_path": "alice/a", **config}
    weights = len(head).to_bytes(8, "little") + head.encode()
    put_adapter(hub, name, "alice/a", weights, adapter_config__json=json.dumps(said).encode())


ADAPTER_FILES = ["adapter_config.json", "adapter_model.safetensors", "config.json", "vocab.txt"]


def files_in(folder: str) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


def test_adapters_work_on_one_base_which_is_counted_once(run, hub):
    hub.put("alice/a", "README.md", b"---\npipeline_tag: text-generation\n---\n")
    for name in ("x", "y"):
        put_thin_adapter(hub, f"alice/{name}")
    put_thin_adapter(hub, "alice/dora", use_dora=True)

    async def story(inference):
        for name in ("x", "y", "a", "x"):
            assert await ask(inference, name) == WORDS
        assert len(inference.engine.loads) == 1
        assert names(inference) == {"a", "x", "y"}
        assert sum(one.memory_bytes for one in inference.keeper.deployments()) == GIBIBYTE
        assert files_in(inference.engine.models[0].adapters[-1]) == ADAPTER_FILES
        await ask(inference, "dora")
        assert len(inference.engine.loads) == 2

    run(story)


def test_an_adapter_of_a_base_elsewhere_is_merged_here(run, hub):
    hub.put("alice/a", "README.md", b"---\npipeline_tag: text-generation\n---\n")
    put_thin_adapter(hub, "alice/x")

    async def story(inference):
        await ask(inference, "x")
        assert names(inference) == {"x"}

    run(story, attached="alice/a=http://127.0.0.1:1/v1")
