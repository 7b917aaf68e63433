"""Turns pytest's JUnit report into outcomes by node id, and outcomes into a table by group."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.conformance.listing import Listed

PASSED = "passed"
MISSING = "not run"


@dataclass(frozen=True)
class Outcome:
    """What became of one test; `detail` is the message of a failure or the reason of a skip."""

    status: str
    detail: str = ""


def read_report(path: Path) -> dict[str, Outcome]:
    """Outcomes by dotted name, the form that `dotted` gives to a node id."""
    outcomes: dict[str, Outcome] = {}
    for case in ElementTree.parse(path).iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        outcome = _outcome(case)
        if name not in outcomes or outcome.status != PASSED:  # an error in teardown comes as a second entry
            outcomes[name] = outcome
    return outcomes


def _outcome(case: ElementTree.Element) -> Outcome:
    for status in ("failure", "error", "skipped"):
        found = case.find(status)
        if found is not None:
            message = found.get("message") or ""
            return Outcome("failed" if status == "failure" else status, _last_lines(found.text or message))
    return Outcome(PASSED)


def _last_lines(text: str, count: int = 1) -> str:
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return " | ".join(lines[-count:])[:240]


def dotted(node_id: str) -> str:
    """`tests/test_a.py::TestB::test_c[x]` → `tests.test_a.TestB.test_c[x]`."""
    path, _, rest = node_id.partition("::")
    return f"{path.removesuffix('.py').replace('/', '.')}.{rest.replace('::', '.')}"


def table(tests: Iterable[Listed], outcomes: Mapping[str, Outcome], excluded: Mapping[str, str]) -> str:
    """One line per group: how many passed, did not pass, and are left out."""
    groups: dict[str, Counter[str]] = {}
    for test in tests:
        counts = groups.setdefault(test.group, Counter())
        if test.node_id in excluded:
            counts["left out"] += 1
        else:
            status = outcomes.get(dotted(test.node_id), Outcome(MISSING)).status
            counts[PASSED if status == PASSED else "failed"] += 1
    columns = (PASSED, "failed", "left out")
    lines = [f"{'group':<40}" + "".join(f"{column:>10}" for column in columns)]
    lines += [
        f"{group:<40}" + "".join(f"{counts[column]:>10}" for column in columns) for group, counts in groups.items()
    ]
    return "\n".join(lines)
