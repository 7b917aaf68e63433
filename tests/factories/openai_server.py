"""A small server that speaks the OpenAI API, as far as attached models need it. It does what the prompt says."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}


@dataclass
class OpenAIServer:
    """`last` is the body of the last request; `somebody_left` is set when a client goes away in the middle."""

    url: str = ""
    somebody_left: asyncio.Event = field(default_factory=asyncio.Event)
    last: dict[str, Any] = field(default_factory=dict)
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def stop(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while await self._answer(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            self.somebody_left.set()
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        line = await reader.readline()
        if not line:
            return False
        length = 0
        while (header := await reader.readline()) not in (b"\r\n", b""):
            if header.lower().startswith(b"content-length:"):
                length = int(header.split(b":")[1])
        body = json.loads(await reader.readexactly(length)) if length else {}
        self.last = body
        path = line.split()[1].decode()
        if path == "/v1/models":
            _reply(writer, 200, {"data": [{"id": "over-there"}]})
        else:
            await self._complete(path, body, writer)
        await writer.drain()
        return True

    async def _complete(self, path: str, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        if path == "/v1/embeddings":
            rows = [{"index": index, "embedding": [float(len(text))]} for index, text in enumerate(body["input"])]
            _reply(writer, 200, {"data": rows[::-1], "usage": {"prompt_tokens": len(rows)}})
            return
        is_chat = path == "/v1/chat/completions"
        prompt = body["messages"][-1]["content"] if is_chat else body["prompt"]
        if prompt == "refuse":
            _reply(writer, 400, {"error": {"message": "no such prompt"}})
        elif prompt == "busy":
            _reply(writer, 429, {"error": {"message": "busy"}})
        elif prompt == "die":
            await self.stop()
            raise ConnectionResetError
        elif body["stream"]:
            await self._stream(body, prompt, writer, is_chat=is_chat)
        else:
            said = {"message": {"role": "assistant", "content": prompt}}
            several = prompt if isinstance(prompt, list) else [prompt]
            texts = [said] if is_chat else [_text(each, body) for each in several]
            choices = [{"index": index, "finish_reason": "stop", **one} for index, one in enumerate(texts)]
            _reply(writer, 200, {"object": "chat.completion", "choices": choices[::-1], "usage": USAGE})

    async def _stream(self, body: dict[str, Any], prompt: str, writer: asyncio.StreamWriter, *, is_chat: bool) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
        said = {"delta": {"role": "assistant", "content": prompt}} if is_chat else _text(prompt, body)
        chunk = json.dumps({"object": "chat.completion.chunk", "choices": [{"index": 0, **said}]})
        for _ in range(1000 if prompt == "long" else 3):
            writer.write(f"data: {chunk}\n\n".encode())
            await writer.drain()
            await asyncio.sleep(0.01 if prompt == "long" else 0)
        if (body.get("stream_options") or {}).get("include_usage"):
            writer.write(f"data: {json.dumps({'choices': [], 'usage': USAGE})}\n\n".encode())
        writer.write(b"data: [DONE]\n\n")
        await writer.drain()
        raise ConnectionResetError if prompt == "long" else asyncio.IncompleteReadError(b"", None)


def _text(prompt: str, body: dict[str, Any]) -> dict[str, Any]:
    if body.get("logprobs") is None:
        return {"text": prompt}
    noted = {"tokens": [prompt], "token_logprobs": [-0.5], "top_logprobs": [{prompt: -0.5}], "text_offset": [0]}
    return {"text": prompt, "logprobs": noted}


def _reply(writer: asyncio.StreamWriter, status: int, value: Any) -> None:
    content = json.dumps(value).encode()
    head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
    writer.write(head.encode() + content)


@asynccontextmanager
async def openai_server() -> AsyncIterator[OpenAIServer]:
    server = OpenAIServer()
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@contextmanager
def openai_server_in_thread() -> Iterator[OpenAIServer]:
    """The same for tests that have no event loop."""
    server, loop = OpenAIServer(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.start(), loop).result(10)
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
