"""The contract of the engines seam, run on every driver; then what only one of them can promise."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest

from holdfast.backends.engines.factory import open_remote_engine, open_worker_engine
from holdfast.backends.engines.protocol import Engine, LoadedModel, ModelSource, ModelState, Question
from holdfast.base.errors import (
    InternalError,
    InvalidInput,
    ModelBusy,
    ModelFailed,
    OutOfMemory,
    UnknownTask,
    UnusableModel,
)
from tests.factories.engines import LOADER, MOST_AT_ONCE
from tests.factories.openai_server import openai_server

DRIVERS = ("worker", "remote")
TASK = "text-generation"


@asynccontextmanager
async def worker_engine(folder: Path, timeout_seconds: float = 30.0, load_timeout_seconds: float = 30.0):
    engine = open_worker_engine(
        LOADER, folder, timeout_seconds=timeout_seconds, load_timeout_seconds=load_timeout_seconds
    )
    try:
        yield engine
    finally:
        await engine.close()


@asynccontextmanager
async def engine_and_source(driver: str, folder: Path) -> AsyncIterator[tuple[Engine, ModelSource]]:
    if driver == "worker":
        async with worker_engine(folder) as engine:
            yield engine, ModelSource(str(folder), TASK)
        return
    async with openai_server() as server:
        engine = open_remote_engine(timeout_seconds=30.0)
        try:
            yield engine, ModelSource(server.url, TASK)
        finally:
            await engine.close()


@pytest.fixture(params=DRIVERS)
def with_model(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., None]:
    """Runs a coroutine function on a loaded model."""

    def run(story: Callable[[LoadedModel], Awaitable[None]]) -> None:
        async def whole() -> None:
            async with engine_and_source(request.param, tmp_path) as (engine, source):
                await story(await engine.load(source))

        asyncio.run(whole())

    return run


def ask(inputs: str | None = None, **more: object) -> Question:
    words = {"inputs": inputs, "do": inputs, **more} if inputs in ("refuse", "die") else {"inputs": inputs, **more}
    return Question(orjson.dumps(words))


async def text(model: LoadedModel, inputs: str, **more: object) -> str:
    return orjson.loads((await model.predict(ask(inputs, **more))).body)[0]["generated_text"]


def test_a_question_is_answered(with_model):
    async def story(model: LoadedModel) -> None:
        answer = await model.predict(ask("hello"))
        assert orjson.loads(answer.body)[0]["generated_text"] == "hello"
        assert (answer.media_type, answer.tokens) == ("application/json", 1)
        assert model.status().state is ModelState.READY
        assert model.status().waiting == 0

    with_model(story)


def test_many_at_once_each_get_their_own_answer(with_model):
    async def story(model: LoadedModel) -> None:
        texts = [f"text {index}" for index in range(60)]
        assert await asyncio.gather(*(text(model, one) for one in texts)) == texts

    with_model(story)


def test_what_is_wrong_with_one_question_reaches_its_asker_only(with_model):
    async def story(model: LoadedModel) -> None:
        bad = [ask("refuse"), Question(b"{"), Question(b"[]"), Question(b"\xff\xfe")]
        good = [text(model, "fine") for _ in range(3)]
        found = await asyncio.gather(*map(model.predict, bad), *good, return_exceptions=True)
        assert [isinstance(one, (InvalidInput, InternalError, ModelFailed)) for one in found[:4]] == [True] * 4
        assert isinstance(found[0], InvalidInput)
        assert found[4:] == ["fine"] * 3
        assert await text(model, "still there") == "still there"

    with_model(story)


def test_a_stream_comes_in_chunks(with_model):
    async def story(model: LoadedModel) -> None:
        chunks = [orjson.loads(chunk) async for chunk in model.stream(ask("word"))]
        said = [chunk for chunk in chunks if not chunk["token"].get("special")]  # a last one may tell counts
        assert [chunk["token"]["text"] for chunk in said] == ["word"] * 3
        assert [chunk["index"] for chunk in said] == [0, 1, 2]
        assert model.status().waiting == 0

    with_model(story)


def test_a_stream_that_cannot_begin_says_so(with_model):
    async def story(model: LoadedModel) -> None:
        with pytest.raises(InvalidInput):
            await anext(model.stream(ask("refuse")))
        assert await text(model, "fine") == "fine"

    with_model(story)


def test_closing_a_stream_early_leaves_the_model_free(with_model):
    async def story(model: LoadedModel) -> None:
        stream = model.stream(ask("long", count=10_000, pause=0.01))
        await anext(stream)
        assert model.status().waiting == 1
        await stream.aclose()
        assert model.status().waiting == 0
        assert await asyncio.wait_for(text(model, "fine"), 10) == "fine"

    with_model(story)


def test_who_waits_when_it_dies_is_told_at_once(with_model):
    async def story(model: LoadedModel) -> None:
        waiting = [asyncio.create_task(text(model, "die")) for _ in range(2)]
        for found in await asyncio.gather(*waiting, return_exceptions=True):
            assert isinstance(found, ModelFailed)
            assert found.status == 503
        with pytest.raises(ModelFailed):
            await text(model, "anybody there?")

    with_model(story)


def test_unloading_ends_it_for_good(with_model):
    async def story(model: LoadedModel) -> None:
        await model.unload()
        await model.unload()
        assert model.status().state is ModelState.GONE
        assert model.status().memory_bytes == 0
        with pytest.raises(ModelFailed, match="unloaded"):
            await text(model, "hello")
        with pytest.raises(ModelFailed, match="unloaded"):
            await anext(model.stream(ask("hello")))

    with_model(story)


def test_unloading_tells_those_who_wait(with_model):
    async def story(model: LoadedModel) -> None:
        stream = model.stream(ask("long", count=10_000, pause=0.01))
        await anext(stream)
        await model.unload()
        with pytest.raises(ModelFailed):
            async for _ in stream:
                pass

    with_model(story)


@pytest.mark.parametrize("driver", DRIVERS)
def test_closing_the_engine_unloads_everything(driver, tmp_path):
    async def story() -> None:
        async with engine_and_source(driver, tmp_path) as (engine, source):
            models = [await engine.load(source) for _ in range(2)]
            await engine.close()
            assert [model.status().state for model in models] == [ModelState.GONE] * 2

    asyncio.run(story())


# The worker's own promises.


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_model_that_cannot_be_loaded_says_why_and_leaves_no_process(tmp_path):
    async def story() -> None:
        async with worker_engine(tmp_path, load_timeout_seconds=3.0) as engine:
            with pytest.raises(UnusableModel, match="not meant to be used"):
                await engine.load(ModelSource("unusable", TASK))
            with pytest.raises(ModelFailed, match="process ended"):
                await engine.load(ModelSource("dies", TASK))
            with pytest.raises(ModelFailed, match="longer than 3 seconds"):
                await engine.load(ModelSource("hangs", TASK))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(engine.load(ModelSource("hangs", TASK)), 1)
        assert not _children()

    asyncio.run(story())


def _children() -> list[str]:
    task = Path(f"/proc/self/task/{os.getpid()}/children")
    return [pid for pid in task.read_text().split() if "engines" in Path(f"/proc/{pid}/cmdline").read_text()]


def test_questions_that_wait_are_answered_together_and_within_the_batch_size(tmp_path):
    async def story() -> None:
        async with worker_engine(tmp_path) as engine:
            model = await engine.load(ModelSource("x", "count", {"batch_size": "8"}))
            busy = asyncio.create_task(model.predict(ask("", do="sleep", seconds=0.3)))
            await asyncio.sleep(0.1)
            counts = await asyncio.gather(*(model.predict(ask("x", do="count", size=2)) for _ in range(10)))
            await busy
            together = [orjson.loads(answer.body)["together"] for answer in counts]
            assert together == [4] * 8 + [2] * 2
            one = orjson.loads((await model.predict(ask("x", do="count", size=100))).body)
            assert one["together"] == 1

    asyncio.run(story())


def test_only_parts_of_one_group_go_together(tmp_path):
    async def story() -> None:
        async with worker_engine(tmp_path) as engine:
            model = await engine.load(ModelSource("x", "count"))
            busy = asyncio.create_task(model.predict(ask("", do="sleep", seconds=0.3)))
            await asyncio.sleep(0.1)
            asked = (model.predict(ask("x", do="count", group=str(index % 2))) for index in range(6))
            together = [orjson.loads(answer.body)["together"] for answer in await asyncio.gather(*asked)]
            await busy
            assert together == [3] * 6

    asyncio.run(story())


def test_a_question_that_fails_does_not_spoil_the_others_of_its_batch(tmp_path):
    async def story() -> None:
        async with worker_engine(tmp_path) as engine:
            model = await engine.load(ModelSource("x", TASK))
            busy = asyncio.create_task(model.predict(ask("", do="sleep", seconds=0.2)))
            await asyncio.sleep(0.05)
            found = await asyncio.gather(
                text(model, "a"), model.predict(ask("x", do="fail")), text(model, "b"), return_exceptions=True
            )
            await busy
            assert (found[0], found[2]) == ("a", "b")
            assert isinstance(found[1], ModelFailed)

    asyncio.run(story())


def test_a_withdrawn_question_is_not_computed(tmp_path):
    async def story() -> None:
        async with worker_engine(tmp_path) as engine:
            model = await engine.load(ModelSource("x", "count"))
            busy = asyncio.create_task(model.predict(ask("", do="sleep", seconds=0.5)))
            await asyncio.sleep(0.1)
            slow = [asyncio.create_task(model.predict(ask("", do="sleep", seconds=30))) for _ in range(3)]
            await asyncio.sleep(0.1)
            for task in slow:
                task.cancel()
            await busy
            assert await asyncio.wait_for(model.predict(ask("x", do="count")), 5)

    asyncio.run(story())


def test_one_stream_does_not_keep_others_waiting(tmp_path):
    async def story() -> None:
        async with worker_engine(tmp_path) as engine:
            model = await engine.load(ModelSource("x", TASK))
            stream = model.stream(ask("word", count=1000, pause=0.1))
            await anext(stream)
            began = time.monotonic()
            assert await text(model, "quick") == "quick"
            assert [chunk async for chunk in model.stream(ask("other"))]
            assert time.monotonic() - began < 60  # the first one takes a hundred
            await stream.aclose()

    asyncio.run(story())


def test_more_streams_than_run_at_once_take_turns(tmp_path):
    async def story() -> None:
        async with worker_engine(tmp_path) as engine:
            model = await engine.load(ModelSource("x", TASK))

            async def whole(word: str) -> list[str]:
                return [orjson.loads(chunk)["token"]["text"] async for chunk in model.stream(ask(word, pause=0.01))]

            words = [f"word {index}" for index in range(2 * MOST_AT_ONCE + 1)]
            waiting = [asyncio.create_task(whole(word)) for word in words]
            withdrawn = asyncio.create_task(whole("nobody waits for this"))
            await asyncio.sleep(0.05)
            withdrawn.cancel()
            assert await asyncio.gather(*waiting) == [[word] * 3 for word in words]

    asyncio.run(story())


def order_of(model: LoadedModel, *questions: Question):
    """Answers in the order in which they came, to questions that were all asked while the model was busy."""

    async def story() -> list[str]:
        came: list[str] = []

        async def one(question: Question) -> None:
            first = orjson.loads((await model.predict(question)).body)[0]
            came.append((first[0] if isinstance(first, list) else first)["generated_text"])

        busy = asyncio.create_task(model.predict(ask("", do="sleep", seconds=0.3)))
        await asyncio.sleep(0.1)
        await asyncio.gather(*(one(question) for question in questions), busy)
        return came

    return story()


def test_the_most_urgent_go_first_and_much_work_goes_last(tmp_path):
    def with_urgency(question: Question, urgency: int) -> Question:
        return Question(question.body, urgency=urgency)

    async def story() -> None:
        async with worker_engine(tmp_path) as engine:
            model = await engine.load(ModelSource("x", TASK, {"batch_size": "1"}))
            later, soon = with_urgency(ask("later"), 6), with_urgency(ask("soon"), 1)
            much = Question(orjson.dumps({"inputs": ["much"] * 20}))
            found = await order_of(model, later, ask("first"), soon, ask("second"))
            assert found == ["soon", "first", "second", "later"]
            assert await order_of(model, much, later, ask("one")) == ["one", "much", "later"]

    asyncio.run(story())


def test_questions_that_join_are_computed_beside_each_other_and_begin_as_there_is_room(tmp_path):
    async def story() -> None:
        async with worker_engine(tmp_path) as engine:
            model = await engine.load(ModelSource("x", TASK))
            long = asyncio.create_task(text(model, "long", steps=200, pause=0.01))
            assert [await text(model, f"short {index}", steps=3) for index in range(3)] == [
                "short 0", "short 1", "short 2"
            ]  # fmt: skip
            assert not long.done()
            many = [asyncio.create_task(text(model, str(index), steps=5)) for index in range(3 * MOST_AT_ONCE)]
            assert await asyncio.gather(*many) == [str(index) for index in range(3 * MOST_AT_ONCE)]
            several = orjson.loads((await model.predict(ask(["a", "b"], steps=3))).body)
            assert [one[0]["generated_text"] for one in several] == ["a", "b"]
            with pytest.raises(ModelFailed):
                await text(model, "x", do="fail", steps=2)
            many = [asyncio.create_task(text(model, "given up", steps=10_000)) for _ in range(MOST_AT_ONCE - 1)]
            await asyncio.sleep(0.1)
            for task in many:
                task.cancel()
            assert await asyncio.wait_for(text(model, "next", steps=3), 10) == "next"
            long.cancel()

    asyncio.run(story())


def test_a_question_that_needs_too_much_memory_is_told_so_and_the_next_is_answered(tmp_path):
    async def story() -> None:
        async with worker_engine(tmp_path) as engine:
            limit = {"memory_bytes": str(512 * 1024**2)}
            model = await engine.load(ModelSource("x", TASK, limit))
            for _ in range(2):
                with pytest.raises(OutOfMemory, match="HOLDFAST_INFERENCE_MODEL_MEMORY_BYTES"):
                    await model.predict(ask("x", do="eat", bytes=2 * 1024**3))
            assert await text(model, "fine") == "fine"
            with pytest.raises(UnusableModel, match="more memory than a model may take"):
                await engine.load(ModelSource("large", TASK, limit))

    asyncio.run(story())


def test_a_killed_process_takes_nobody_with_it(tmp_path):
    async def story() -> None:
        async with worker_engine(tmp_path) as engine:
            victim, other = [await engine.load(ModelSource("x", TASK)) for _ in range(2)]
            waiting = asyncio.create_task(victim.predict(ask("", do="hang")))
            await asyncio.sleep(0.1)
            os.kill(victim.status().facts["pid"], signal.SIGKILL)
            with pytest.raises(ModelFailed, match="SIGKILL"):
                await waiting
            assert victim.status().state is ModelState.GONE
            assert await text(other, "fine") == "fine"

    asyncio.run(story())


def test_a_process_that_hangs_is_ended(tmp_path):
    async def story() -> None:
        async with worker_engine(tmp_path, timeout_seconds=1.0) as engine:
            model = await engine.load(ModelSource("x", TASK))
            await asyncio.sleep(1.5)  # silence while nobody asks is no hanging
            assert await text(model, "fine") == "fine"
            with pytest.raises(ModelFailed, match="said nothing for 1 seconds"):
                await model.predict(ask("", do="hang"))
            await model.unload()
            assert not alive(model.status().facts["pid"])

    asyncio.run(story())


def test_the_process_takes_memory_and_gives_it_back(tmp_path):
    async def story() -> None:
        async with worker_engine(tmp_path) as engine:
            model = await engine.load(ModelSource("x", TASK))
            assert model.status().memory_bytes > 5_000_000
            await model.unload()
            assert not alive(model.status().facts["pid"])

    asyncio.run(story())


SERVER = """
import asyncio, sys
from pathlib import Path
from holdfast.backends.engines.factory import open_worker_engine
from holdfast.backends.engines.protocol import ModelSource, Question

