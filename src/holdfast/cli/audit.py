"""`holdfast audit`: who did what."""

from __future__ import annotations

from typing import Annotated

import typer

from holdfast.cli.data import open_accounts
from holdfast.cli.printing import moment, print_table


def audit(
    actor: Annotated[str | None, typer.Option(help="Only what this user did; `system` is the command line.")] = None,
    action: Annotated[str | None, typer.Option(help="Only this, e.g. login.failed or repo.deleted.")] = None,
    target: Annotated[str | None, typer.Option(help="Only what was done to this, e.g. alice or model:alice/m.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many of the newest events.")] = 50,
) -> None:
    """Show the audit log, the newest event last: logins, tokens, roles, repos, acts of administrators.

    Example: holdfast audit --action login.failed
    """
    from holdfast.accounts.auditing import AuditAction, AuditQuery  # noqa: PLC0415 - keeps help fast
    from holdfast.base.identity import SYSTEM  # noqa: PLC0415

    query = AuditQuery(actor, AuditAction.parse(action) if action else None, target)
    with open_accounts() as services:
        events = services.audit.list_events(SYSTEM, query, limit).events
    rows = [
        (
            moment(event.happened_at),
            event.actor or "a stranger",
            event.action.value,
            event.target,
            ", ".join(f"{name}: {value}" for name, value in event.details.items()),
            event.address or "",
        )
        for event in reversed(events)
    ]
    print_table(("WHEN", "WHO", "DID", "TO", "MORE", "FROM"), rows)
