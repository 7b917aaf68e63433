"""HTTP in and out of inference: the Hub's own API, OpenAI's, and those of the Hub's model servers."""

from __future__ import annotations

from holdfast.http.routing import Route
from holdfast.inference.routes.audio import AudioRoutes
from holdfast.inference.routes.openai import OpenAIRoutes
from holdfast.inference.routes.responses import ResponseRoutes
from holdfast.inference.routes.servers import ServerRoutes
from holdfast.inference.routes.tasks import TaskRoutes
from holdfast.inference.service import InferenceServices


def table(inference: InferenceServices) -> tuple[Route, ...]:
    """All routes."""
    answering = inference.answering
    return (
        *TaskRoutes(answering).table(),
        *OpenAIRoutes(answering).table(),
        *ResponseRoutes(answering).table(),
        *AudioRoutes(answering, inference.folder).table(),
        *ServerRoutes(answering).table(),
    )
