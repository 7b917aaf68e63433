"""Training runs: a namespace's list, one run while it goes and afterwards, and what can be learned from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from holdfast.accounts.permissions import check_account
from holdfast.accounts.service import AccountServices
from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.routing import Family, Route
from holdfast.jobs.service import JobServices
from holdfast.training.domain.runs import PAGE_FILE, STOP_LABEL, Target
from holdfast.training.domain.spec_files import write_spec
from holdfast.training.routes import trial_number
from holdfast.training.service import TrainingRun, TrainingService
from holdfast.ui.job_lines import JobLine, log_lines, use_charts
from holdfast.ui.lesson_networks import network_lesson
from holdfast.ui.lessons import lesson_of
from holdfast.ui.page import Pages
from holdfast.ui.pages.jobs import namespace_facts
from holdfast.ui.training_deployments import deployment_lines, place_of, trial_choices
from holdfast.ui.training_findings import found_of
from holdfast.ui.training_runs import (
    again_query,
    board_rows,
    climb_of,
    curves_of,
    end_of,
    importance_bars,
    metric_word,
    score_lines,
    stage_bar,
    title_of,
)

_RUNS_PER_PAGE = 50
_LINES = 200


@dataclass(frozen=True)
class TrainingPages:
    """`/training/…`."""

    pages: Pages
    accounts: AccountServices
    jobs: JobServices
    training: TrainingService

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        see, run, page = Permission.SEE_JOBS, Permission.RUN_JOBS, Family.PAGE
        one = "/training/{namespace}/{id}"
        return (
            Route("GET", "/training", self.show_own, Permission.LOGIN, page),
            Route("GET", "/training/{namespace}", self.show_list, see, page),
            Route("GET", one, self.show, see, page),
            Route("GET", f"{one}/learn", self.learn, see, page),
            Route("POST", f"{one}/stop", self.stop, run, page),
            Route("POST", f"{one}/cancel", self.cancel, run, page),
            Route("POST", f"{one}/deploy", self.deploy_trial, run, page),
        )

    async def show_own(self, call: Call) -> Response:
        """Lead to one's own runs."""
        check_account(call.actor, Permission.LOGIN)
        return self.pages.redirect(call, f"/training/{call.actor.username}")

    async def show_list(self, call: Call) -> Response:
        """The runs of a user or an organization, newest first."""
        namespace = call.words["namespace"]
        cursor = call.query_params.get("cursor")
        found = await call.run(self.training.list_runs, call.actor, namespace, cursor=cursor, limit=_RUNS_PER_PAGE)
        facts = await namespace_facts(call, self.accounts, self.jobs, namespace)
        now = self.pages.clock()
        return await self.pages.render(
            call,
            "training/list.html",
            json_url=f"/api/training/{namespace}",
            lines=[JobLine(job, now, facts["may_run"], {}) for job in found.jobs],
            following=urlencode([("cursor", found.next_cursor)]) if found.next_cursor else "",
            **facts,
        )

    async def show(self, call: Call) -> Response:
        """One run: how far it is, its board, its log; and its scores once there are any."""
        run = await self._run(call)
        named = run.job.namespace, run.job.id
        jobs = self.jobs.jobs
        lines = await call.run(jobs.read_log, call.actor, *named, tail=_LINES)
        used = await call.run(jobs.read_usage, call.actor, *named)
        deployments = await call.run(self.training.list_deployments, call.actor, *named)
        report = run.report or {}
        left = {file.path for file in await call.run(jobs.list_artefacts, call.actor, *named)}
        return await self.pages.render(
            call,
            "training/run.html",
            json_url=f"/api/training/{run.job.namespace}/{run.job.id}",
            **await self._facts(call, run),
            steps=stage_bar(run),
            rows=board_rows(run),
            climb=climb_of(run),
            curves=curves_of(run),
            scores=score_lines(report),
            has_sealed_rows=bool((report.get("rows") or {}).get("judged")),
            end=end_of(run),
            found=found_of(run.board, report),
            charts=use_charts(used),
            lines=log_lines(lines),
            next_line=lines[-1].number + 1 if lines else 0,
            page_file=PAGE_FILE if PAGE_FILE in left else None,
            spec_text=write_spec(run.spec),
            choices=trial_choices(run),
            deployments=deployment_lines(run, deployments),
        )

    async def learn(self, call: Call) -> Response:
        """What was done, for people who learn."""
        run = await self._run(call)
        return await self.pages.render(
            call,
            "training/learn.html",
            json_url=f"/api/training/{run.job.namespace}/{run.job.id}",
            **await self._facts(call, run),
            lesson=lesson_of(run.board, run.report),
            network=network_lesson(run.report),
            bars=importance_bars(run.report or {}),
        )

    async def stop(self, call: Call) -> Response:
        """End the search, keep the best."""
        job = await call.run(self.training.stop_and_keep_best, call.actor, call.words["namespace"], call.words["id"])
        return self.pages.redirect(call, f"/training/{job.namespace}/{job.id}")

    async def cancel(self, call: Call) -> Response:
        """End it and keep nothing."""
        job = await call.run(self.training.cancel, call.actor, call.words["namespace"], call.words["id"])
        return self.pages.redirect(call, f"/training/{job.namespace}/{job.id}")

    async def deploy_trial(self, call: Call) -> Response:
        """Make another trial of the run the served model: leads to the run that does it."""
        fields = await call.form_fields()
        target = Target(fields.optional_text("repo_id"), fields.optional_text("branch"))
        number = trial_number(fields.text("trial"))
        named = call.words["namespace"], call.words["id"]
        job = await call.run(self.training.deploy_trial, call.actor, *named, number, target)
        return self.pages.redirect(call, f"/training/{job.namespace}/{job.id}")

    async def _run(self, call: Call) -> TrainingRun:
        return await call.run(self.training.get_run, call.actor, call.words["namespace"], call.words["id"])

    async def _facts(self, call: Call, run: TrainingRun) -> dict[str, Any]:
        """What every page of a run shows."""
        may_run = await call.run(self.jobs.jobs.may_run, call.actor, run.job.namespace)
        published = (run.report or {}).get("published") or {}
        return {
            "line": JobLine(run.job, self.pages.clock(), may_run, {}),
            "run": run,
            "run_path": f"/training/{run.job.namespace}/{run.job.id}",
            "title": title_of(run.spec),
            "metric": metric_word(run.board.metric),
            "stopping": STOP_LABEL in run.job.spec.labels,
            "model": place_of(run.spec.output) if published else None,
            "again": again_query(run.spec),
            "message": run.board.messages[-1] if run.board.messages else "",
        }
