"""OpenAI's responses in the words of chats, and back. Nothing is stored: each request brings its whole conversation.

Source: platform.openai.com/docs/api-reference/responses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from holdfast.base.errors import InvalidInput

_SAME = ("temperature", "top_p", "parallel_tool_calls", "top_logprobs")
_NOTHING_STORED = "is not supported, as nothing is stored here: send the whole conversation as `input`"
_UNSUPPORTED = {
    "previous_response_id": _NOTHING_STORED,
    "conversation": _NOTHING_STORED,
    "prompt": "is not supported, as nothing is stored here: send its text as `instructions`",
    "background": "is not supported: leave it out and wait, or stream",
}
_LOGPROBS = "message.output_text.logprobs"
_THOUGHTS = "reasoning"
"""Items that models of others leave in a conversation. Like those, models here are not shown them again."""
_TEXTS = ("input_text", "output_text", "text")


def chat_request(body: Mapping[str, Any]) -> dict[str, Any]:
    """The chat request that a request for a response means.

    Raises:
        InvalidInput: something that is not supported, or no conversation.
    """
    for name, problem in _UNSUPPORTED.items():
        if body.get(name):
            raise InvalidInput(field=name, problem=problem)
    instructions = body.get("instructions")
    messages = [{"role": "system", "content": instructions}] if instructions else []
    messages += list(_messages(body.get("input")))
    chosen = {name: body[name] for name in _SAME if body.get(name) is not None}
    if body.get("max_output_tokens") is not None:
        chosen["max_tokens"] = body["max_output_tokens"]
    if _LOGPROBS in (body.get("include") or ()) or body.get("top_logprobs"):
        chosen["logprobs"] = True
    written = (body.get("text") or {}).get("format") if isinstance(body.get("text"), Mapping) else None
    if written is not None and written != {"type": "text"}:
        chosen["response_format"] = _response_format(written)
    tools = body.get("tools")
    if tools:
        chosen["tools"] = [_tool(tool) for tool in tools] if isinstance(tools, list) else tools
        chosen["tool_choice"] = _tool_choice(body.get("tool_choice") or "auto")
    return {"messages": messages, **chosen}


def _messages(given: Any) -> Iterator[dict[str, Any]]:
    if isinstance(given, str):
        yield {"role": "user", "content": given}
        return
    if not isinstance(given, list) or not given:
        raise InvalidInput(field="input", problem="must be a string or a list of items")
    for index, item in enumerate(given):
        if not _is_thought(item):
            yield _message(item, f"input[{index}]")


def words_of(body: Mapping[str, Any]) -> dict[str, str]:
    """What a request for a response calls the fields of chats; see `Asked.called`."""
    given = body.get("input")
    items = [index for index, item in enumerate(given) if not _is_thought(item)] if isinstance(given, list) else []
    first = 1 if body.get("instructions") else 0
    places = {f"inputs[{first + number}]": f"input[{index}]" for number, index in enumerate(items)}
    messages = {name.replace("inputs", "messages"): place for name, place in places.items()}
    plain = {"inputs[0].content": "instructions" if first else "input", "inputs[1].content": "input", "inputs": "input"}
    format_ = {"parameters.response_format.json_schema": "text.format", "parameters.response_format": "text.format"}
    return {**places, **messages, **plain, **format_, "parameters.max_tokens": "max_output_tokens", "parameters.": ""}


def _is_thought(item: Any) -> bool:
    return isinstance(item, Mapping) and item.get("type") == _THOUGHTS


def _message(item: Any, name: str) -> dict[str, Any]:
    if not isinstance(item, Mapping):
        raise InvalidInput(field=name, problem="must be an object")
    match item.get("type", "message"):
        case "message":
            return {"role": item.get("role"), "content": _content(item.get("content"), name)}
        case "function_call":
            function = {"name": item.get("name"), "arguments": item.get("arguments")}
            call = {"id": item.get("call_id"), "type": "function", "function": function}
            return {"role": "assistant", "tool_calls": [call]}
        case "function_call_output":
            return {"role": "tool", "tool_call_id": item.get("call_id"), "content": _content(item.get("output"), name)}
        case "item_reference":
            raise InvalidInput(field=name, problem="is a reference, and nothing is stored here: send the item itself")
    raise InvalidInput(field=f"{name}.type", problem="must be message, function_call or function_call_output")


def _content(content: Any, name: str) -> Any:
    if not isinstance(content, list):
        return content
    parts = []
    for part in content:
        kind = part.get("type") if isinstance(part, Mapping) else None
        if kind in _TEXTS:
            parts.append({"type": "text", "text": part.get("text")})
        elif kind == "refusal":
            parts.append({"type": "text", "text": part.get("refusal")})
        elif kind == "input_image" and part.get("image_url") is None:
            raise InvalidInput(field=f"{name}.content", problem="must have pictures as image_url: no files are stored")
        elif kind == "input_image":
            parts.append({"type": "image_url", "image_url": {"url": part.get("image_url")}})
        else:
            raise InvalidInput(field=f"{name}.content", problem="must have parts of type input_text or input_image")
    return parts


def _tool(tool: Any) -> Any:
    if not isinstance(tool, Mapping) or tool.get("type") != "function":
        raise InvalidInput(field="tools", problem="must be functions: other tools are not here")
    names = ("name", "description", "parameters", "strict")
    return {"type": "function", "function": {name: tool[name] for name in names if tool.get(name) is not None}}


def _tool_choice(choice: Any) -> Any:
    """A function by its name, as chats have it."""
    if isinstance(choice, Mapping) and choice.get("type") == "function" and "name" in choice:
        return {"type": "function", "function": {"name": choice["name"]}}
    return choice


def _response_format(written: Any) -> Any:
    if isinstance(written, Mapping) and written.get("type") == "json_schema":
        names = ("name", "schema", "strict", "description")
        return {"type": "json_schema", "json_schema": {name: written[name] for name in names if name in written}}
    return written


@dataclass
class ResponseWriter:
    """Puts a response together, whole or in events.

    Args:
        head: id, time and model.
        asked: the request, parts of which are repeated in the answer.
        message_id: of the one message.
    """

    head: Mapping[str, Any]
    asked: Mapping[str, Any]
    message_id: str
    _text: str = ""
    _calls: dict[int, dict[str, Any]] = field(default_factory=dict)
    _usage: Mapping[str, int] = field(default_factory=dict)
    _reason: str = "stop"
    _noted: list[dict[str, Any]] = field(default_factory=list)
    _count: int = 0
    _is_begun: bool = False

    def whole(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """The response that a whole chat answer means."""
        choice = answer["choices"][0]
        self._take(choice.get("message") or {}, choice)
        self._usage = answer.get("usage") or {}
        return self._response("completed" if self._reason != "length" else "incomplete")

    def begin(self) -> Iterator[dict[str, Any]]:
        """Events before the first text."""
        yield self._event("response.created", response=self._response("in_progress"))
        yield self._event("response.in_progress", response=self._response("in_progress"))

    def _begin_message(self) -> Iterator[dict[str, Any]]:
        """The message begins with its first text: an answer that only calls functions has none."""
        if not self._is_begun:
            self._is_begun = True
            yield self._event("response.output_item.added", output_index=0, item=self._message("in_progress"))
            yield self._part("response.content_part.added", part=_part(""))

    def add(self, chunk: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Events of one chunk of a chat's stream."""
        self._usage = chunk.get("usage") or self._usage
        for choice in chunk.get("choices") or ():
            delta = choice.get("delta") or {}
            noted = self._take(delta, choice)
            if delta.get("content"):
                yield from self._begin_message()
                yield self._part("response.output_text.delta", delta=delta["content"], logprobs=noted)

    def end(self) -> Iterator[dict[str, Any]]:
        """Events after the last text."""
        for index, item in enumerate(self._output("completed")):
            yield from self._message_end() if item["type"] == "message" else self._call_events(index, item)
            yield self._event("response.output_item.done", output_index=index, item=item)
        status = "completed" if self._reason != "length" else "incomplete"
        yield self._event(f"response.{status}", response=self._response(status))

    def _message_end(self) -> Iterator[dict[str, Any]]:
        yield from self._begin_message()
        yield self._part("response.output_text.done", text=self._text, logprobs=self._noted)
        yield self._part("response.content_part.done", part=_part(self._text, self._noted))

    def _call_events(self, index: int, item: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """A call is known only when it is whole, so it comes in one piece."""
        begun = {**item, "arguments": "", "status": "in_progress"}
        yield self._event("response.output_item.added", output_index=index, item=begun)
        place, said = {"item_id": item["id"], "output_index": index}, item["arguments"]
        yield self._event("response.function_call_arguments.delta", **place, delta=said)
        yield self._event("response.function_call_arguments.done", **place, name=item["name"], arguments=said)

    def _take(self, message: Mapping[str, Any], choice: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Take a piece of the answer in; returns its tokens' log-probabilities."""
        self._text += message.get("content") or ""
        self._reason = choice.get("finish_reason") or self._reason
        noted = [_logprob(one) for one in (choice.get("logprobs") or {}).get("content") or ()]
        self._noted += noted
        for position, call in enumerate(message.get("tool_calls") or ()):
            self._calls[call.get("index", position)] = call
        return noted

    def _event(self, kind: str, **fields: Any) -> dict[str, Any]:
        self._count += 1
        return {"type": kind, "sequence_number": self._count - 1, **fields}

    def _part(self, kind: str, **fields: Any) -> dict[str, Any]:
        return self._event(kind, item_id=self.message_id, output_index=0, content_index=0, **fields)

    def _message(self, status: str) -> dict[str, Any]:
        content = [] if status == "in_progress" else [_part(self._text, self._noted)]
        return {"type": "message", "id": self.message_id, "status": status, "role": "assistant", "content": content}

    def _output(self, status: str) -> list[dict[str, Any]]:
        calls = [
            {
                "type": "function_call",
                "id": f"fc_{index}_{self.message_id}",
                "call_id": call["id"],
                "status": "completed",
                **call["function"],
            }
            for index, call in sorted(self._calls.items())
        ]
        has_message = bool(self._text) or self._is_begun or not calls
        return [*([self._message(status)] if has_message else []), *calls]

    def _response(self, status: str) -> dict[str, Any]:
        read, made = self._usage.get("prompt_tokens", 0), self._usage.get("completion_tokens", 0)
        usage = {
            "input_tokens": read,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": made,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": read + made,
        }
        repeated = ("instructions", "max_output_tokens", "temperature", "top_p", "metadata", "user")
        return {
            **self.head,
            "object": "response",
            "status": status,
            "error": None,
            "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
            **{name: self.asked.get(name) for name in repeated},
            "output": [] if status == "in_progress" else self._output("completed"),
            "parallel_tool_calls": self.asked.get("parallel_tool_calls") is not False,
            "previous_response_id": None,
            "store": False,
            "text": self.asked.get("text") or {"format": {"type": "text"}},
            "tool_choice": self.asked.get("tool_choice") or "auto",
            "tools": self.asked.get("tools") or [],
            "truncation": "disabled",
            "usage": None if status == "in_progress" else usage,
        }


def _part(text: str, noted: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": list(noted)}


def _logprob(noted: Mapping[str, Any]) -> dict[str, Any]:
    """A token of a chat's answer as responses have it."""
    return {**_with_bytes(noted), "top_logprobs": [_with_bytes(one) for one in noted.get("top_logprobs") or ()]}


def _with_bytes(noted: Mapping[str, Any]) -> dict[str, Any]:
    return {"token": noted["token"], "logprob": noted["logprob"], "bytes": list(noted["token"].encode())}
