"""Errors that cross from a model's process into the server: those of the tree that are not the server's fault."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from holdfast.base import errors
from holdfast.base.errors import HoldfastError, ModelFailed

_NO_MEMORY = ("can't allocate memory", "out of memory")


def pack_error(error: HoldfastError) -> dict[str, Any]:
    """An error as JSON has it."""
    fields = {field.name: getattr(error, field.name) for field in dataclasses.fields(error)}
    return {"error": type(error).__name__, "fields": fields}


def unpack_error(head: dict[str, Any]) -> HoldfastError:
    """The same error again. What the process has no business to say, or says wrongly, becomes `ModelFailed`."""
    cls = getattr(errors, str(head.get("error")), None)
    fields = head.get("fields")
    if not (isinstance(cls, type) and issubclass(cls, HoldfastError) and isinstance(fields, dict)):
        return ModelFailed(reason="it said something that makes no sense")
    known = {field.name for field in dataclasses.fields(cls)}
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
    build: Callable[..., HoldfastError] = cls
    found = build(**{name: value for name, value in values.items() if name in known})
    return found if _may_cross(found) else ModelFailed(reason="an error in the model's process, which its log explains")


def _may_cross(error: HoldfastError) -> bool:
    return isinstance(error.status, int) and (400 <= error.status < 500 or error.status in (501, 503, 507))


def lacks_memory(error: BaseException) -> bool:
    """Whether an error says that there is no memory left: torch says so in words, on processors and on GPUs."""
    said = isinstance(error, RuntimeError) and any(words in str(error) for words in _NO_MEMORY)
    return isinstance(error, MemoryError) or said
