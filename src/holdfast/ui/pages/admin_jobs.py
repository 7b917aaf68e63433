"""Everybody's jobs, for site admins: what runs, what waits, what has ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from starlette.responses import Response

from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.routing import Family, Route
from holdfast.jobs.domain.jobs import Job, Stage
from holdfast.jobs.service import JobServices
from holdfast.ui.job_lines import JobLine
from holdfast.ui.page import Pages

_UNFINISHED = 200
_ENDED_PER_PAGE = 50
_ENDED = [stage for stage in Stage if stage.is_terminal]


@dataclass(frozen=True)
class AdminJobPages:
    """`/admin/jobs`. Cancelling one is the form of the job's own page."""

    pages: Pages
    services: JobServices
    elsewhere: Mapping[str, str] = field(default_factory=dict)

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        return (Route("GET", "/admin/jobs", self.show, Permission.SITE_ADMIN, Family.PAGE),)

    async def show(self, call: Call) -> Response:
        """All jobs, those that run and wait before the others."""
        jobs = self.services.jobs
        running = await call.run(jobs.list_all, call.actor, stages=[Stage.RUNNING], limit=_UNFINISHED)
        waiting = await call.run(jobs.list_all, call.actor, stages=[Stage.SCHEDULING], limit=_UNFINISHED)
        cursor = call.query_params.get("cursor")
        ended = await call.run(jobs.list_all, call.actor, stages=_ENDED, cursor=cursor, limit=_ENDED_PER_PAGE)
        return await self.pages.render(
            call,
            "admin/jobs.html",
            json_url="/api/admin/jobs",
            running=self._lines(running.jobs),
            waiting=self._lines(waiting.jobs),
            ended=self._lines(ended.jobs),
            following=urlencode({"cursor": ended.next_cursor}) if ended.next_cursor else "",
        )

    def _lines(self, jobs: list[Job]) -> list[JobLine]:
        now = self.pages.clock()
        return [JobLine(job, now, may_change=True, pages=self.elsewhere) for job in jobs]
