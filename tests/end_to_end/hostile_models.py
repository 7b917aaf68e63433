"""A server with a tiny model of many tasks, what well-meaning people ask each, and what others make of that.

`hostile_questions` asks anything of anything, and is mostly refused at the door. Here a good request is taken, and one
or two things in it are spoilt: it gets deep before something is wrong.
"""

from __future__ import annotations

import base64
import copy
import gzip
import io
import json
import random
import struct
import wave
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi

from tests.end_to_end.hostile_questions import Hostile, bomb, hostile_questions

FORM = b'--x\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
FORM_TYPE = "multipart/form-data; boundary=x"
SECRET_ADDRESSES = ("http://127.0.0.1:1/x.png", "http://169.254.169.254/latest/meta-data", "file:///etc/passwd")


def push_models(url: str, token: str, folder: Path) -> dict[str, str]:
    """Push a model for each of some tasks; repo ids by task. Needs torch and transformers."""
    from tests.factories.inference_cases import BY_TASK  # noqa: PLC0415 - needs torch, as above

    api, found = HfApi(url, token=token), {}
    for task in TASKS:
        found[task] = f"alice/{task}"
        own = folder / task
        own.mkdir(parents=True)
        made = BY_TASK[task].make(own)
        (made / "README.md").write_text(f"---\npipeline_tag: {task}\n---\n")
        api.create_repo(found[task])
        api.upload_folder(repo_id=found[task], folder_path=made)
    return found


TASKS = (
    "text-generation",
    "text-classification",
    "feature-extraction",
    "zero-shot-image-classification",
    "automatic-speech-recognition",
    "image-text-to-text",
    "tabular-classification",
)


def requests(models: Mapping[str, str], count: int, seed: int) -> Iterator[Hostile]:
    """So many of them, the same for the same seed."""
    chance = random.Random(seed)
    wild = hostile_questions(list(models.values()), count, seed)
    good = [request for task, name in models.items() for request in _good(task, name)]
    for _ in range(count):
        if chance.random() < 0.3:
            yield next(wild)
            continue
        path, body = chance.choice(good)
        match chance.randrange(12):
            case 0:
                kind = chance.choice(("image/png", "audio/wav", "application/octet-stream"))
                yield Hostile(path, kind, media(chance))
            case 1:
                yield _form(chance, models["automatic-speech-recognition"])
            case 2:
                whole = json.dumps(body).encode()
                yield Hostile(path, "application/json", whole[: chance.randrange(len(whole))])
            case _:
                spoilt = spoil(chance, spoil(chance, body) if chance.random() < 0.3 else body)
                yield Hostile(path, "application/json", json.dumps(spoilt).encode())


def _good(task: str, name: str) -> Iterator[tuple[str, Any]]:
    """What people send to a model of a task: path and body."""
    from tests.factories.inference_cases import BY_TASK  # noqa: PLC0415 - needs torch, as above

    case = BY_TASK[task]
    parameters = dict(case.parameters)
    yield f"/models/{name}", {"inputs": _wire(case.inputs), "parameters": parameters}
    said = [{"role": "user", "content": "hello"}]
    match task:
        case "text-generation":
            tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
            shape = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
            formed = {"type": "json_schema", "json_schema": {"name": "x", "schema": shape}}
            few = {"model": name, "max_tokens": 6, "temperature": 0.5, "seed": 3}
            yield "/v1/chat/completions", {**few, "messages": said, "stop": ["x"], "n": 2, "logprobs": True}
            yield "/v1/chat/completions", {**few, "messages": said, "tools": [tool], "tool_choice": "required"}
            yield "/v1/chat/completions", {**few, "messages": said, "response_format": formed, "stream": True}
            yield "/v1/completions", {**few, "prompt": ["hello", "a"], "top_p": 0.5}
            yield "/v1/responses", {"model": name, "input": said, "max_output_tokens": 5, "stream": True}
            yield "/generate", {"model": name, "inputs": "hello", "parameters": {"max_new_tokens": 4}}
            yield "/generate_stream", {"model": name, "inputs": "hello", "parameters": {"max_new_tokens": 4}}
        case "feature-extraction":
            yield "/v1/embeddings", {"model": name, "input": ["a", "b"], "encoding_format": "base64", "dimensions": 4}
            yield "/embed", {"model": name, "inputs": ["a", "b"], "normalize": True, "truncate": True}
            yield "/rerank", {"model": name, "query": "a", "texts": ["b", "c"], "return_text": True}
        case "text-classification":
            yield "/predict", {"model": name, "inputs": [["good"], ["a", "b"]], "raw_scores": True, "truncate": True}
        case "image-text-to-text":
            picture = f"data:image/png;base64,{_wire(case.inputs)['image']}"
            parts = [{"type": "image_url", "image_url": {"url": picture}}, {"type": "text", "text": "what?"}]
            asked = {"model": name, "messages": [{"role": "user", "content": parts}], "max_tokens": 4}
            yield "/v1/chat/completions", asked
            yield "/v1/chat/completions", {**asked, "stream": True}
        case "automatic-speech-recognition":
            yield "/v1/images/generations", {"model": name, "prompt": "a cat", "n": 1}
            yield "/v1/audio/speech", {"model": name, "input": "hello", "voice": "x"}


