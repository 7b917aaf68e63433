"""Inference over HTTP with a model of our own in real processes: no model library is needed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from holdfast.app.server import create_application
from holdfast.app.services import Services, open_services
from holdfast.base.identity import SYSTEM, Actor, TokenRole
from holdfast.base.settings import Settings
from holdfast.hub.repos.domain import AddFile, CommitHeader
from holdfast.hub.repos.service.lifecycle import SettingsChange
from holdfast.inference.domain.deployments import Limits
from holdfast.inference.service import InferenceChoices, open_inference
from tests.factories import engines
from tests.factories.hub import MODEL
from tests.factories.inference import GIBIBYTE, repo_id

WAITING = 4
CARD = "---\npipeline_tag: {task}\n---\n"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def events(self) -> list[str]:
        return [line.removeprefix("data: ") for line in self.body.decode().splitlines() if line.startswith("data: ")]


@dataclass
class Conversation:
    """A client of the application in this process; `leave` hangs up."""

    app: Any
    token: str
    left: asyncio.Event = field(default_factory=asyncio.Event)
    parts: list[dict[str, Any]] = field(default_factory=list)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    def leave(self) -> None:
        self.left.set()

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        given = {"content-type": "application/json", "authorization": f"Bearer {self.token}", "host": "hub.test"}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [
                (name.replace("_", "-").encode(), value.encode()) for name, value in (given | headers).items() if value
            ],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        messages = iter([{"type": "http.request", "body": content, "more_body": False}])

        async def receive() -> dict[str, Any]:
            for message in messages:
                return message
            await self.left.wait()
            return {"type": "http.disconnect"}

        async def sent(message: dict[str, Any]) -> None:
            self.parts.append(message)
            self.heard.set()

        await self.app(scope, receive, sent)
        if not self.parts:
            return Answer(0, {}, b"")
        start, *rest = self.parts
        found = {name.decode(): value.decode() for name, value in start["headers"]}
        return Answer(start["status"], found, b"".join(part.get("body", b"") for part in rest))


@dataclass
class World:
    services: Services
    app: Any
    token: str

    def talk(self) -> Conversation:
        return Conversation(self.app, self.token)

    async def post(self, path: str, body: Any, **headers: str) -> Answer:
        return await self.talk().send("POST", path, body, **headers)

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.talk().send("GET", path, **headers)

    @property
    def deployments(self) -> list[Any]:
        return self.services.inference.keeper.deployments()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Runs a story on a server that has the model alice/m for text-generation."""
    monkeypatch.setattr("holdfast.inference.service.opening.find_spec", lambda _: True)
    services = open_services(Settings(data_dir=tmp_path / "data"))
    alice = services.accounts.accounts.create_user(SYSTEM, "alice", is_site_admin=True)
    actor = Actor(user_id=alice.id, username="alice")
    token = services.accounts.tokens.create_access_token(SYSTEM, "t", TokenRole.WRITE, username="alice").secret
    services.repos.lifecycle.create_repo(actor, MODEL, repo_id("alice/m"))
    _put(services, actor, CARD.format(task="text-generation"))
    folder = tmp_path / "data" / "inference"
    limits = Limits(memory_bytes=GIBIBYTE, waiting=WAITING, answer_seconds=20.0)

    def run(story: Callable[[World], Awaitable[None]], pinned: str = "") -> None:
        choices = InferenceChoices(limits, pinned=pinned)
        inference = open_inference(services.repos, services.objects, folder, choices, engines.LOADER)
        whole = replace(services, inference=inference)

        async def live() -> None:
            try:
                await story(World(whole, create_application(whole), token))
            finally:
                await inference.stop()

        asyncio.run(asyncio.wait_for(live(), 120))

    yield run
    services.close()


def _put(services: Services, actor: Actor, card: str) -> None:
    header = CommitHeader("add", "", None)
    services.repos.commits.create_commit(
        actor, MODEL, repo_id("alice/m"), "main", header, [AddFile("README.md", card.encode())]
    )


def test_a_model_answers_under_all_of_its_addresses(world):
    async def story(world: World) -> None:
        body = {"inputs": "hello"}
        for path in (
            "/models/alice/m",
            "/models/alice/m/pipeline/text-generation",
            "/pipeline/text-generation/alice/m",
            "/hf-inference/models/alice/m",
        ):
            answer = await world.post(path, body)
            assert (answer.status, answer.json) == (200, [{"generated_text": "hello"}]), path
        assert (await world.post("/generate", {"model": "alice/m", **body})).json == {"generated_text": "hello"}
        assert (await world.post("/models/alice/m/generate", body)).json == {"generated_text": "hello"}
        assert len(world.deployments) == 1

    world(story)


