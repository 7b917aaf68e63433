"""The form for a new job, run once or on a schedule."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from starlette.responses import Response

from holdfast.base.errors import Forbidden, HoldfastError
from holdfast.base.identity import Permission
from holdfast.http.call import Call, FormFields
from holdfast.http.routing import Family, Route
from holdfast.jobs.service import JobServices
from holdfast.ui.forms import REFUSALS, problems
from holdfast.ui.job_forms import FIELDS, spec_of
from holdfast.ui.page import Pages

_NO_STORE = {"Cache-Control": "no-store"}
_OWN_IMAGE = f"python:{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True)
class NewJobPages:
    """`/jobs/{namespace}/new`."""

    pages: Pages
    services: JobServices

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        run, page = Permission.RUN_JOBS, Family.PAGE
        return (
            Route("GET", "/jobs/{namespace}/new", self.show, run, page),
            Route("POST", "/jobs/{namespace}/new", self.create, run, page),
        )

    async def show(self, call: Call) -> Response:
        """The empty form."""
        namespace = call.words["namespace"]
        if not await call.run(self.services.jobs.may_run, call.actor, namespace):
            raise Forbidden(reason=f"You don't have the rights to run jobs under the namespace {namespace}.")
        return await self._form(call, FormFields({}))

    async def create(self, call: Call) -> Response:
        """Run it, or put it on a schedule, and show that."""
        form, namespace = await call.form_fields(), call.words["namespace"]
        cron = form.optional_text("schedule")
        try:
            spec = spec_of(form)
            if cron is not None:
                await call.run(self.services.schedules.create_schedule, call.actor, namespace, cron, spec)
                return self.pages.redirect(call, f"/jobs/{namespace}/scheduled")
            job = await call.run(self.services.jobs.run_job, call.actor, namespace, spec)
        except REFUSALS as error:
            if not await call.run(self.services.jobs.may_run, call.actor, namespace):
                raise
            return await self._form(call, form, error)
        return self.pages.redirect(call, f"/jobs/{job.namespace}/{job.id}")

    async def _form(self, call: Call, typed: FormFields, error: HoldfastError | None = None) -> Response:
        return await self.pages.render(
            call,
            "jobs/new.html",
            status=error.status if error else 200,
            headers=_NO_STORE,
            namespace=call.words["namespace"],
            images=[_OWN_IMAGE],
            hardware=self.services.jobs.hardware(),
            typed=typed,
            problems=problems(error, FIELDS) if error else {},
        )
