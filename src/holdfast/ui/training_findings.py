"""What a finished run found, for its own page and for its model's: columns, groups, odd rows, maps. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from holdfast.training.domain.findings import Severity
from holdfast.training.domain.runs import RunBoard
from holdfast.ui.formats import plural
from holdfast.ui.group_counts import GroupCounts, group_counts
from holdfast.ui.row_maps import RowMap, row_map
from holdfast.ui.training_runs import Bar, importance_bars

_MOST_LISTED, _MOST_FINDINGS = 20, 200


@dataclass(frozen=True)
class Segment:
    """A group of rows: its name, how many rows it has, and in what they differ from all rows."""

    name: str
    size: str
    traits: tuple[str, ...]


@dataclass(frozen=True)
class OddRow:
    """A row that is unlike the others: why, and its (column, value) pairs where they are known."""

    row: int
    why: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Found:
    """Everything of it; empty parts are not shown."""

    bars: list[Bar]
    findings: list[Mapping[str, Any]]
    segments: tuple[Segment, ...]
    odd: tuple[OddRow, ...]
    odd_share: str
    axes: tuple[str, ...]
    map: RowMap | None
    counts: GroupCounts | None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.bars or self.findings or self.segments or self.odd or self.map or self.counts)


def found_of(board: RunBoard, report: Mapping[str, Any] | None) -> Found:
    """What a report tells; before there is one, what the board tells already."""
    told: Mapping[str, Any] = (report or {}).get("explanation") or {}
    drawn = row_map(told)
    return Found(
        bars=importance_bars(report or {}),
        findings=[_finding(each) for each in ((report or {}).get("findings") or ())[:_MOST_FINDINGS]],
        segments=tuple(_segment(each) for each in (told.get("segments") or ())[:_MOST_LISTED]),
        odd=tuple(_odd(each, drawn) for each in (told.get("unusual") or ())[:_MOST_LISTED]),
        odd_share=_share(told),
        axes=tuple(_plain(each) for each in told.get("axes") or ()),
        map=drawn,
        counts=group_counts(board, report),
    )


def _finding(told: Mapping[str, Any]) -> Mapping[str, Any]:
    severity = str(told["severity"])
    if severity not in {one.value for one in Severity}:
        raise ValueError(severity)
    return {"severity": severity, "sentence": str(told["sentence"]), "advice": str(told.get("advice") or "")}


def _segment(told: Mapping[str, Any]) -> Segment:
    size = f"{plural(int(told['rows']), 'row')}, {float(told['share']):.0%}"
    traits = tuple(_plain(trait["words"]) for trait in told.get("traits") or ())
    return Segment(f"Segment {int(told['segment'])}", size, traits)


def _odd(told: Mapping[str, Any], drawn: RowMap | None) -> OddRow:
    row = int(told["row"])
    line = next((line for line in drawn.table if line[0] == str(row)), ()) if drawn else ()
    names = (*(("Group",) if drawn and drawn.groups else ()), *(drawn.columns if drawn else ()))
    pairs = tuple(zip(names, line[1:], strict=False))
    return OddRow(row, _plain(told["sentence"]), tuple(pair for pair in pairs if pair[0] != "Group"))


def _share(told: Mapping[str, Any]) -> str:
    share = told.get("share")
    if not isinstance(share, int | float):
        return ""
    return f"{share:.1%} of the rows are called unusual: {told.get('share_because', 'by their score')}."


def _plain(words: Any) -> str:
    return str(words).replace("`", "")
