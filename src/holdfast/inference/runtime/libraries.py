"""The heavy libraries, imported when a model is loaded, never before."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from holdfast.base.errors import NotInstalled


def need(name: str, feature: str = "Running models", extra: str = "inference") -> Any:
    """A library of an extra part of Holdfast.

    Raises:
        NotInstalled: it is not there; says how to get it.
    """
    if find_spec(name.partition(".")[0]) is None:
        raise NotInstalled(feature=feature, extra=extra)
    return import_module(name)
