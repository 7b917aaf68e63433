"""`/api/jobs/…`: run, look, cancel, run again, label, follow, fetch what a job left."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from typing import IO

from starlette.responses import Response, StreamingResponse

from holdfast.base.clock import Clock
from holdfast.base.errors import InvalidInput
from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.responses import json_response, page_response
from holdfast.http.routing import Route
from holdfast.jobs.domain.jobs import Job
from holdfast.jobs.routes.items import artefact_item, hardware_item, job_item, log_event, metric_event
from holdfast.jobs.routes.reading import asked_labels, asked_stages, read_labels, read_spec
from holdfast.jobs.routes.streams import event, stream, wanted_lines
from holdfast.jobs.service import Jobs

_MOST_PER_PAGE = 1_000
_JOBS_PER_PAGE = 100
_PIECE_BYTES = 256 * 1024
_DOWNLOAD_HEADERS = {
    "Cache-Control": "private, no-cache",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


@dataclass(frozen=True)
class JobRoutes:
    """Of single jobs, and of what there is to run them on."""

    jobs: Jobs
    clock: Clock

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        see, run = Permission.SEE_JOBS, Permission.RUN_JOBS
        job = "/api/jobs/{namespace}/{id}"
        return (
            Route("GET", "/api/jobs/hardware", self.hardware, Permission.PUBLIC),
            Route("GET", "/api/admin/jobs", self.list_all, Permission.SITE_ADMIN),
            Route("GET", "/api/jobs/{namespace}", self.list_jobs, see),
            Route("POST", "/api/jobs/{namespace}", self.run_job, run),
            Route("GET", job, self.inspect, see),
            Route("POST", f"{job}/cancel", self.cancel, run),
            Route("POST", f"{job}/duplicate", self.duplicate, run),
            Route("PUT", f"{job}/labels", self.update_labels, run),
            Route("POST", f"{job}/labels", self.update_labels, run),
            Route("PUT", f"{job}/expose", self.expose, see),
            Route("GET", f"{job}/logs", self.follow_log, see),
            Route("GET", f"{job}/log.txt", self.log_text, see),
            Route("GET", f"{job}/metrics", self.follow_metrics, see),
            Route("GET", f"{job}/artefacts", self.list_artefacts, see),
            Route("GET", f"{job}/artefacts/{{path}}", self.download_artefact, see),
        )

    async def hardware(self, _: Call) -> Response:
        """What jobs can run on."""
        return json_response([hardware_item(flavor) for flavor in self.jobs.hardware()])

    async def list_jobs(self, call: Call) -> Response:
        """A namespace's jobs, newest first; `stage` (any of several), `label=KEY=VALUE` (all), `limit`."""
        page = await call.run(
            self.jobs.list_jobs,
            call.actor,
            call.words["namespace"],
            stages=asked_stages(call),
            labels=asked_labels(call),
            cursor=call.query_params.get("cursor"),
            limit=call.number("limit", _JOBS_PER_PAGE, 1, _MOST_PER_PAGE),
        )
        now = self.clock()
        return page_response(call, [job_item(job, now) for job in page.jobs], page.next_cursor)

    async def list_all(self, call: Call) -> Response:
        """Everybody's jobs, newest first; `stage` (any of several), `limit`."""
        limit = call.number("limit", _JOBS_PER_PAGE, 1, _MOST_PER_PAGE)
        stages, cursor = asked_stages(call), call.query_params.get("cursor")
        page = await call.run(self.jobs.list_all, call.actor, stages=stages, cursor=cursor, limit=limit)
        now = self.clock()
        return page_response(call, [job_item(job, now) for job in page.jobs], page.next_cursor)

    async def run_job(self, call: Call) -> Response:
        """Run a command."""
        spec = read_spec(call, await call.fields())
        return self._answer(await call.run(self.jobs.run_job, call.actor, call.words["namespace"], spec))

    async def inspect(self, call: Call) -> Response:
        """One job as it is now."""
        return self._answer(await call.run(self.jobs.get_job, call.actor, *_named(call)))

    async def cancel(self, call: Call) -> Response:
        """End a job; one that has ended stays as it is."""
        return self._answer(await call.run(self.jobs.cancel_job, call.actor, *_named(call)))

    async def duplicate(self, call: Call) -> Response:
        """Run the same again."""
        return self._answer(await call.run(self.jobs.duplicate_job, call.actor, *_named(call)))

    async def update_labels(self, call: Call) -> Response:
        """Give a job other labels."""
        labels = read_labels(await call.fields())
        return self._answer(await call.run(self.jobs.update_labels, call.actor, *_named(call), labels))

    async def expose(self, call: Call) -> Response:
        """Which ports are open: none ever are. Closing all changes nothing, opening one is refused."""
        fields = await call.fields()
        if fields.values.get("ports") or fields.values.get("portsPublic"):
            raise InvalidInput(422, "ports", "cannot be opened: jobs here are not reached over the network")
        return self._answer(await call.run(self.jobs.get_job, call.actor, *_named(call)))

    async def follow_log(self, call: Call) -> Response:
        """The log as server-sent events, until the job ends; `tail`: from the last so many lines on."""
        start, tail = wanted_lines(call)
        await call.run(self.jobs.get_job, call.actor, *_named(call))  # what is wrong is an ordinary answer
        return stream(call, self._log_events(call, start, tail))

    async def log_text(self, call: Call) -> Response:
        """The whole log as text, as far as it goes."""
        await call.run(self.jobs.get_job, call.actor, *_named(call))
        return StreamingResponse(self._log_lines(call), headers=_DOWNLOAD_HEADERS, media_type="text/plain")

    async def follow_metrics(self, call: Call) -> Response:
        """What a running job uses, as server-sent events, one each second until it ends."""
        job = await call.run(self.jobs.get_job, call.actor, *_named(call))
        return stream(call, self._metric_events(call, job))

    async def list_artefacts(self, call: Call) -> Response:
        """The files that a job left."""
        job = await call.run(self.jobs.get_job, call.actor, *_named(call))
        found = await call.run(self.jobs.list_artefacts, call.actor, *_named(call))
        return json_response([artefact_item(job, artefact, call.urls.base) for artefact in found])

    async def download_artefact(self, call: Call) -> Response:
        """A file that a job left."""
        file = await call.run(self.jobs.open_artefact, call.actor, *_named(call), call.words["path"])
        headers = {**_DOWNLOAD_HEADERS, "Content-Disposition": "attachment"}
        return StreamingResponse(_pieces(file), headers=headers, media_type="application/octet-stream")

    def _answer(self, job: Job) -> Response:
        return json_response(job_item(job, self.clock()))

    async def _log_events(self, call: Call, start: int, tail: int | None) -> AsyncGenerator[bytes, None]:
        async for lines in self.jobs.follow_log(call.actor, *_named(call), start=start, tail=tail):
            yield b"".join(event(log_event(line), number=line.number) for line in lines)

    async def _metric_events(self, call: Call, job: Job) -> AsyncGenerator[bytes, None]:
        async for usage in self.jobs.follow_metrics(call.actor, *_named(call)):
            yield event(metric_event(job, usage), name="metric")

    async def _log_lines(self, call: Call) -> AsyncGenerator[str, None]:
        start = 0
        while lines := await call.run(self.jobs.read_log, call.actor, *_named(call), start=start):
            yield "".join(f"{line.text}\n" for line in lines)
            start = lines[-1].number + 1


def _named(call: Call) -> tuple[str, str]:
    return call.words["namespace"], call.words["id"]


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE_BYTES):
            yield piece
