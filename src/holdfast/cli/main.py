"""The `holdfast` command: puts the groups together, prints errors as sentences."""

from __future__ import annotations

import os
import sys

import typer

from holdfast.base.errors import HoldfastError
from holdfast.cli import (
    alias,
    audit,
    demo,
    doctor,
    fsck,
    gc,
    jobs,
    migrate,
    org,
    predict,
    serve,
    token,
    train,
    user,
    worker,
)

app = typer.Typer(
    name="holdfast",
    help="Your own Hugging Face Hub. Everything is kept in HOLDFAST_DATA_DIR (./holdfast-data).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command(short_help="Start the server.")(serve.serve)
app.command(short_help="Run jobs without serving.")(worker.worker)
app.command(short_help="Add a small model and five data sets to look at.")(demo.demo)
app.command(short_help="Ask a model, here or on a server.")(predict.predict)
app.command(short_help="Check that this machine has what the server needs.")(doctor.doctor)
app.command(short_help="Check that nothing is lost or damaged; rebuild the tables.")(fsck.fsck)
app.command(short_help="Show who did what.")(audit.audit)
app.command(short_help="Free what no branch, tag or pull request reaches.")(gc.gc)
app.command(short_help="Bring the tables up to date.")(migrate.migrate)
app.add_typer(train.app, name="train")
app.add_typer(jobs.app, name="jobs")
app.add_typer(user.app, name="user")
app.add_typer(org.app, name="org")
app.add_typer(token.app, name="token")
app.add_typer(alias.app, name="alias")


_OURS_ALONE = 0o077


def main() -> None:
    """Run the command line; an expected error is one sentence on stderr and status 1."""
    # Private repos and hashes of passwords are nobody else's on this machine, also in a data directory made by others.
    os.umask(_OURS_ALONE)
    try:
        app()
    except HoldfastError as error:
        print(f"holdfast: {error.message}", file=sys.stderr)
        sys.exit(1)