async def main():
    engine = open_worker_engine(sys.argv[1], Path("."), timeout_seconds=60, load_timeout_seconds=60)
    idle, busy = [await engine.load(ModelSource("x", "t")) for _ in range(2)]
    print(idle.status().facts["pid"], busy.status().facts["pid"], flush=True)
    await busy.predict(Question(b'{"do": "hang"}'))

asyncio.run(main())
"""


def test_the_processes_of_a_server_that_is_killed_die_with_it(tmp_path):
    server = subprocess.Popen([sys.executable, "-c", SERVER, LOADER], stdout=subprocess.PIPE, text=True, env=_paths())
    pids = [int(word) for word in server.stdout.readline().split()]
    time.sleep(0.2)
    server.kill()
    server.wait()
    server.stdout.close()
    assert len(pids) == 2
    give_up = time.monotonic() + 20
    while any(map(alive, pids)) and time.monotonic() < give_up:
        time.sleep(0.05)
    assert not any(map(alive, pids))


def _paths() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def environment_of(pid: int) -> str:
    return Path(f"/proc/{pid}/environ").read_text()


def test_the_process_sees_no_secret_of_the_server(tmp_path, monkeypatch):
    monkeypatch.setenv("HOLDFAST_SECRET", "s3cret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")

    async def story() -> None:
        async with worker_engine(tmp_path) as engine:
            model = await engine.load(ModelSource("x", TASK))
            assert "s3cret" not in environment_of(model.status().facts["pid"])

    asyncio.run(story())


# The remote driver's own promises.


def test_a_server_that_is_not_there_or_cannot_do_the_task(tmp_path):
    async def story() -> None:
        engine = open_remote_engine(timeout_seconds=5.0)
        with pytest.raises(ModelFailed, match="cannot be reached"):
            await engine.load(ModelSource("http://127.0.0.1:9/v1", TASK))
        with pytest.raises(UnknownTask):
            await engine.load(ModelSource("http://127.0.0.1:9/v1", "object-detection"))
        async with openai_server() as server:
            model = await engine.load(ModelSource(server.url, TASK, {"model": "chosen"}))
            with pytest.raises(ModelBusy):
                await text(model, "busy")
            await text(model, "hello", parameters={"max_new_tokens": 3, "stop": ["."]})
            assert server.last == {
                "model": "chosen", "stream": False, "prompt": "hello", "max_tokens": 3, "stop": ["."]
            }  # fmt: skip
            vectors = await engine.load(ModelSource(server.url, "feature-extraction"))
            answer = await vectors.predict(Question(b'{"inputs": ["a", "bbb"]}'))
            assert (answer.body, answer.tokens) == (b"[[1.0],[3.0]]", 2)
            await engine.close()

    asyncio.run(story())


def test_a_client_that_goes_away_is_noticed_over_there(tmp_path):
    async def story() -> None:
        engine = open_remote_engine(timeout_seconds=5.0)
        async with openai_server() as server:
            model = await engine.load(ModelSource(server.url, TASK))
            stream = model.stream(ask("long"))
            await anext(stream)
            await stream.aclose()
            await asyncio.wait_for(server.somebody_left.wait(), 5)
            await engine.close()

    asyncio.run(story())
