"""Starts and stops the server: one process, one port."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import resource
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import uvicorn

from holdfast.app.daily import DailyRound
from holdfast.app.listening import not_listening
from holdfast.app.maintenance import maintain
from holdfast.app.pages import open_site
from holdfast.app.renewal import Renewal
from holdfast.app.routes import all_routes
from holdfast.app.services import Services
from holdfast.base.errors import Conflict, HoldfastError
from holdfast.http.application import Application
from holdfast.http.patience import PatientProtocol
from holdfast.http.routing import Router
from holdfast.http.urls import UrlPolicy
from holdfast.hub.repos.service.collecting import BEHIND, RepoCollector

logger = logging.getLogger("holdfast.app")

FLUSH_SECONDS = 5.0
SPARE_DESCRIPTORS = 256
"""For the database, packs and pipes; a connection and the file that it receives or sends count for two."""


@dataclass
class Housekeeping:
    """Writes counters now and then, off the event loop."""

    services: Services
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, after the round in progress."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(FLUSH_SECONDS):
            try:
                self.services.repos.downloads.flush()
                self.services.accounts.authentication.flush_last_used()
            except HoldfastError as error:  # a full disk, for as long as it is full
                logger.warning("could not write counters; trying again: %s", error)
            except Exception:
                logger.warning("could not write counters; trying again", exc_info=True)


def create_application(services: Services) -> Application:
    """Build the ASGI application over the services; closing it closes them."""
    settings = services.settings
    executor = ThreadPoolExecutor(max_workers=(os.cpu_count() or 1) * 2 + 14, thread_name_prefix="work")
    housekeeping = Housekeeping(services)
    housekeeping.start()
    daily = DailyRound(settings.data_dir, partial(maintain, services))
    daily.start()
    renewal = Renewal(services.repos.renewer)
    renewal.start()
    services.scans.start()

    async def stop() -> None:
        loop = asyncio.get_running_loop()
        await services.inference.stop()
        await loop.run_in_executor(None, services.jobs.dispatcher.stop)
        await loop.run_in_executor(None, housekeeping.stop)
        await loop.run_in_executor(None, daily.stop)
        await loop.run_in_executor(None, renewal.stop)
        await loop.run_in_executor(None, services.scans.stop)
        await loop.run_in_executor(None, services.xet.close)
        executor.shutdown(wait=True, cancel_futures=True)
        services.close()

    policy = UrlPolicy(settings.external_url, settings.path_prefix, settings.trust_proxy_headers)
    pages = open_site(services)
    router = Router(all_routes(services, pages))
    return Application(router, services.accounts.authentication, policy, executor, stop, pages.error_page)


def prepare(services: Services) -> list[int]:
    """Put right what a crash may have left: unfinished deletions, unindexed ref updates. Returns those repos' keys.

    Raises:
        Conflict: the database does not know the repos on disk; serving would let new repos take their places.
    """
    if RepoCollector(services.database, services.repos.pool, services.objects).unknown():
        raise Conflict(reason=BEHIND)
    services.repos.pool.empty_trash()
    return services.repos.index.recover()


def run(services: Services, listener: socket.socket, on_ready: Callable[[], None]) -> None:
    """Serve until a signal comes.

    Args:
        services: closed at the end.
        listener: from `listening.listen`.
        on_ready: called once connections are answered.
    """
    application = create_application(services)
    config = uvicorn.Config(
        application,
        http=PatientProtocol,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=services.settings.trust_proxy_headers,
        date_header=False,
        lifespan="on",
        timeout_keep_alive=75,
        timeout_graceful_shutdown=20,
        limit_concurrency=_most_connections(),
    )

    def ready() -> None:
        services.inference.start()
        if services.settings.jobs_slots != 0:
            services.jobs.dispatcher.start()
        on_ready()

    host, port = listener.getsockname()[:2]
    try:
        _AnnouncingServer(config, ready, application.stopping.set).run(sockets=[listener])
    except OSError as error:  # somebody bound the same address at the same time, and listened first
        raise not_listening(host, port, error) from error


def _most_connections() -> int:
    """As many as there are file descriptors for; whoever comes then is told to come back, and nothing fails."""
    allowed, at_most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if at_most == resource.RLIM_INFINITY else at_most
    if allowed < wanted:
        allowed = min(wanted, 65_536)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, at_most))
    return max(32, (allowed - SPARE_DESCRIPTORS) // 2)


class _AnnouncingServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None], on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._on_stop = on_stop

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stop()
        await super().shutdown(sockets=sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            # What is loaded by now stays until the end: the garbage collector need not look at it again and again.
            gc.collect()
            gc.freeze()
            self._on_ready()