def _wire(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return {name: _wire(one) for name, one in value.items()} if isinstance(value, Mapping) else value


def spoil(chance: random.Random, body: Any) -> Any:
    """The same with one thing changed, taken away, doubled or added, at any depth."""
    changed = copy.deepcopy(body)
    place, key = chance.choice(list(_places(changed)))
    match chance.randrange(6):
        case 0:
            del place[key]
        case 1 if isinstance(place, list):
            place.extend([place[key]] * chance.choice((1, 3, 300)))
        case 2 if isinstance(place, dict):
            place[chance.choice(("x" * 9_999, "", "\0", "inputs", "parameters", "__class__", "é"))] = odd(chance)
        case 3 if isinstance(place[key], str):
            place[key] = place[key] * chance.choice((0, 2, 50)) + chance.choice(("", "\0", "\u202e", "🤷\u200d", "\n"))
        case _:
            place[key] = odd(chance)
    return changed


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every value within, by what holds it."""
    pairs = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    for key, one in pairs:
        yield value, key
        if isinstance(one, (dict, list)):
            yield from _places(one)


def odd(chance: random.Random) -> Any:
    """A value that hardly any field expects."""
    match chance.randrange(24):
        case 0:
            return base64.b64encode(media(chance)).decode()
        case 1:
            return "data:image/png;base64," + base64.b64encode(media(chance)).decode()
        case 2:
            return chance.choice(SECRET_ADDRESSES)
        case 3:
            return "a " * chance.choice((100, 2_000, 500_000 if chance.random() < 0.15 else 10_000))
        case 4:
            nested: Any = []
            for _ in range(chance.choice((5, 200))):
                nested = [nested]
            return nested
        case 5:
            return {"$ref": "#"}
        case 6:
            return {"type": "string", "pattern": "(a+)+$"}
    plain = (
        None, True, False, -1, 0, 1, 2**31, 2**63, 10**30, 1e308, -0.0, float("nan"), float("-inf"), "", " ", "\0",
        "\ud800", "nan", [], {}, [None], [[1, "a"]], {"a": None},
    )  # fmt: skip
    return chance.choice(plain)


def media(chance: random.Random) -> bytes:
    """Bytes that say that they are a picture or a sound."""
    match chance.randrange(9):
        case 0:
            return bomb()
        case 1:
            return _sound(chance.choice((1, 7, 16_000, 47_999, 2**31 - 1)), chance.choice((0, 1, 5_000)))
        case 2:
            sound = bytearray(_sound(16_000, 800))
            for _ in range(8):
                sound[chance.randrange(len(sound))] = chance.randrange(256)
            return bytes(sound)
        case 3:
            return _sound(16_000, 400) + chance.randbytes(99)
        case 4:
            return gzip.compress(b"\0" * 2_000_000)
        case 5:
            return b"BM" + struct.pack("<IHHIIiiHHIIiiII", 99, 0, 0, 54, 40, 2**30, -(2**30), 1, 24, 0, 0, 0, 0, 0, 0)
        case 6:
            return b"\xff\xd8\xff\xe0\0\x10JFIF" + chance.randbytes(200)
        case 7:
            return chance.choice((b"fLaC", b"OggS", b"ID3", b"GIF89a", b"II*\0", b"RIFF\0\0\0\0WEBP")) + b"\xff" * 60
    return chance.randbytes(chance.randrange(500))


def _sound(rate: int, samples: int) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(b"\1\2" * samples)
    return buffer.getvalue()


def _form(chance: random.Random, model: str) -> Hostile:
    """A form as clients send it for a transcription, with something spoilt."""
    parts = {b"model": model.encode(), b"response_format": b"verbose_json", b"language": b"en", b"temperature": b"0"}
    spoilt = chance.choice([*parts, b"timestamp_granularities[]"])
    parts[spoilt] = chance.choice((b"", b"\xff", b"x" * 9_999, b"srt", b"vtt", b"NaN", b"word", b"alice/nothing"))
    sound = media(chance)
    body = b"".join(FORM % (name, b"", value) for name, value in parts.items())
    body += FORM % (b"file", b'; filename="%s"' % chance.choice((b"a.wav", b"../../x", b"")), sound) + b"--x--\r\n"
    kind = FORM_TYPE if chance.random() < 0.9 else "multipart/form-data"
    return Hostile("/v1/audio/transcriptions", kind, body if chance.random() < 0.9 else body[:-9])
