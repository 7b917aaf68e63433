"""`holdfast fsck`: is everything that was acknowledged still here, and whole?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from holdfast.app.services import Services

_LOST = """
The tables alone knew these, and they stay lost unless you restore a backup of the database: passwords, access tokens,
organizations and their members (their names are users now), likes, downloads, requests for access, old names of repos,
who opened which pull request."""
_HOW_TO_COME_IN = """
To come in: holdfast user add NAME --admin; to give users passwords: holdfast user passwd NAME"""


def fsck(
    deep: Annotated[bool, typer.Option("--deep", help="Also read and hash every stored byte.")] = False,
    rebuild: Annotated[
        bool,
        typer.Option("--rebuild", help="First make the tables anew from repos/ and objects/; stop the server before."),
    ] = False,
) -> None:
    """Check that repos, their index and all large files are whole. Changes nothing without --rebuild.

    The exit status is 1 when something is lost or damaged. Notes are about leftovers that the next start of the
    server or the next garbage collection removes.

    Example: holdfast fsck --deep
    """
    from holdfast.app.fsck import check  # noqa: PLC0415 - keeps help fast
    from holdfast.cli.data import open_everything  # noqa: PLC0415

    problems = notes = 0
    with open_everything() as services:
        if rebuild:
            problems += _rebuild(services)
        for trouble in check(services, deep=deep):
            problems, notes = problems + (not trouble.is_harmless), notes + trouble.is_harmless
            print(
                f"{'note' if trouble.is_harmless else 'PROBLEM'}: {trouble.subject}: {trouble.explanation}", flush=True
            )
    print(f"{problems or 'No'} problem{'s' * (problems != 1)}, {notes or 'no'} note{'s' * (notes != 1)}.")
    raise typer.Exit(1 if problems else 0)


def _rebuild(services: Services) -> int:
    from holdfast.app.fsck import adopt_objects, rebuild_repos  # noqa: PLC0415

    print(f"Took {adopt_objects(services)} stored files and xorbs into the tables that they did not know.")
    problems = added = made_users = 0
    for restored in rebuild_repos(services):
        added, made_users = added + restored.is_new, made_users + restored.owner_is_new
        if restored.problem:
            problems += 1
            print(f"PROBLEM: {restored.name}: {restored.problem}", flush=True)
        elif restored.is_new:
            print(f"Restored {restored.name}", flush=True)
    print(f"Indexed all repos anew; {added} were not known, nor were {made_users} of their owners.")
    if added:
        print(_LOST)
    if made_users:
        print(_HOW_TO_COME_IN)
    print()
    return problems
