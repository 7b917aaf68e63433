"""`holdfast gc`: free what no ref reaches."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from holdfast.app.maintenance import MaintenanceReport
    from holdfast.hub.objects.garbage import GarbageReport

_DAY_SECONDS = 24 * 3600
_DEEDS = {"condemn": "condemned", "reprieve": "reprieved", "delete": "deleted"}

Line = tuple[str, str, int]
"""What is done to what, why, and how many bytes it has."""


def gc(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be done.")] = False,
    grace_days: Annotated[
        int | None,
        typer.Option(
            min=0, max=36_500, help="Keep unreachable files for so long. [HOLDFAST_GC_GRACE_SECONDS, 22 days]"
        ),
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Name each file.")] = False,
) -> None:
    """Remove large files that no branch, tag or pull request of any repo reaches, and tidy up repos.

    Works while the server runs, which does the same once a day. A file is first condemned, and deleted by a later
    run, a day on at least. Clients remember for 21 days what they uploaded: with a shorter grace, they are told to
    forget it.

    Example: holdfast gc --dry-run
    """
    from holdfast.app.maintenance import maintain  # noqa: PLC0415 - keeps help fast
    from holdfast.cli.data import open_everything  # noqa: PLC0415

    with open_everything() as services:
        grace_seconds = None if grace_days is None else grace_days * _DAY_SECONDS
        report = maintain(services, grace_seconds=grace_seconds, dry_run=dry_run)
    lines = list(_lines(report.objects))
    if verbose:
        _print_each(report.objects)
    _print_groups(lines)
    _print_totals(report)


def _lines(report: GarbageReport) -> Iterator[Line]:
    for verdict in report.verdicts:
        form = "plain" if verdict.target.kind.value == "blob" else "Xet"
        yield f"{form} files {_DEEDS[verdict.action.value]}", verdict.reason, verdict.target.size_bytes
    for removal in report.removals:
        folder = removal.key.partition("/")[0]
        yield f"bytes in {folder}/ removed", removal.reason, removal.size_bytes


def _print_groups(lines: list[Line]) -> None:
    from holdfast.cli.printing import print_table, size  # noqa: PLC0415

    counts, sizes = Counter(line[:2] for line in lines), Counter[tuple[str, str]]()
    for what, why, size_bytes in lines:
        sizes[what, why] += size_bytes
    if counts:
        rows = [(what, str(count), size(sizes[what, why]), why) for (what, why), count in sorted(counts.items())]
        print_table(("WHAT", "NUMBER", "SIZE", "WHY"), rows)
        print()


def _print_each(report: GarbageReport) -> None:
    from holdfast.cli.printing import print_table, size  # noqa: PLC0415

    rows = [
        (_DEEDS[verdict.action.value], verdict.target.sha256, size(verdict.target.size_bytes), verdict.reason)
        for verdict in report.verdicts
    ]
    rows += [("removed", removal.key, size(removal.size_bytes), removal.reason) for removal in report.removals]
    if rows:
        print_table(("DEED", "WHAT", "SIZE", "WHY"), rows)
        print()


def _print_totals(report: MaintenanceReport) -> None:
    from holdfast.cli.printing import size  # noqa: PLC0415

    objects = report.objects
    freed = f"{'Would free' if objects.dry_run else 'Freed'} {size(objects.freed_bytes)}"
    print(f"{freed} (files on disk: {len(objects.removals)}). Objects that stay as they are: {objects.kept}.")
    if report.removed_repos:
        remove = "Would remove" if objects.dry_run else "Removed"
        print(f"{remove} {len(report.removed_repos)} folders that deleted repos had left.")
    if report.tidied_repos:
        print(f"Rolled up the git objects of {len(report.tidied_repos)} repos.")
    if report.has_new_epoch:
        print("Began a new Xet epoch: clients forget what they uploaded, and upload whole files once.")
    if objects.dry_run:
        print("Nothing was changed.")
