"""Tensors of sharded models. Source: huggingface_hub 2.4.0 hf_api.py get_sharded_safetensors_metadata."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.responses import json_response
from holdfast.http.routing import Route
from holdfast.hub.repos.service.tensors import TensorService


@dataclass(frozen=True)
class TensorRoutes:
    """Endpoints of `TensorService`."""

    tensors: TensorService

    def table(self) -> tuple[Route, ...]:
        """All routes."""
        pattern = "/api/models/{repo}/safetensors-metadata/{path}"
        return (Route("GET", pattern, self.sharded_tensors, Permission.READ_REPO),)

    async def sharded_tensors(self, call: Call) -> Response:
        """The index of sharded tensors without its weight_map, and each shard's header."""
        found = await call.run(self.tensors.sharded_tensors, call.actor, call.repo_id, call.words["path"])
        return json_response({"index": found.index, "headers": found.headers})
