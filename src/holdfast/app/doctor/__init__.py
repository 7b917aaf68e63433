"""Looks for what keeps a server from working, and says in plain words what to do. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.app.doctor import data, network, programs
from holdfast.app.doctor.domain import Check, State
from holdfast.base.settings import Settings

__all__ = ["Check", "State", "examine"]


def examine(settings: Settings) -> Iterator[Check]:
    """Yield the result of each check, as it is made; works whether or not a server runs."""
    yield from data.checks(settings)
    yield from network.checks(settings)
    yield from programs.checks()
