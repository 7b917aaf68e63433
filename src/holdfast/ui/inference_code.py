"""The question of a form as code for this server: curl, huggingface_hub, openai and `holdfast.pipeline`. Pure.

Source: huggingface_hub 2.4.0 inference/_client.py for names of methods and arguments; platform.openai.com/docs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from holdfast.inference import tasks
from holdfast.inference.domain.kinds import Binary, Record
from holdfast.ui.inference_forms import CHAT
from holdfast.ui.snippets import Snippet

_ENCODERS = ("sentence-similarity", "feature-extraction")
_AUDIO = ("automatic-speech-recognition", "audio-classification")
_FILE = "\0file"
"""Stands for a file's content in a question."""


@dataclass(frozen=True)
class Asking:
    """What code is made of.

    Args:
        repo_id: the model's.
        base_url: of this server, without a slash at its end.
        task: what is asked.
        body: the question's JSON; for chats `{"messages": …}`.
        needs_token: whether the model wants an access token.
    """

    repo_id: str
    base_url: str
    task: str
    body: Mapping[str, Any]
    needs_token: bool = False

    @property
    def address(self) -> str:
        """The model's own."""
        model = f"{self.base_url}/models/{self.repo_id}"
        return f"{model}/pipeline/{self.task}" if self.task in _ENCODERS else model

    @property
    def file(self) -> str:
        """A file to send."""
        return "sound.wav" if self.task in _AUDIO else "photo.jpg"

    @property
    def inputs(self) -> Any:
        """With the file's name where a file is sent."""
        return _with_file(self.body.get("inputs"), self.file)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The other settings."""
        found: Mapping[str, Any] = self.body.get("parameters") or {}
        return found


def code(asking: Asking) -> tuple[Snippet, ...]:
    """The same question in every way that this task has."""
    ways = (_curl(asking), _hub_client(asking), _openai(asking), _pipeline(asking))
    return tuple(way for way in ways if way is not None)


def with_file(task: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """A question with a place for the file that the task takes, where no file was chosen yet."""
    if task == CHAT:
        return dict(body)
    kind = tasks.spec(task).inputs
    if isinstance(kind, Binary):
        return {**body, "inputs": _FILE}
    if "image" in _image_fields(task):
        return {**body, "inputs": {"image": _FILE, **(body.get("inputs") or {})}}
    return dict(body)


def _image_fields(task: str) -> tuple[str, ...]:
    kind = tasks.spec(task).inputs
    if task == "image-text-to-text":
        return ("image",)
    return tuple(kind.fields) if isinstance(kind, Record) else ()


def _with_file(value: Any, file: str) -> Any:
    if isinstance(value, Mapping):
        return {name: _with_file(each, file) for name, each in value.items()}
    return file if value == _FILE else value


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _curl(asking: Asking) -> Snippet | None:
    token = '-H "Authorization: Bearer $HF_TOKEN" ' if asking.needs_token else ""
    if asking.task == CHAT:
        body = json.dumps({"model": asking.repo_id, **asking.body}, ensure_ascii=False)
        address = f"{asking.base_url}/v1/chat/completions"
        return Snippet(
            "curl", "shell", f"curl {address} \\\n  {token}-H 'Content-Type: application/json' \\\n  -d {_quoted(body)}"
        )
    if asking.body.get("inputs") == _FILE and not asking.parameters:
        kind = "audio/wav" if asking.task in _AUDIO else "image/jpeg"
        send = f"--data-binary @{asking.file} -H 'Content-Type: {kind}'"
    elif _FILE in json.dumps(asking.body).replace("\\u0000", "\0"):
        return None  # base64 within JSON is nothing for a command line
    else:
        send = f"-H 'Content-Type: application/json' \\\n  -d {_quoted(json.dumps(asking.body, ensure_ascii=False))}"
    output = " \\\n  -o answer.wav" if asking.task == "text-to-speech" else ""
    return Snippet("curl", "shell", f"curl {asking.address} \\\n  {token}{send}{output}")


def _hub_client(asking: Asking) -> Snippet | None:
    token = ', token="hf_…"' if asking.needs_token else ""
    begin = "from huggingface_hub import InferenceClient\n\n"
    if asking.task == CHAT:
        told = json.dumps(asking.body["messages"], ensure_ascii=False)
        return Snippet(
            "huggingface_hub",
            "python",
            f'{begin}client = InferenceClient(base_url="{asking.base_url}/v1"{token.replace("token", "api_key")})\n'
            f'answer = client.chat_completion({told}, model="{asking.repo_id}")\n'
            "print(answer.choices[0].message.content)",
        )
    arguments = _client_arguments(asking)
    if arguments is None:
        return None
    call = f"client.{asking.task.replace('-', '_')}({arguments})"
    show = f'open("answer.wav", "wb").write({call})' if asking.task == "text-to-speech" else f"print({call})"
    return Snippet(
        "huggingface_hub", "python", f'{begin}client = InferenceClient(model="{asking.address}"{token})\n{show}'
    )


def _client_arguments(asking: Asking) -> str | None:
    inputs, parameters = asking.inputs, asking.parameters
    match asking.task:
        case "question-answering":
            return _keywords(inputs)
        case "table-question-answering":
            return _keywords({"table": inputs["table"], "query": inputs["question"]})
        case "sentence-similarity":
            return f"{_literal(inputs['source_sentence'])}, other_sentences={_literal(inputs['sentences'])}"
        case "visual-question-answering" | "document-question-answering":
            return f"{_literal(inputs['image'])}, {_literal(inputs['question'])}"
        case "tabular-classification" | "tabular-regression":
            return _literal(inputs["table"])
        case task if task in _SIMPLE:
            return ", ".join(filter(None, (_literal(inputs), _keywords(parameters))))
    return None


def _openai(asking: Asking) -> Snippet | None:
    if asking.task == CHAT:
        told = f"messages={_literal(asking.body['messages'])}, stream=True"
        use = (
            f'chunks = client.chat.completions.create(model="{asking.repo_id}", {told})\n'
            'for chunk in chunks:\n    print(chunk.choices[0].delta.content or "", end="")'
        )
    elif asking.task == "text-generation":
        told = f"prompt={_literal(asking.inputs)}, max_tokens={asking.parameters.get('max_new_tokens', 60)}"
        use = f'print(client.completions.create(model="{asking.repo_id}", {told}).choices[0].text)'
    elif asking.task in _ENCODERS:
        texts = asking.inputs["sentences"] if isinstance(asking.inputs, Mapping) else [asking.inputs]
        use = f'print(client.embeddings.create(model="{asking.repo_id}", input={_literal(texts)}).data[0].embedding)'
    else:
        return None
    key = "hf_…" if asking.needs_token else "none"
    begin = f'from openai import OpenAI\n\nclient = OpenAI(base_url="{asking.base_url}/v1", api_key="{key}")\n'
    return Snippet("openai", "python", begin + use)


def _pipeline(asking: Asking) -> Snippet:
    token = ', access_token="hf_…"' if asking.needs_token else ""
    if asking.task == CHAT:
        told = _literal(asking.body["messages"])
    else:
        inputs = asking.inputs
        of_inputs = _keywords(inputs) if isinstance(inputs, Mapping) else _literal(inputs)
        told = ", ".join(filter(None, (of_inputs, _keywords(asking.parameters))))
    made = f'ask = pipeline("{asking.task}", model="{asking.repo_id}", endpoint="{asking.base_url}"{token})'
    note = "Without endpoint= the model is downloaded and runs on your own machine."
    return Snippet("holdfast", "python", f"from holdfast import pipeline\n\n{made}\nprint(ask({told}))", note)


def _keywords(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_literal(value)}" for name, value in values.items())


def _literal(value: Any) -> str:
    """A JSON value as Python writes it, with double quotes."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_literal(name)}: {_literal(each)}" for name, each in value.items()) + "}"
    return repr(value)


_SIMPLE = frozenset((
    "text-classification", "token-classification", "zero-shot-classification", "fill-mask", "summarization",
    "translation", "text-generation", "feature-extraction", "image-classification", "object-detection",
    "image-segmentation", "image-to-text", "zero-shot-image-classification", "automatic-speech-recognition",
    "audio-classification", "text-to-speech",
))  # fmt: skip
"""Tasks whose method of that client takes the inputs, then parameters by name."""
