"""`holdfast worker`: runs jobs without serving anything."""

from __future__ import annotations

import signal
import threading
from typing import Annotated

import typer


def worker(
    slots: Annotated[
        int | None,
        typer.Option(min=1, help="Processors that running jobs may take together. [HOLDFAST_JOBS_SLOTS, all]"),
    ] = None,
) -> None:
    """Run the jobs of the data directory, beside a server or without one; Ctrl-C or SIGTERM stops it.

    The server runs jobs by itself. Give it HOLDFAST_JOBS_SLOTS=0 to leave them to workers, and workers its address in
    HOLDFAST_EXTERNAL_URL. What runs when a worker ends goes on, and the next worker or server takes it over.

    Example: holdfast worker --slots 2
    """
    from dataclasses import replace  # noqa: PLC0415 - keeps help fast

    from holdfast.app.data_dir import check_data_dir  # noqa: PLC0415
    from holdfast.app.services import open_services  # noqa: PLC0415
    from holdfast.base.settings import settings_from_environment  # noqa: PLC0415

    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    chosen = settings_from_environment()
    settings = replace(chosen, jobs_slots=slots or chosen.jobs_slots or None)
    check_data_dir(settings.data_dir)
    services = open_services(settings)
    try:
        services.jobs.dispatcher.start()
        print(f"Running the jobs of {settings.data_dir}. Ctrl-C stops.", flush=True)
        stopped.wait()
        services.jobs.dispatcher.stop()
    finally:
        services.close()
