"""`holdfast predict`: ask a model from the shell."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from holdfast.inference.domain.specification import TaskSpec

_BAR_WIDTH = 30


def predict(
    task: Annotated[str, typer.Argument(help="text-classification, summarization, object-detection …")],
    question: Annotated[
        str, typer.Argument(metavar="INPUT", help="A text, a file, JSON for several fields, or - for standard input.")
    ],
    model: Annotated[str, typer.Option(help="A folder, or a repo id of the Hub that HF_ENDPOINT names.")],
    endpoint: Annotated[str | None, typer.Option(help="A server to ask, instead of running the model here.")] = None,
    access_token: Annotated[str | None, typer.Option("--token", help="Access token for private repos.")] = None,
    parameters: Annotated[str, typer.Option(help='The task\'s parameters as JSON, e.g. {"top_k": 3}.')] = "{}",
    output: Annotated[Path | None, typer.Option(help="Where to write a picture or sound that comes back.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs: the answer as JSON, media as base64.")] = False,
) -> None:
    """Ask a model one question; it runs here, or on the server that --endpoint names.

    Example: holdfast predict text-classification "I like it" --model org/name
    """
    from holdfast.client import pipeline  # noqa: PLC0415 - keeps help fast
    from holdfast.inference import tasks  # noqa: PLC0415

    inputs = _read(question, tasks.spec(task))
    ask = pipeline(task, model, endpoint=endpoint, access_token=access_token)
    answer = ask(inputs, **_json_object(parameters))
    if output is not None:
        output.write_bytes(_media(answer))
    if as_json:
        print(json.dumps(tasks.wire_value(answer), ensure_ascii=False))
    elif output is None:
        print(_for_people(answer))


def _read(question: str, spec: TaskSpec) -> Any:
    from holdfast.inference.domain.kinds import Binary, Text  # noqa: PLC0415

    if isinstance(spec.inputs, Binary):
        return sys.stdin.buffer.read() if question == "-" else _file(question)
    text = sys.stdin.read() if question == "-" else question
    if isinstance(spec.inputs, Text) or not text.lstrip().startswith(("{", "[")):
        return text
    return _json(text, "INPUT")


def _file(name: str) -> Any:
    from holdfast.base.errors import InvalidInput  # noqa: PLC0415

    if not Path(name).is_file() and not name.startswith(("http://", "https://", "data:")):
        raise InvalidInput(field="INPUT", problem=f"must name a file; there is no {name}")
    return name


def _json(text: str, name: str) -> Any:
    from holdfast.base.errors import InvalidInput  # noqa: PLC0415

    try:
        return json.loads(text)
    except ValueError as error:
        raise InvalidInput(field=name, problem=f"is not valid JSON: {error}") from None


def _json_object(text: str) -> dict[str, Any]:
    from holdfast.base.errors import InvalidInput  # noqa: PLC0415

    value = _json(text, "--parameters")
    if not isinstance(value, dict):
        raise InvalidInput(field="--parameters", problem="must be a JSON object")
    return value


def _media(answer: Any) -> bytes:
    from holdfast.base.errors import InvalidInput  # noqa: PLC0415

    found = [value for value in answer.values() if isinstance(value, bytes)] if isinstance(answer, Mapping) else []
    if not found:
        raise InvalidInput(field="--output", problem="has no use: no picture or sound came back")
    return found[0]


def _for_people(answer: Any) -> str:
    """Labels as bars, a text as it is, anything else as JSON that can be read."""
    if isinstance(answer, list) and answer and all(_is_scored(one) for one in answer):
        return "\n".join(_bar(one["label"], one["score"]) for one in answer)
    one = answer[0] if isinstance(answer, list) and len(answer) == 1 else answer
    if isinstance(one, Mapping):
        texts = [value for key, value in one.items() if key.endswith(("_text", "answer")) or key == "text"]
        if len(texts) == 1 and isinstance(texts[0], str):
            return texts[0]
    return json.dumps(_without_media(answer), indent=2, ensure_ascii=False)


def _is_scored(one: Any) -> bool:
    return isinstance(one, Mapping) and set(one) == {"label", "score"}


def _bar(label: str, score: float) -> str:
    filled = round(max(0.0, min(1.0, score)) * _BAR_WIDTH)
    return f"{score:7.2%}  {'█' * filled}{'░' * (_BAR_WIDTH - filled)}  {label}"


def _without_media(value: Any) -> Any:
    if isinstance(value, bytes):
        return f"<{len(value)} bytes, {base64.b64encode(value[:9]).decode()}…; keep them with --output or --json>"
    if isinstance(value, Mapping):
        return {key: _without_media(part) for key, part in value.items()}
    return [_without_media(part) for part in value] if isinstance(value, list) else value
