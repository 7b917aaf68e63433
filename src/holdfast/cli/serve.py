"""`holdfast serve`: the server, and what a person needs to see when it starts."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from holdfast.accounts.domain import FirstAdmin
    from holdfast.app.services import Services
    from holdfast.base.settings import Settings

_GIBIBYTE = 1024**3


def serve(
    host: Annotated[
        str | None, typer.Option(help="The address to listen on; 0.0.0.0 for all. [HOLDFAST_HOST, 127.0.0.1]")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="The port; 0 takes a free one. [HOLDFAST_PORT, 8000]")
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where everything is kept. [HOLDFAST_DATA_DIR, ./holdfast-data]")
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the address in a browser.")] = False,
) -> None:
    """Start the server; Ctrl-C or SIGTERM stops it once the requests in progress are done.

    Example: holdfast serve --port 8080
    """
    # Each thread of OpenBLAS's pool takes memory for buffers at numpy's import, on many cores more than all else we
    # hold; the Hub does no linear algebra. It reads the environment, so this must come before numpy does.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    from holdfast.base.errors import StorageFull  # noqa: PLC0415 - keeps help fast
    from holdfast.base.settings import settings_from_environment  # noqa: PLC0415

    chosen = settings_from_environment()
    settings = replace(
        chosen,
        host=chosen.host if host is None else host,
        port=chosen.port if port is None else port,
        data_dir=chosen.data_dir if data_dir is None else data_dir.expanduser().absolute(),
    )
    try:
        _serve(settings, open_browser=open_browser)
    except StorageFull:
        _explain_full_disk(settings.data_dir)


def _serve(settings: Settings, *, open_browser: bool) -> None:
    from holdfast.app import listening, server  # noqa: PLC0415
    from holdfast.app.data_dir import check_data_dir  # noqa: PLC0415
    from holdfast.app.services import open_services  # noqa: PLC0415

    check_data_dir(settings.data_dir)
    with listening.listen(settings.host, settings.port) as listener:
        settings = replace(settings, port=listener.getsockname()[1])  # jobs are told where the server is
        services = open_services(settings)
        _tell_recovery(services, server.prepare(services))
        admin = services.accounts.first_admin.ensure()
        address = listening.local_url(*listener.getsockname()[:2])
        url = settings.external_url or f"{address}{settings.path_prefix}"

        def announce() -> None:
            _announce(settings, url, admin)
            if open_browser:
                typer.launch(url)

        server.run(services, listener, announce)


def _announce(settings: Settings, url: str, admin: FirstAdmin | None) -> None:
    from holdfast import __version__  # noqa: PLC0415

    print(f"Holdfast {__version__} serves {settings.data_dir} at {url}\n")
    if admin is not None:
        print("Nobody has logged in yet. Set it up in a browser, with a link that works once:\n")
        print(f"  {url}/setup?code={admin.password}\n")
        print("Or log in as it is. All of this is shown until somebody has been in:\n")
        print(f"  user      {admin.username}\n  password  {admin.password}\n")
    print("For huggingface_hub, hf, transformers, datasets and git on this machine:\n")
    print(f"  export HF_ENDPOINT={url}")
    if admin is not None:
        print(f"  export HF_TOKEN={admin.access_token}\n")
    else:
        print("\nAnother access token: holdfast token create USER\n")
    print("Ctrl-C stops the server.", flush=True)


def _tell_recovery(services: Services, repo_keys: list[int]) -> None:
    from holdfast.hub.repos.store import repos  # noqa: PLC0415

    if not repo_keys:
        return
    with services.database.read() as connection:
        found = [repos.get_repo(connection, key) for key in repo_keys]
    names = ", ".join(f"{repo.type.value} {repo.id}" for repo in found if repo)
    print(f"The server had been stopped in the middle of writes. Read again and put right: {names}.")


def _explain_full_disk(data_dir: Path) -> NoReturn:
    free = shutil.disk_usage(data_dir).free / _GIBIBYTE
    print(
        f"holdfast: the disk of {data_dir} is full ({free:.2f} GiB free), so the server can't start. Free some space, "
        "or move the directory to a larger disk and name it with --data-dir.",
        file=sys.stderr,
    )
    sys.exit(1)


def _stop(_signal: int, _frame: object) -> NoReturn:
    """Before the server runs and after it has ended; in between uvicorn listens to signals itself."""
    sys.exit(0)
