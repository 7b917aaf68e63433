"""What the data check has to say: sentences that a beginner understands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """How much a finding matters."""

    NOTE = "note"
    WARNING = "warning"
    REPAIRED = "repaired"
    BLOCKED = "blocked"


@dataclass(frozen=True)
class Finding:
    """One thing seen in the data.

    Args:
        code: its stable name, such as `constant-column`.
        severity: BLOCKED ends the run before anything is computed; REPAIRED says what was done about it.
        sentence: what was seen, with the numbers.
        advice: what to do; empty where nothing is to be done.
        column: that it is about; None means the whole table.
    """

    code: str
    severity: Severity
    sentence: str
    advice: str = ""
    column: str | None = None
