"""The wizard for a new run: bring data, see what the check says and correct it, choose how long, start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from holdfast.base.errors import Forbidden, HoldfastError, InvalidInput, TooLarge
from holdfast.base.identity import Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.http.call import Call, FormFields
from holdfast.http.multipart_forms import FormLimits, ReceivedForm, receive_form
from holdfast.http.responses import json_response
from holdfast.http.routing import Family, Route
from holdfast.hub.repos.listing.filters import ListQuery, Sort
from holdfast.hub.repos.service.listing import ListedRepo, ListService
from holdfast.hub.repos.service.uploading import ReceivedFile
from holdfast.jobs.service import JobServices
from holdfast.training.domain.spec_files import KINDS
from holdfast.training.previewing import Asked, Preview, PreviewService
from holdfast.training.service import TrainingService
from holdfast.training.trainers import registry
from holdfast.ui.forms import REFUSALS, problems
from holdfast.ui.page import Pages
from holdfast.ui.training_previews import preview_lines, time_advice
from holdfast.ui.training_recipes import RECIPES, recipe_named

LIMITS = FormLimits(max_bytes=1_000_000_000, max_files=1)
_NO_STORE = {"Cache-Control": "no-store"}
_MINUTES = (1, 10, 60)
_MOST_MINUTES = 7 * 24 * 60
_FIELDS = {"data.repo_id": "dataset", "data": "dataset", "output.repo_id": "model", "budget.seconds": "minutes"}
_WITHOUT_ROWS = ("reinforcement-learning",)
_SHOWN_DATASETS = 8
_KIND, _ROLE = "kind-", "column-"


@dataclass(frozen=True)
class NewTrainingPages:
    """`/training/{namespace}/new`.

    Args:
        incoming: folder on the disk that takes files while they arrive.
    """

    pages: Pages
    jobs: JobServices
    training: TrainingService
    previews: PreviewService
    lists: ListService
    incoming: Path

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        run, page = Permission.RUN_JOBS, Family.PAGE
        new, check = "/training/{namespace}/new", "/training/{namespace}/new/check"
        return (
            Route("GET", new, self.show, run, page),
            Route("POST", new, self.bring, run, page),
            Route("GET", check, self.check, run, page),
            Route("POST", check, self.start, run, page),
        )

    async def show(self, call: Call) -> Response:
        """Where data come from."""
        await self._admit(call)
        return await self._data_form(call, call.query_params.get("data", ""), named=call.query_params.get("recipe"))

    async def bring(self, call: Call) -> Response:
        """Keep an uploaded file as a dataset, or take a dataset of the Hub, and go on."""
        await self._admit(call)
        form = await receive_form(call, self.incoming, LIMITS)
        try:
            dataset = await call.run(self._dataset, call, form)
        except (*REFUSALS, TooLarge) as error:
            return await self._data_form(call, form.fields.text("dataset", ""), error, _recipe(form.fields))
        finally:
            await call.run(form.close)
        asked = {"data": dataset, **({"recipe": recipe.name} if (recipe := recipe_named(_recipe(form.fields))) else {})}
        following = f"/training/{call.words['namespace']}/new/check?{urlencode(asked)}"
        if call.header(b"accept") == "application/json":  # js/training-upload.js, which shows how far it is
            return json_response({"url": call.urls.base + following})
        return self.pages.redirect(call, following)

    def _dataset(self, call: Call, form: ReceivedForm) -> str:
        file = next((file for file in form.files if file.size_bytes), None)
        if file is not None:
            name = file.name.replace("\\", "/").rpartition("/")[2]
            received = ReceivedFile(name, file.size_bytes, file.content)
            return str(self.training.keep_upload(call.actor, call.words["namespace"], received))
        named = form.fields.text("dataset", "").strip().removeprefix("datasets/")
        if not named:
            raise InvalidInput(field="dataset", problem="is missing: choose a file, or name a dataset of this Hub")
        return str(RepoId.parse(named))

    async def check(self, call: Call) -> Response:
        """What the check says, to be corrected; and how long the run may take."""
        await self._admit(call)
        if not call.query_params.get("data"):
            return self.pages.redirect(call, f"/training/{call.words['namespace']}/new")
        values = {name: [value] for name, value in call.query_params.items()}
        return await self._check_form(call, FormFields(values))

    async def start(self, call: Call) -> Response:
        """Start the run, or check again with other columns."""
        form, namespace = await call.form_fields(), call.words["namespace"]
        await self._admit(call)
        if form.text("again", "") or form.text("task", "") != form.text("checked-task", form.text("task", "")):
            return await self._check_form(call, form)
        try:
            job = await call.run(self.training.start_run, call.actor, namespace, _spec(form))
        except REFUSALS as error:
            return await self._check_form(call, form, error)
        return self.pages.redirect(call, f"/training/{job.namespace}/{job.id}")

    async def _admit(self, call: Call) -> None:
        namespace = call.words["namespace"]
        if not await call.run(self.jobs.jobs.may_run, call.actor, namespace):
            raise Forbidden(reason=f"You don't have the rights to train under the namespace {namespace}.")

    def _own_datasets(self, call: Call) -> list[ListedRepo]:
        """What was brought before, newest first."""
        query = ListQuery(
            RepoType.DATASET, author=call.words["namespace"], sort=Sort.LAST_MODIFIED, limit=_SHOWN_DATASETS
        )
        return list(self.lists.find(call.actor, query)[0].repos)

    async def _data_form(
        self, call: Call, dataset: str, error: HoldfastError | None = None, named: str | None = None
    ) -> Response:
        return await self.pages.render(
            call,
            "training/new.html",
            status=error.status if error else 200,
            headers=_NO_STORE,
            namespace=call.words["namespace"],
            dataset=dataset,
            datasets=await call.run(self._own_datasets, call),
            recipe=recipe_named(named),
            recipes=RECIPES,
            most_bytes=LIMITS.max_bytes,
            problems=problems(error, _FIELDS) if error else {},
        )

    async def _check_form(self, call: Call, form: FormFields, error: HoldfastError | None = None) -> Response:
        named = RepoId.parse(form.text("data", ""))
        recipe = recipe_named(_recipe(form))
        task = form.text("task", "") or (recipe.task if recipe else "auto")
        asked = Asked(task, _columns(form), _kinds(form))
        preview: Preview = await call.run(self.previews.check_dataset, call.actor, named, asked)
        return await self.pages.render(
            call,
            "training/check.html",
            status=error.status if error else 200,
            headers=_NO_STORE,
            namespace=call.words["namespace"],
            dataset=str(named),
            recipe=recipe,
            typed=form,
            problems=problems(error, _FIELDS) if error else {},
            **_checked(preview, form, task, named),
        )


def _checked(preview: Preview, form: FormFields, task: str, dataset: RepoId) -> dict[str, Any]:
    """What the check found, and what may be chosen of it."""
    found = preview.check or {}
    chosen, recipe = found.get("task", task), recipe_named(_recipe(form))
    usual = recipe.metric if recipe and recipe.task == chosen else ""
    return {
        "preview": preview,
        "found": found,
        "seen": preview_lines(found),
        "task": chosen,
        "tasks": [name for name in registry.names() if name not in _WITHOUT_ROWS],
        "roles": _roles(chosen, found),
        "names": found.get("names") or [],
        "kinds": _kinds(form),
        "kind_words": KINDS,
        "metrics": _metrics(chosen),
        "metric": form.text("metric", "") or usual,
        "minutes": _MINUTES,
        "advice": time_advice(found),
        "default_model": f"{dataset.name}-{chosen}",
    }


def _roles(task: str, found: Mapping[str, Any]) -> list[tuple[str, str, str, bool]]:
    """Columns that the task needs: role, what it holds, the column, whether it can do without."""
    if task not in registry.names():
        return []
    columns = found.get("columns") or {}
    wishes = [
        (wish.removesuffix("?"), words, wish.endswith("?")) for wish, words in registry.plan_of(task).roles.items()
    ]
    return [(role, words, columns.get(role, ""), optional) for role, words, optional in wishes if role != "inputs"]


def _recipe(form: FormFields) -> str | None:
    return form.optional_text("recipe")


def _metrics(task: str) -> list[str]:
    """What a search for the task may go by, the usual one first."""
    return [metric.name for metric in registry.plan_of(task).metrics] if task in registry.names() else []


def _columns(form: FormFields) -> dict[str, str]:
    """`column-target` and the like, of a task that was not changed since."""
    if form.text("task", "") != form.text("checked-task", form.text("task", "")):
        return {}
    return _named(form, _ROLE)


def _kinds(form: FormFields) -> dict[str, str]:
    """`kind-postcode` and the like: what people say that a column holds."""
    return {name: kind for name, kind in _named(form, _KIND).items() if kind in KINDS}


def _named(form: FormFields, prefix: str) -> dict[str, str]:
    found = {name.removeprefix(prefix): form.text(name, "") for name in form.values if name.startswith(prefix)}
    return {name: value for name, value in found.items() if value}


def _spec(form: FormFields) -> dict[str, Any]:
    minutes = _minutes(form.optional_text("other-minutes") or form.text("minutes", "10"))
    return {
        "task": form.text("task", "") or "auto",
        "data": {"repo_id": form.text("data", "")},
        "columns": _columns(form),
        "kinds": _kinds(form),
        "metric": form.optional_text("metric") or None,
        "budget": {"seconds": 60 * minutes},
        "output": {"repo_id": form.text("model", "").strip() or None, "private": form.flag("private")},
    }


def _minutes(typed: str) -> float:
    try:
        minutes = float(typed.replace(",", "."))
    except ValueError:
        minutes = 0.0
    if not 0 < minutes <= _MOST_MINUTES:
        raise InvalidInput(field="minutes", problem=f"must be a number of minutes, up to {_MOST_MINUTES:,}")
    return minutes
