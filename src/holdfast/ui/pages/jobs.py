"""Jobs: a namespace's list, one job with its log, numbers and files; cancelled, and run again.

They live at `/jobs/…` because that is the address that clients print when they start one.
Source: huggingface_hub 2.4.0, `JobInfo.url`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from holdfast.accounts.permissions import check_account
from holdfast.accounts.service import AccountServices
from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.routing import Family, Route
from holdfast.jobs.domain.jobs import Stage
from holdfast.jobs.service import JobServices
from holdfast.ui.job_lines import STAGES, JobLine, log_lines, told_charts, use_charts
from holdfast.ui.page import Pages, local_path

EXAMPLE_IMAGE = "python:3.12"
_JOBS_PER_PAGE = 50
_LINES = 1_000
_EVENTS = 5_000


@dataclass(frozen=True)
class JobPages:
    """`/jobs/…`.

    Args:
        elsewhere: kind → the page that shows its jobs as what they are, with `{namespace}` and `{id}` in its path.
    """

    pages: Pages
    accounts: AccountServices
    services: JobServices
    elsewhere: Mapping[str, str] = field(default_factory=dict)

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        see, run, page = Permission.SEE_JOBS, Permission.RUN_JOBS, Family.PAGE
        job = "/jobs/{namespace}/{id}"
        return (
            Route("GET", "/jobs", self.show_own, Permission.LOGIN, page),
            Route("GET", "/jobs/{namespace}", self.show_list, see, page),
            Route("GET", job, self.show, see, page),
            Route("POST", f"{job}/cancel", self.cancel, run, page),
            Route("POST", f"{job}/duplicate", self.duplicate, run, page),
        )

    async def show_own(self, call: Call) -> Response:
        """Lead to one's own jobs."""
        check_account(call.actor, Permission.LOGIN)
        return self.pages.redirect(call, f"/jobs/{call.actor.username}")

    async def show_list(self, call: Call) -> Response:
        """The jobs of a user or an organization, newest first."""
        namespace = call.words["namespace"]
        stage, label = (call.query_params.get(name, "").strip() for name in ("stage", "label"))
        found = await call.run(
            self.services.jobs.list_jobs,
            call.actor,
            namespace,
            stages=[Stage.parse(stage)] if stage else [],
            labels=[_label(label)] if label else [],
            cursor=call.query_params.get("cursor"),
            limit=_JOBS_PER_PAGE,
        )
        facts = await namespace_facts(call, self.accounts, self.services, namespace)
        kept = [(name, word) for name, word in (("stage", stage), ("label", label)) if word]
        now = self.pages.clock()
        return await self.pages.render(
            call,
            "jobs/list.html",
            json_url=f"/api/jobs/{namespace}?{urlencode(kept)}" if kept else f"/api/jobs/{namespace}",
            lines=[JobLine(job, now, facts["may_run"], self.elsewhere) for job in found.jobs],
            following=urlencode([*kept, ("cursor", found.next_cursor)]) if found.next_cursor else "",
            stages=[(stage.value, word) for stage, (word, _) in STAGES.items() if stage is not Stage.DELETED],
            stage=stage.upper(),
            label=label,
            **facts,
        )

    async def show(self, call: Call) -> Response:
        """One job: how far it is, its log, what it told and used, the files it left."""
        named = call.words["namespace"], call.words["id"]
        jobs = self.services.jobs
        job = await call.run(jobs.get_job, call.actor, *named)
        may_run = await call.run(jobs.may_run, call.actor, job.namespace)
        lines = await call.run(jobs.read_log, call.actor, *named, tail=_LINES)
        told = await call.run(jobs.read_events, call.actor, *named, start=-_EVENTS)
        used = await call.run(jobs.read_usage, call.actor, *named)
        return await self.pages.render(
            call,
            "jobs/show.html",
            json_url=f"/api/jobs/{job.namespace}/{job.id}",
            line=JobLine(job, self.pages.clock(), may_run, self.elsewhere),
            lines=log_lines(lines),
            first_line=lines[0].number if lines else 0,
            next_line=lines[-1].number + 1 if lines else 0,
            charts=[*told_charts(told), *use_charts(used)],
            artefacts=await call.run(jobs.list_artefacts, call.actor, *named),
        )

    async def cancel(self, call: Call) -> Response:
        """End it, and go back to where that was asked for."""
        form = await call.form_fields()
        job = await call.run(self.services.jobs.cancel_job, call.actor, call.words["namespace"], call.words["id"])
        back = form.optional_text("next")
        return self.pages.redirect(call, local_path(back) if back else f"/jobs/{job.namespace}/{job.id}")

    async def duplicate(self, call: Call) -> Response:
        """Run the same again, and show that."""
        job = await call.run(self.services.jobs.duplicate_job, call.actor, call.words["namespace"], call.words["id"])
        return self.pages.redirect(call, f"/jobs/{job.namespace}/{job.id}")


async def namespace_facts(
    call: Call, accounts: AccountServices, services: JobServices, namespace: str
) -> dict[str, Any]:
    """What the frame of a namespace's pages shows: whose they are, whose else there are, what may be done."""
    identity = await call.run(accounts.profiles.whoami, call.actor)
    own = [identity.user.name, *(membership.namespace.name for membership in identity.orgs)]
    return {
        "namespace": namespace,
        "namespaces": own if namespace in own else [*own, namespace],
        "may_run": await call.run(services.jobs.may_run, call.actor, namespace),
        "example_image": EXAMPLE_IMAGE,
    }


def _label(typed: str) -> tuple[str, str]:
    """`key=value`; a word alone is a name."""
    key, separator, value = typed.partition("=")
    return (key.strip(), value.strip()) if separator else ("name", typed)
