"""`holdfast doctor`: is everything as the server needs it?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from holdfast.app.doctor import Check

_MARKS = {"ok": "ok     ", "note": "note   ", "problem": "PROBLEM"}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="For programs: one JSON object.")] = False,
) -> None:
    """Check disk, rights, database, addresses, clock and other programs, and say what to do.

    The exit status is 1 when something keeps the server from working; notes don't count.

    Example: HOLDFAST_EXTERNAL_URL=https://hub.example.org holdfast doctor
    """
    from holdfast.app.doctor import State, examine  # noqa: PLC0415 - keeps help fast
    from holdfast.base.settings import settings_from_environment  # noqa: PLC0415

    found = []
    for check in examine(settings_from_environment()):
        found.append(check)
        if not as_json:
            _print(check)
    failed = any(check.state is State.PROBLEM for check in found)
    if as_json:
        values = [{**vars(check), "state": check.state.value} for check in found]
        print(json.dumps({"ok": not failed, "checks": values}, indent=2))
    raise typer.Exit(1 if failed else 0)


def _print(check: Check) -> None:
    print(f"{_MARKS[check.state.value]}  {check.name:<14}  {check.finding}", flush=True)
    if check.advice:
        print(f"{'':25}→ {check.advice}", flush=True)