def test_pinned_models_are_loaded_at_the_start_and_those_that_cannot_be_do_no_harm(world):
    async def story(world: World) -> None:
        world.services.inference.start()
        async with asyncio.timeout(30):
            while not world.deployments or world.deployments[0].loaded_at is None:  # noqa: ASYNC110 - nobody tells us
                await asyncio.sleep(0.05)
        assert [(one.model.repo_id, one.is_pinned) for one in world.deployments] == [("alice/m", True)]

    world(story, "alice/m alice/nothing")


def test_what_serves_a_model_can_be_asked(world):
    async def story(world: World) -> None:
        before = (await world.get("/models/alice/m/info")).json
        assert (before["model_id"], before["model_pipeline_tag"]) == ("alice/m", "text-generation")
        assert before["deployments"] == []
        assert (await world.get("/v1/models")).json["data"] == []
        await world.post("/models/alice/m", {"inputs": "x"})
        [deployment] = (await world.get("/models/alice/m/info")).json["deployments"]
        assert (deployment["state"], deployment["task"]) == ("ready", "text-generation")
        assert deployment["memory_bytes"] > 0
        assert (await world.get("/models/alice/m/health")).status == 200
        assert [row["id"] for row in (await world.get("/v1/models")).json["data"]] == ["alice/m"]
        assert (await world.get("/v1/models/alice/m")).json["id"] == "alice/m"
        metrics = (await world.get("/metrics")).body.decode()
        assert 'requests_total{task="text-generation",outcome="ok"} 1' in metrics
        assert (await world.get("/metrics", authorization="")).status == 401

    world(story)


def test_a_private_model_is_not_listed_to_others(world):
    async def story(world: World) -> None:
        await world.post("/models/alice/m", {"inputs": "x"})
        services = world.services
        services.repos.lifecycle.update_settings(SYSTEM, MODEL, repo_id("alice/m"), SettingsChange(private=True))
        assert (await world.get("/v1/models", authorization="")).json["data"] == []
        assert len((await world.get("/v1/models")).json["data"]) == 1
        assert (await world.post("/models/alice/m", {"inputs": "x"}, authorization="")).status == 401

    world(story)


def test_streams_come_as_events(world):
    async def story(world: World) -> None:
        answer = await world.post("/models/alice/m", {"inputs": "word", "stream": True})
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert [json.loads(event)["token"]["text"] for event in answer.events] == ["word"] * 3
        answer = await world.post("/models/alice/m/generate_stream", {"inputs": "word"})
        assert len(answer.events) == 3
        answer = await world.post("/v1/completions", {"model": "alice/m", "prompt": "word", "stream": True})
        assert answer.events[-1] == "[DONE]"
        chunk = json.loads(answer.events[0])
        assert (chunk["object"], chunk["choices"][0]["text"]) == ("text_completion", "word")

    world(story)


def test_an_error_before_the_first_event_is_an_ordinary_one_and_a_later_one_an_event(world):
    async def story(world: World) -> None:
        refused = {"inputs": "x", "do": "refuse", "stream": True}
        assert (await world.post("/models/alice/m", refused)).status == 400
        answer = await world.post("/models/alice/m", {"inputs": "x", "do": "fail", "stream": True})
        assert answer.status == 200
        assert [sorted(json.loads(event)) for event in answer.events][-1] == ["error", "error_type"]
        answer = await world.post("/models/alice/m", {"inputs": "x", "do": "die", "stream": True})
        assert "error" in json.loads(answer.events[-1])
        assert (await world.post("/models/alice/m", {"inputs": "x"})).status == 200

    world(story)


def test_a_worker_killed_in_the_middle_of_a_request_means_503_and_the_next_request_succeeds(world):
    async def story(world: World) -> None:
        await world.post("/models/alice/m", {"inputs": "x"})
        pid = world.deployments[0].facts["pid"]
        request = asyncio.create_task(world.post("/models/alice/m", {"inputs": "x", "do": "hang"}))
        await asyncio.sleep(0.3)
        os.kill(pid, signal.SIGKILL)
        answer = await request
        assert (answer.status, answer.headers["x-error-code"]) == (503, "ModelFailed")
        assert int(answer.headers["retry-after"]) > 0
        assert "SIGKILL" in answer.json["error"]
        again = await world.post("/models/alice/m", {"inputs": "again"})
        assert (again.status, again.json) == (200, [{"generated_text": "again"}])
        assert world.deployments[0].facts["pid"] != pid

    world(story)


