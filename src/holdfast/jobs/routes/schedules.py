"""`/api/scheduled-jobs/…`: jobs that are run again and again."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from holdfast.base.clock import Clock
from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.responses import json_response, page_response
from holdfast.http.routing import Route
from holdfast.jobs.domain.schedules import Schedule
from holdfast.jobs.routes.items import job_item, schedule_item
from holdfast.jobs.routes.reading import asked_labels, read_labels, read_spec
from holdfast.jobs.service import Schedules

_MOST_PER_PAGE = 1_000


@dataclass(frozen=True)
class ScheduleRoutes:
    """Source: huggingface_hub 2.4.0, `HfApi.create_scheduled_job` and those after it."""

    schedules: Schedules
    clock: Clock

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        see, run = Permission.SEE_JOBS, Permission.RUN_JOBS
        all_of, one = "/api/scheduled-jobs/{namespace}", "/api/scheduled-jobs/{namespace}/{id}"
        return (
            Route("GET", all_of, self.list_schedules, see),
            Route("POST", all_of, self.create, run),
            Route("GET", one, self.inspect, see),
            Route("DELETE", one, self.delete, run),
            Route("POST", f"{one}/suspend", self.suspend, run),
            Route("POST", f"{one}/resume", self.resume, run),
            Route("POST", f"{one}/run", self.trigger, run),
            Route("POST", f"{one}/schedule", self.change_schedule, run),
            Route("PUT", f"{one}/labels", self.update_labels, run),
        )

    async def list_schedules(self, call: Call) -> Response:
        """A namespace's scheduled jobs, newest first; `label=KEY=VALUE` (all of several)."""
        wanted = asked_labels(call)
        limit = call.number("limit", _MOST_PER_PAGE, 1, _MOST_PER_PAGE)
        cursor, namespace = call.query_params.get("cursor"), call.words["namespace"]
        page = await call.run(self.schedules.list_schedules, call.actor, namespace, cursor=cursor, limit=limit)
        found = [each for each in page.schedules if set(wanted) <= set(each.spec.labels.items())]
        return page_response(call, [schedule_item(schedule) for schedule in found], page.next_cursor)

    async def create(self, call: Call) -> Response:
        """Run a job again and again."""
        fields = await call.fields()
        schedule = await call.run(
            self.schedules.create_schedule,
            call.actor,
            call.words["namespace"],
            fields.text("schedule"),
            read_spec(call, fields.part("jobSpec")),
            suspended=fields.optional_flag("suspend") or False,
            concurrency=fields.optional_flag("concurrency") or False,
        )
        return _answer(schedule)

    async def inspect(self, call: Call) -> Response:
        """One scheduled job, with what it did last and will do next."""
        return _answer(await call.run(self.schedules.get_schedule, call.actor, *_named(call)))

    async def delete(self, call: Call) -> Response:
        """Run it no more; jobs that were made stay."""
        await call.run(self.schedules.delete_schedule, call.actor, *_named(call))
        return json_response({})

    async def suspend(self, call: Call) -> Response:
        """Make no jobs until it is resumed."""
        return _answer(await call.run(self.schedules.suspend_schedule, call.actor, *_named(call)))

    async def resume(self, call: Call) -> Response:
        """Make jobs again."""
        return _answer(await call.run(self.schedules.resume_schedule, call.actor, *_named(call)))

    async def trigger(self, call: Call) -> Response:
        """Run it now, beside its schedule."""
        job = await call.run(self.schedules.trigger_schedule, call.actor, *_named(call))
        return json_response(job_item(job, self.clock()))

    async def change_schedule(self, call: Call) -> Response:
        """Run it at other times."""
        words = (await call.fields()).text("schedule")
        return _answer(await call.run(self.schedules.change_cron, call.actor, *_named(call), words))

    async def update_labels(self, call: Call) -> Response:
        """Give the jobs to come other labels."""
        labels = read_labels(await call.fields())
        return _answer(await call.run(self.schedules.update_labels, call.actor, *_named(call), labels))


def _named(call: Call) -> tuple[str, str]:
    return call.words["namespace"], call.words["id"]


def _answer(schedule: Schedule) -> Response:
    return json_response(schedule_item(schedule))
