"""The heavy libraries, imported when a model is loaded, never before."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.abc import MetaPathFinder
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


def hub_failures() -> tuple[type[Exception], ...]:
    """What huggingface_hub raises where a Hub refuses, can't be reached, or is asked for what no Hub can have.

    A Hub that can't be reached is an error of whatever sends the requests (requests, httpx, httpx2, by version), and no
    OSError in some of them; what a Hub answers is made to be one of the same family.
    """
    errors = need("huggingface_hub.errors", "Asking a Hub")
    return (*errors.HfHubHTTPError.__bases__, errors.HFValidationError, OSError)


def hub_said_no(error: Exception) -> bool:
    """Whether one of `hub_failures` is an answer that comes again: not that the Hub is away, busy or has failed."""
    errors = need("huggingface_hub.errors", "Asking a Hub")
    if need("huggingface_hub.constants").HF_HUB_OFFLINE:
        return True  # nobody is asked, by somebody's own wish
    if not isinstance(error, errors.HfHubHTTPError):
        return isinstance(error, errors.HFValidationError)
    return error.response is not None and error.response.status_code < 500 and error.response.status_code != 429


def skops_io(feature: str = "Running tabular models", extra: str = "inference") -> Any:
    """skops.io, without torch where that is not in memory yet.

    skops looks through all modules of scikit-learn, and one of those imports torch where it is installed: seconds and
    two hundred megabytes for nothing.

    Raises:
        NotInstalled: it is not there; says how to get it.
    """
    if "torch" in sys.modules:
        return need("skops.io", feature, extra)
    sys.meta_path.insert(0, _WITHOUT_TORCH)
    try:
        return need("skops.io", feature, extra)
    finally:
        sys.meta_path.remove(_WITHOUT_TORCH)


class _WithoutTorch(MetaPathFinder):
    """Says that torch cannot be imported."""

    def find_spec(self, fullname: str, _path: Any, _target: Any = None) -> None:
        if fullname == "torch":
            raise ModuleNotFoundError(name=fullname)


_WITHOUT_TORCH = _WithoutTorch()
