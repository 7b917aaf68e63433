"""The report of a training run: scores, pictures with their tables, the rows that the model got wrong."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.routing import Family, Route
from holdfast.training.domain.runs import PAGE_FILE
from holdfast.training.service import TrainingService
from holdfast.ui.page import Pages
from holdfast.ui.training_reports import report_view
from holdfast.ui.training_runs import title_of


@dataclass(frozen=True)
class TrainingReportPages:
    """`/training/{namespace}/{id}/report`."""

    pages: Pages
    training: TrainingService

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        path = "/training/{namespace}/{id}/report"
        return (Route("GET", path, self.show, Permission.SEE_JOBS, Family.PAGE),)

    async def show(self, call: Call) -> Response:
        """The report of a run, once there is one; before, where to wait for it."""
        run = await call.run(self.training.get_run, call.actor, call.words["namespace"], call.words["id"])
        named = f"{run.job.namespace}/{run.job.id}"
        return await self.pages.render(
            call,
            "training/report.html",
            json_url=f"/api/training/{named}",
            namespace=run.job.namespace,
            run_id=run.job.id,
            run_path=f"/training/{named}",
            file_path=f"/api/jobs/{named}/artefacts/{PAGE_FILE}",
            title=title_of(run.spec),
            view=report_view(run.report) if run.report is not None else None,
            findings=(run.report or {}).get("findings") or [],
        )
