"""How a model was made, on its own page: for everybody who may read it, whether the run is theirs or not."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from holdfast.base.errors import EntryNotFound, RevisionNotFound
from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.routing import Family, Route
from holdfast.hub.repos.service.files import FileService
from holdfast.hub.repos.service.headers import HeaderService
from holdfast.ui.made_reports import MAX_BYTES, REPORT_PATH, MadeModel, made_model
from holdfast.ui.page import Pages
from holdfast.ui.pages.repo_context import read_context


@dataclass(frozen=True)
class ModelTrainingPages:
    """The page "How it was made" of a repo, at its main branch."""

    pages: Pages
    files: FileService
    headers: HeaderService

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        return (Route("GET", "/{prefix}{repo}/autotrain", self.show, Permission.READ_REPO, Family.PAGE),)

    async def show(self, call: Call) -> Response:
        """What AutoTrain's report in the repo says, explained."""
        view = await read_context(call, self.headers)
        revision = view.repo.default_branch
        made = await call.run(self._made, call, revision)
        return await self.pages.render(
            call,
            "repo/autotrain.html",
            json_url=f"{view.path}/resolve/{revision}/{REPORT_PATH}" if made else None,
            repo=view,
            made=made,
        )

    def _made(self, call: Call, revision: str) -> MadeModel | None:
        try:
            file = self.files.open_file(call.actor, call.repo_type, call.repo_id, revision, REPORT_PATH)
        except (EntryNotFound, RevisionNotFound):
            return None
        if file.source is None or file.source.size_bytes > MAX_BYTES:
            return None
        return made_model(file.source.read(0, file.source.size_bytes))