def test_a_full_queue_means_429_with_retry_after(world):
    async def story(world: World) -> None:
        await world.post("/models/alice/m", {"inputs": "x"})
        slow = {"inputs": "x", "do": "sleep", "seconds": 1.5}
        waiting = [asyncio.create_task(world.post("/models/alice/m", slow)) for _ in range(WAITING)]
        await asyncio.sleep(0.3)
        refused = await world.post("/models/alice/m", {"inputs": "x"})
        assert (refused.status, refused.headers["x-error-code"]) == (429, "ModelBusy")
        assert int(refused.headers["retry-after"]) > 0
        refused = await world.post("/v1/completions", {"model": "alice/m", "prompt": "x"})
        assert (refused.status, refused.json["error"]["type"]) == (429, "rate_limit_error")
        for request in waiting:
            request.cancel()

    world(story)


def test_a_client_that_hangs_up_frees_the_model(world):
    async def story(world: World) -> None:
        await world.post("/models/alice/m", {"inputs": "x"})
        for body in ({"inputs": "x", "count": 10_000, "pause": 0.01, "stream": True}, {"do": "sleep", "seconds": 0.2}):
            client = world.talk()
            request = asyncio.create_task(client.send("POST", "/models/alice/m", body))
            await asyncio.sleep(0.1)
            assert world.deployments[0].waiting == 1
            client.leave()
            await request
            assert world.deployments[0].waiting == 0
        assert (await world.post("/models/alice/m", {"inputs": "fine"})).status == 200

    world(story)


def test_who_does_not_wait_for_loading_gets_503_with_an_estimate(world):
    async def story(world: World) -> None:
        answer = await world.post("/models/alice/m", {"inputs": "x"}, x_wait_for_model="0")
        assert (answer.status, answer.headers["x-error-code"]) == (503, "ModelLoading")
        assert answer.json["estimated_time"] > 0
        assert "currently loading" in answer.json["error"]
        assert (await world.post("/models/alice/m", {"inputs": "x"}, x_wait_for_model="1")).status == 200

    world(story)


BAD_BODIES = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"\xff\xfe\x00",
    b'{"inputs": NaN}',
    b'{"model": 5}',
    b'{"model": "a/b/c/d"}',
    b'{"model": "alice/m", "prompt": 5}',
    b'{"model": "alice/m", "prompt": []}',
    b'{"model": "alice/m", "prompt": ["a", 5]}',
    b'{"model": "alice/m", "input": {"a": 1}}',
    b'{"model": "alice/m", "input": "x", "encoding_format": "gif"}',
    b'{"model": "alice/m", "inputs": [[1]], "query": 5}',
    b'{"model": "alice/m", "query": "x", "texts": "not a list"}',
    b'{"model": "alice/m", "messages": 5, "stream": "yes"}',
    b'{"model": "alice/m", "prompt": "x", "n": 7}',
    b'{"stream": true',
    b"[" * 100_000,
]


@pytest.mark.parametrize("kind", ["text", "octets"])
def test_malformed_bodies_are_the_clients_fault(world, kind):
    paths = ("/v1/completions", "/v1/chat/completions", "/v1/embeddings", "/embed", "/rerank", "/predict", "/generate")

    async def story(world: World) -> None:
        content_type = "application/json" if kind == "text" else "application/octet-stream"
        for path in paths:
            for body in BAD_BODIES:
                answer = await world.post(path, body, content_type=content_type)
                assert 400 <= answer.status < 500, (path, body[:60], answer.status, answer.body[:200])
        assert (await world.post("/models/alice/m/pipeline/mind-reading", {"inputs": "x"})).status == 400
        assert (await world.post("/models/alice/m/pipeline/%00", {"inputs": "x"})).status == 400
        assert (await world.post("/models/alice/m", {"inputs": "fine"})).status == 200

    world(story)


def test_other_apis_get_the_shapes_they_expect(world):
    async def story(world: World) -> None:
        chat = {"model": "alice/m", "messages": [{"role": "user", "content": "hello"}]}
        answer = (await world.post("/v1/chat/completions", chat)).json
        assert answer["choices"][0]["message"]["content"] == "hello"
        assert (answer["model"], answer["id"][:9]) == ("alice/m", "chatcmpl-")
        answer = (await world.post("/models/alice/m/v1/completions", {"prompt": ["a", "b"]})).json
        assert [(choice["index"], choice["text"]) for choice in answer["choices"]] == [(0, "a"), (1, "b")]
        answer = (await world.post("/v1/embeddings", {"model": "alice/m", "input": ["a", "bbb"]})).json
        assert [row["embedding"] for row in answer["data"]] == [[1.0, 1.0], [3.0, 1.0]]
        body = {"model": "alice/m", "input": "a", "encoding_format": "base64"}
        answer = (await world.post("/v1/embeddings", body)).json
        assert answer["data"][0]["embedding"] == "AACAPwAAgD8="
        assert (await world.post("/embed", {"model": "alice/m", "inputs": "a"})).json == [[1.0, 1.0]]
        answer = (await world.post("/models/alice/m/predict", {"inputs": "good"})).json
        assert answer == [{"label": "good", "score": 1.0}]
        answer = (await world.post("/models/alice/m/predict", {"inputs": [["good"], ["bad"]]})).json
        assert [row[0]["label"] for row in answer] == ["good", "bad"]

    world(story)


