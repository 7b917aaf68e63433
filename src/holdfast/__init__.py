"""Holdfast: your own Hugging Face, in one Python program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from holdfast.client import pipeline

__all__ = ["__version__", "pipeline"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """`from holdfast import pipeline` loads what it needs; `import holdfast` alone loads nothing."""
    if name == "pipeline":
        from holdfast.client import pipeline  # noqa: PLC0415

        return pipeline
    raise AttributeError(f"module 'holdfast' has no attribute {name!r}")
