"""Which tests a server is asked to pass: reads `listed*.txt` and `legs.toml`, knows nothing about running them.

A list file says `# @suite package==version`, then `# @group name | count | ...`, then one pytest node id per line.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
LISTS = sorted(FOLDER.glob("listed*.txt"))


@dataclass(frozen=True)
class Listed:
    """One test that a self-hosted Hub can fairly be asked to pass."""

    suite: str
    group: str
    node_id: str


@dataclass(frozen=True)
class Rule:
    """Tests that are not run, or not expected to pass, and why; `match` is a shell pattern on the node id."""

    match: str
    reason: str

    def applies_to(self, node_id: str) -> bool:
        return fnmatchcase(node_id.replace("[", "("), self.match.replace("[", "("))


@dataclass(frozen=True)
class Unfair:
    """Tests outside the lists that cannot pass here, in words, with the reason."""

    suite: str
    match: str
    reason: str


@dataclass(frozen=True)
class Account:
    """A user or organization that the tests of a leg take for granted."""

    name: str
    fullname: str
    token: str | None = None
    owner: str | None = None
    private_by_default: bool = False


@dataclass(frozen=True)
class Leg:
    """One client version with its own tests."""

    name: str
    title: str
    suite: str
    overlay: str
    requirements: tuple[str, ...]
    without: tuple[str, ...]
    users: tuple[Account, ...]
    orgs: tuple[Account, ...]
    skipped: tuple[Rule, ...]


@dataclass(frozen=True)
class Plan:
    """Everything `legs.toml` says."""

    legs: dict[str, Leg]
    out_of_scope: tuple[Rule, ...]
    unfair: tuple[Unfair, ...]

    def rule(self, leg: Leg, node_id: str) -> Rule | None:
        """The rule that takes a listed test out of this leg, if any."""
        rules = (*leg.skipped, *self.out_of_scope)
        return next((rule for rule in rules if rule.applies_to(node_id)), None)

    def exclusion(self, leg: Leg, node_id: str) -> str | None:
        """Why a listed test is not run in this leg; None means that it is."""
        rule = self.rule(leg, node_id)
        return rule.reason if rule else None


def read_plan(path: Path = FOLDER / "legs.toml") -> Plan:
    """Read the legs and the rules.

    Raises:
        KeyError: a leg lacks a field or names accounts that are not there.
    """
    document = tomllib.loads(path.read_text())
    tools = tuple(document["tools"]["requirements"])
    accounts = document["accounts"]
    legs = {name: _leg(name, leg, accounts[leg["accounts"]], tools) for name, leg in document["legs"].items()}
    out_of_scope = tuple(Rule(**rule) for rule in document["out_of_scope"])
    return Plan(legs, out_of_scope, tuple(Unfair(**entry) for entry in document["unfair"]))


def _leg(name: str, leg: dict[str, Any], accounts: dict[str, Any], tools: tuple[str, ...]) -> Leg:
    return Leg(
        name=name,
        title=leg["title"],
        suite=leg["suite"],
        overlay=leg["overlay"],
        requirements=(*leg["requirements"], *leg.get("tools", tools)),
        without=tuple(leg.get("without", ())),
        users=tuple(Account(**user) for user in accounts["users"]),
        orgs=tuple(Account(**org) for org in accounts.get("orgs", ())),
        skipped=tuple(Rule(**rule) for rule in leg.get("skipped", ())),
    )


def read_lists(paths: list[Path] = LISTS) -> list[Listed]:
    """All listed tests, in the order of the files."""
    return [test for path in paths for test in _read_list(path)]


def _read_list(path: Path) -> list[Listed]:
    suite = group = ""
    tests = []
    for line in path.read_text().splitlines():
        if line.startswith("# @suite "):
            suite = line.removeprefix("# @suite ").strip()
        elif line.startswith("# @group "):
            group = line.removeprefix("# @group ").split("|")[0].strip()
        elif line and not line.startswith("#"):
            tests.append(Listed(suite, group, line))
    return tests
