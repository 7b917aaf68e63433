"""Asks a server instead of running a model here: the same questions, the same answers.

Source: our own HTTP interface, `POST /models/{id}/pipeline/{task}`, which is the public one's.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any

from holdfast.base.errors import ServerRefused
from holdfast.inference import tasks
from holdfast.inference.domain.specification import Shape, TaskSpec

_JSON = "application/json"


@dataclass(frozen=True)
class RemotePredictor:
    """A model on a server.

    Args:
        endpoint: the server's address, e.g. `https://hub.example.org`.
        repo_id: the model.
        spec: the task to ask it.
        access_token: of the Hub; None asks as nobody.
        timeout_seconds: for one answer; a model that is loaded first takes longer.
    """

    endpoint: str
    repo_id: str
    spec: TaskSpec
    access_token: str | None = None
    timeout_seconds: float = 600

    def predict_batch(self, inputs: Sequence[Any], parameters: Mapping[str, Any]) -> list[Any]:
        """Outputs in order, as `Predictor.predict_batch` gives them.

        Raises:
            ServerRefused: the server said no, with its words.
        """
        return [self._predict(value, parameters) for value in inputs]

    def _predict(self, value: Any, parameters: Mapping[str, Any]) -> Any:
        with self._post(value, parameters, stream=False) as answer:
            body = answer.read()
            media_type = answer.headers.get_content_type()
        if media_type != _JSON:
            return {"audio": body, "sampling_rate": int.from_bytes(body[24:28], "little")}
        output = json.loads(body)
        if self.spec.shape in (Shape.NESTED, Shape.LISTED) and isinstance(output, list):
            output = output[0]
        if self.spec.shape is Shape.BEST and isinstance(output, dict):
            output = [output]
        return self.spec.output.parse(output, "output")

    def stream(self, value: Any, parameters: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Chunks of one answer; closing the iterator tells the server to stop.

        Raises:
            ServerRefused: the server said no, with its words.
        """
        with self._post(value, parameters, stream=True) as answer:
            for line in answer:
                data = line.removeprefix(b"data:").strip()
                if not line.startswith(b"data:") or data == b"[DONE]":
                    continue
                chunk = json.loads(data)
                if "error" in chunk:
                    raise ServerRefused(reason=_words(chunk["error"]))
                yield chunk

    def _post(self, value: Any, parameters: Mapping[str, Any], *, stream: bool) -> HTTPResponse:
        body = tasks.wire_value({"inputs": value, "parameters": dict(parameters)}) | (
            {"stream": True} if stream else {}
        )
        path = f"/models/{urllib.parse.quote(self.repo_id)}/pipeline/{self.spec.name}"
        headers = {"Content-Type": _JSON} | (
            {"Authorization": f"Bearer {self.access_token}"} if self.access_token else {}
        )
        address = self.endpoint.rstrip("/") + path
        if not address.startswith(("http://", "https://")):
            raise ServerRefused(reason=f"{self.endpoint} is not a web address")
        request = urllib.request.Request(address, json.dumps(body).encode(), headers)  # noqa: S310 - checked above
        try:
            answer: HTTPResponse = urllib.request.urlopen(request, timeout=self.timeout_seconds)  # noqa: S310
        except urllib.error.HTTPError as error:
            with error:
                raise ServerRefused(reason=_reason(error.read()), status=error.code) from None
        except OSError as error:
            raise ServerRefused(reason=f"{self.endpoint} cannot be reached: {error}") from None
        return answer


def _reason(body: bytes) -> str:
    try:
        return _words(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return body[:300].decode("utf-8", "replace")


def _words(error: Any) -> str:
    return str(error.get("message", error) if isinstance(error, Mapping) else error)
