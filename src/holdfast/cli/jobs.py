"""`holdfast jobs`: look at jobs on the data directory, and end them."""

from __future__ import annotations

import time
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Look at jobs, and end them.")

Name = Annotated[str, typer.Argument(metavar="NAMESPACE/JOB", help="As `holdfast jobs ls` prints it.")]
_FOLLOW_SECONDS = 0.5


@app.command("ls")
def list_jobs(
    everything: Annotated[bool, typer.Option("--all", "-a", help="Those that have ended, too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 100,
) -> None:
    """List jobs, newest first.

    Example: holdfast jobs ls --all
    """
    from holdfast.base.clock import iso  # noqa: PLC0415 - keeps help fast
    from holdfast.base.identity import SYSTEM  # noqa: PLC0415
    from holdfast.cli.data import open_everything  # noqa: PLC0415
    from holdfast.cli.printing import print_table  # noqa: PLC0415
    from holdfast.jobs.domain.jobs import Stage  # noqa: PLC0415

    stages = () if everything else (Stage.SCHEDULING, Stage.RUNNING)
    with open_everything() as services:
        page = services.jobs.jobs.list_all(SYSTEM, stages=stages, limit=limit)
    rows = [
        (
            f"{job.namespace}/{job.id}",
            job.stage.value,
            job.spec.kind,
            iso(job.created_at),
            " ".join(job.spec.command)[:60],
        )
        for job in page.jobs
    ]
    if rows:
        print_table(("JOB", "STAGE", "KIND", "CREATED", "COMMAND"), rows)
    else:
        print("No jobs." if everything else "No jobs wait or run. Those that have ended: holdfast jobs ls --all")


@app.command("logs")
def logs(
    name: Name,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the job ends.")] = False,
) -> None:
    """Print the log of a job.

    Example: holdfast jobs logs alice/687f911eaea852de79c4a50a
    """
    from holdfast.base.identity import SYSTEM  # noqa: PLC0415
    from holdfast.cli.data import open_everything  # noqa: PLC0415

    namespace, _, job_id = name.rpartition("/")
    start = 0
    with open_everything() as services:
        jobs = services.jobs.jobs
        while True:
            is_over = jobs.get_job(SYSTEM, namespace, job_id).stage.is_terminal
            lines = jobs.read_log(SYSTEM, namespace, job_id, start=start)
            for line in lines:
                print(line.text)
            start += len(lines)
            if not lines and (is_over or not follow):
                return
            if not lines:
                time.sleep(_FOLLOW_SECONDS)


@app.command("cancel")
def cancel(name: Name) -> None:
    """End a job; one that runs is asked to, and ended after ten seconds.

    Example: holdfast jobs cancel alice/687f911eaea852de79c4a50a
    """
    from holdfast.base.identity import SYSTEM  # noqa: PLC0415
    from holdfast.cli.data import open_everything  # noqa: PLC0415

    namespace, _, job_id = name.rpartition("/")
    with open_everything() as services:
        job = services.jobs.jobs.cancel_job(SYSTEM, namespace, job_id)
    print(f"{job.namespace}/{job.id}: {job.stage.value}" + (", is being ended" if not job.stage.is_terminal else ""))