def test_errors_name_fields_as_the_request_does(world):
    async def story(world: World) -> None:
        asked = {"model": "alice/m", "messages": [{"role": "user", "content": "hello"}], "do": "refuse"}
        for more in ({}, {"stream": True}):
            answer = await world.post("/v1/chat/completions", asked | more)
            assert (answer.status, answer.json["error"]["message"]) == (400, "`messages` are refused")
        answer = await world.post("/models/alice/m/generate", {"inputs": "a", "parameters": {"nothing": 1}})
        assert answer.status == 200
        for path, body, name in (
            (
                "/v1/embeddings",
                {"model": "alice/m", "input": [[5, 6]]},
                "`input` must be a string or a list of strings",
            ),
            ("/v1/embeddings", {"model": "alice/m", "input": "a", "mystery": 1}, "`mystery` is not known here"),
            ("/v1/completions", {"model": "alice/m", "prompt": "a", "mystery": 1}, "`mystery` is not known here"),
        ):
            answer = await world.post(path, body)
            assert answer.status == 400
            assert answer.json["error"]["message"].startswith(name)

    world(story)


def test_sounds_go_both_ways(world):
    async def story(world: World) -> None:
        form = (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\nRIFF\r\n'
            b'--x\r\nContent-Disposition: form-data; name="response_format"\r\n\r\n%s\r\n--x--\r\n'
        )
        path, kind = "/models/alice/m/v1/audio/transcriptions", "multipart/form-data; boundary=x"
        assert (await world.post(path, form % b"json", content_type=kind)).json == {"text": "UklGRg=="}
        assert (await world.post(path, form % b"text", content_type=kind)).body == b"UklGRg==\n"
        assert (await world.post(path, form % b"verbose_json", content_type=kind)).json["segments"] == []
        assert (await world.post(path, form % b"vtt", content_type=kind)).body == b"WEBVTT\n"
        more = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
        streamed = await world.post(path, more % (b"stream", b"true") + form % b"json", content_type=kind)
        told = [json.loads(event) for event in streamed.events]
        assert [one["type"] for one in told] == ["transcript.text.delta", "transcript.text.done"]
        assert (told[0]["delta"], told[1]["text"]) == ("UklGRg==", "UklGRg==")
        for name, value, status in (
            (b"temperature", b"0", 200),
            (b"prompt", b"", 200),
            (b"timestamp_granularities[]", b"segment", 200),
            (b"timestamp_granularities[]", b"word", 400),
            (b"temperature", b"warm", 400),
            (b"prompt", b"names", 400),
        ):
            answer = await world.post(path, more % (name, value) + form % b"json", content_type=kind)
            assert answer.status == status, (name, value)
            assert status == 200 or name.decode().removesuffix("[]") in answer.json["error"]["message"]
        for bad in (form % b"gif", b"--x--\r\n", b"nothing like a form", b""):
            answer = await world.post(path, bad, content_type=kind)
            assert answer.status == 400, bad
            assert answer.json["error"]["type"] == "invalid_request_error"
        answer = await world.post("/v1/audio/speech", {"model": "alice/m", "input": "hello", "voice": "x"})
        assert answer.status == 200
        asked = {"model": "alice/m", "input": "hello", "voice": "x"}
        for wrong in ({"response_format": "mp3"}, {"speed": 2.0}, {"instructions": "sing"}):
            assert (await world.post("/v1/audio/speech", asked | wrong)).status == 400
        assert (await world.post("/v1/audio/speech", asked | {"speed": 1.0, "stream_format": "audio"})).status == 200

    world(story)


def test_without_the_libraries_every_address_says_what_to_install(world, monkeypatch):
    async def story(world: World) -> None:
        monkeypatch.setattr("holdfast.inference.service.opening.find_spec", lambda _: None)
        for path, body in (
            ("/models/alice/m", {"inputs": "x"}),
            ("/v1/embeddings", {"model": "alice/m", "input": "x"}),
        ):
            answer = await world.post(path, body)
            assert answer.status == 501
            assert 'pip install "holdfast[inference]"' in answer.headers["x-error-message"]

    world(story)


def test_pictures_are_not_painted_and_the_answer_names_what_is_done(world):
    async def story(world: World) -> None:
        answer = await world.post("/v1/images/generations", {"model": "alice/m", "prompt": "a cat"})
        assert (answer.status, answer.json["error"]["code"]) == (400, "UnknownTask")
        assert "text-generation" in answer.json["error"]["message"]

    world(story)
