"""Chooses the engine driver."""

from __future__ import annotations

from pathlib import Path

from holdfast.backends.engines.protocol import Engine


def open_worker_engine(loader: str, scratch: Path, *, timeout_seconds: float, load_timeout_seconds: float) -> Engine:
    """An engine that gives every model a process of this machine.

    Args:
        loader: `package.module:function` that the process calls: see `worker.hosted.Loader`.
        scratch: an existing folder in which the processes run and may leave files.
        timeout_seconds: a process from which nobody heard for so long, though a question waits, hangs and is ended.
        load_timeout_seconds: the same for loading.
    """
    from holdfast.backends.engines.worker.engine import WorkerEngine  # noqa: PLC0415 - drivers are imported lazily

    return WorkerEngine(loader, scratch, timeout_seconds, load_timeout_seconds)


def open_remote_engine(*, timeout_seconds: float) -> Engine:
    """An engine that asks servers which speak the OpenAI API. `timeout_seconds`: silence before giving up."""
    from holdfast.backends.engines.remote.engine import RemoteEngine  # noqa: PLC0415 - drivers are imported lazily

    return RemoteEngine(timeout_seconds)
