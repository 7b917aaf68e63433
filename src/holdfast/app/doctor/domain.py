"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """OK; NOTE: works, but look at it, or an optional part is missing; PROBLEM: the server can't work so."""

    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Check:
    """The result of one check.

    Args:
        name: a word or two.
        state: how bad it is.
        finding: what was seen.
        advice: what to do; empty when nothing is to do.
    """

    name: str
    state: State
    finding: str
    advice: str = ""


def ok(name: str, finding: str) -> Check:
    """All is well."""
    return Check(name, State.OK, finding)


def note(name: str, finding: str, advice: str) -> Check:
    """Worth a look."""
    return Check(name, State.NOTE, finding, advice)


def problem(name: str, finding: str, advice: str) -> Check:
    """Must be put right."""
    return Check(name, State.PROBLEM, finding, advice)
