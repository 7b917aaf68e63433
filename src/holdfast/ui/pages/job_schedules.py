"""Scheduled jobs: listed, run at once, suspended, resumed, deleted."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import Response

from holdfast.accounts.service import AccountServices
from holdfast.base.errors import Conflict, InvalidInput
from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.routing import Family, Route
from holdfast.jobs.service import JobServices
from holdfast.ui.job_lines import schedule_line
from holdfast.ui.page import Pages
from holdfast.ui.pages.jobs import namespace_facts

_PER_PAGE = 50


@dataclass(frozen=True)
class SchedulePages:
    """`/jobs/{namespace}/scheduled`."""

    pages: Pages
    accounts: AccountServices
    services: JobServices

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        address, page = "/jobs/{namespace}/scheduled", Family.PAGE
        return (
            Route("GET", address, self.show, Permission.SEE_JOBS, page),
            Route("POST", f"{address}/{{id}}", self.change, Permission.RUN_JOBS, page),
        )

    async def show(self, call: Call) -> Response:
        """The schedules of a user or an organization."""
        return await self._show(call)

    async def change(self, call: Call) -> Response:
        """Run now, suspend, resume or delete."""
        form, named = await call.form_fields(), (call.words["namespace"], call.words["id"])
        schedules = self.services.schedules
        changes = {
            "suspend": schedules.suspend_schedule,
            "resume": schedules.resume_schedule,
            "delete": schedules.delete_schedule,
        }
        word = form.text("change", "")
        if word == "run":
            return await self._run(call, named)
        if word not in changes:
            raise InvalidInput(field="change", problem=f"must be run or one of {', '.join(changes)}")
        await call.run(changes[word], call.actor, *named)
        return self.pages.redirect(call, f"/jobs/{named[0]}/scheduled")

    async def _run(self, call: Call, named: tuple[str, str]) -> Response:
        try:
            job = await call.run(self.services.schedules.trigger_schedule, call.actor, *named)
        except Conflict as error:
            return await self._show(call, error)
        return self.pages.redirect(call, f"/jobs/{job.namespace}/{job.id}")

    async def _show(self, call: Call, error: Conflict | None = None) -> Response:
        namespace = call.words["namespace"]
        found = await call.run(
            self.services.schedules.list_schedules,
            call.actor,
            namespace,
            cursor=call.query_params.get("cursor"),
            limit=_PER_PAGE,
        )
        return await self.pages.render(
            call,
            "jobs/scheduled.html",
            status=error.status if error else 200,
            json_url=f"/api/scheduled-jobs/{namespace}",
            lines=[schedule_line(schedule) for schedule in found.schedules],
            following=urlencode({"cursor": found.next_cursor}) if found.next_cursor else "",
            problem=error.message if error else "",
            **await namespace_facts(call, self.accounts, self.services, namespace),
        )
