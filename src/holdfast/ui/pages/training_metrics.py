"""What training wrote beside a model: TensorBoard's event files as charts, and as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.responses import json_response
from holdfast.http.routing import Family, Route
from holdfast.hub.repos.git_storage.bounded_cache import BoundedCache
from holdfast.hub.repos.service.files import FileService
from holdfast.hub.repos.service.headers import HeaderService
from holdfast.ui.page import Pages
from holdfast.ui.pages.repo_context import read_context
from holdfast.ui.training_metrics import RunScalars, groups_of
from holdfast.viewer.readers.event_files import Scalars, read_scalars

MAX_ENTRIES = 10_000
"""Of a repo that are looked through."""
MAX_FILES = 20
"""The newest by name: a name begins with the time at which its run did."""
_MARK = ".tfevents."
_KEPT_FILES = 64


@dataclass(frozen=True)
class Metrics:
    """What the event files of a repo tell; `left_out` are files beyond the limits or broken."""

    runs: tuple[RunScalars, ...]
    files: int
    left_out: int


@dataclass(frozen=True)
class TrainingMetricsPages:
    """The page "Training metrics" of a repo, at its main branch."""

    pages: Pages
    files: FileService
    headers: HeaderService
    _kept: BoundedCache[str, Scalars] = field(default_factory=lambda: BoundedCache(_KEPT_FILES))

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        read = Permission.READ_REPO
        return (
            Route("GET", "/{prefix}{repo}/tensorboard", self.show, read, Family.PAGE),
            Route("GET", "/api/{types}/{repo}/tensorboard", self.show_json, read),
        )

    async def show(self, call: Call) -> Response:
        """Charts of all runs."""
        view = await read_context(call, self.headers)
        metrics = await call.run(self._metrics, call, view.repo.default_branch)
        return await self.pages.render(
            call,
            "repo/training_metrics.html",
            json_url=f"{view.api_path}/tensorboard",
            repo=view,
            groups=groups_of(metrics.runs),
            runs=metrics.runs,
            left_out=metrics.left_out,
        )

    async def show_json(self, call: Call) -> Response:
        """Steps and values by run and tag."""
        view = await read_context(call, self.headers)
        metrics = await call.run(self._metrics, call, view.repo.default_branch)
        runs = [
            {"run": run.name, "scalars": {tag: [list(point) for point in points] for tag, points in run.points.items()}}
            for run in metrics.runs
        ]
        answer: dict[str, Any] = {"runs": runs, "files": metrics.files, "leftOut": metrics.left_out}
        return json_response(answer)

    def _metrics(self, call: Call, revision: str) -> Metrics:
        where = (call.actor, call.repo_type, call.repo_id, revision)
        paths = self.files.find_files(*where, _MARK, MAX_ENTRIES)
        kept = sorted(paths, key=lambda path: path.rpartition("/")[2])[-MAX_FILES:]
        found: dict[str, dict[str, dict[int, float]]] = {}
        broken = 0
        for path in kept:
            scalars = self._scalars(call, revision, path)
            broken += not scalars.is_whole
            run = found.setdefault(path.rpartition("/")[0], {})
            for tag, points in scalars.points.items():
                run.setdefault(tag, {}).update(points)
        runs = tuple(
            RunScalars(name, {tag: sorted(points.items()) for tag, points in tags.items()})
            for name, tags in sorted(found.items())
            if tags
        )
        return Metrics(runs, len(paths), len(paths) - len(kept) + broken)

    def _scalars(self, call: Call, revision: str, path: str) -> Scalars:
        file = self.files.open_file(call.actor, call.repo_type, call.repo_id, revision, path)
        if file.source is None:
            return Scalars({}, is_whole=False)
        oid = file.entry.lfs.sha256 if file.entry.lfs else file.entry.oid
        kept = self._kept.get(oid)
        if kept is None:
            kept = read_scalars(file.source)
            self._kept.put(oid, kept)
        return kept
