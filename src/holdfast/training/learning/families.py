"""Families of models by name: those that a spec asks for."""

from __future__ import annotations

from collections.abc import Iterable

from holdfast.base.errors import InvalidInput


def asked_for(candidates: Iterable[str] | None, known: Iterable[str]) -> tuple[str, ...]:
    """The families of a run, in the trainer's order.

    Args:
        candidates: of the spec; None means all.
        known: of the trainer.

    Raises:
        InvalidInput: there is none of such a name; says which there are.
    """
    families = tuple(known)
    wanted = families if candidates is None else tuple(candidates)
    unknown = sorted(set(wanted) - set(families))
    if unknown:
        raise InvalidInput(field="candidates", problem=f"has {', '.join(unknown)}; known: {', '.join(families)}")
    return tuple(family for family in families if family in wanted)
