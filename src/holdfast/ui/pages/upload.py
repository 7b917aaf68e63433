"""Uploading files and folders. Scripts send large ones in parts that can be taken up again; without them, a form."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from holdfast.base.errors import HoldfastError, InvalidInput, TooLarge
from holdfast.base.identity import Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.http.call import Call, FormFields
from holdfast.http.multipart_forms import FormFile, FormLimits, ReceivedForm, receive_form
from holdfast.http.routing import Family, Route
from holdfast.hub.repos.domain import CommitHeader
from holdfast.hub.repos.service.editing import EditService, Target
from holdfast.hub.repos.service.headers import HeaderService
from holdfast.hub.repos.service.uploading import FileCommit, ReceivedFile, UploadService
from holdfast.ui.page import Pages
from holdfast.ui.pages.commit_forms import (
    COMMIT_REFUSALS,
    commit_box,
    commit_problems,
    landing,
    read_header,
    wants_pull_request,
)
from holdfast.ui.pages.repo_context import read_context

LIMITS = FormLimits(max_bytes=4 * 1024**3, max_files=5_000)
"""Of forms; what scripts send is only limited by the settings."""


@dataclass(frozen=True)
class UploadPages:
    """The upload form.

    Args:
        incoming: folder on the disk that takes files while they arrive.
    """

    pages: Pages
    headers: HeaderService
    edits: EditService
    uploads: UploadService
    incoming: Path

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        discuss, page = Permission.DISCUSS_REPO, Family.PAGE
        base = "/{prefix}{repo}/upload/{rev}"
        return (
            Route("GET", base, self.show, discuss, page),
            Route("GET", f"{base}/{{path}}", self.show, discuss, page),
            Route("POST", base, self.upload, discuss, page),
            Route("POST", f"{base}/{{path}}", self.upload, discuss, page),
        )

    async def show(self, call: Call) -> Response:
        """Where files can be dropped."""
        target = await call.run(self.edits.find_target, *_where(call))
        return await self._form(call, target, call.words.get("path", "").strip("/"))

    async def upload(self, call: Call) -> Response:
        """Commit the files of the form."""
        target = await call.run(self.edits.find_target, *_where(call))  # before the first byte is kept
        form = await receive_form(call, self.incoming, LIMITS)
        fields, folder = form.fields, form.fields.text("folder", "").strip().strip("/")
        try:
            done = await call.run(self._commit, call, form, folder)
        except (*COMMIT_REFUSALS, TooLarge) as error:
            return await self._form(call, target, folder, fields, error)
        finally:
            await call.run(form.close)
        address = f"tree/{quote(target.revision, safe='')}/{quote(folder)}".rstrip("/")
        return self.pages.redirect(call, landing(target.repo, done.commit, address))

    def _commit(self, call: Call, form: ReceivedForm, folder: str) -> FileCommit:
        if not form.files:
            raise InvalidInput(field="files", problem="are missing: choose at least one file")
        files = [_received(folder, file) for file in form.files]
        typed = read_header(form.fields, _proposed(len(files)))
        # Files of the same names are replaced, whoever changed them when: so no parent.
        header = CommitHeader(typed.summary, typed.description, None)
        return self.uploads.commit_files(*_where(call), header, files, create_pr=wants_pull_request(form.fields))

    async def _form(
        self,
        call: Call,
        target: Target,
        folder: str,
        form: FormFields | None = None,
        error: HoldfastError | None = None,
    ) -> Response:
        repo = await read_context(call, self.headers)
        return await self.pages.render(
            call,
            "upload/show.html",
            status=error.status if error else 200,
            repo=repo,
            box=commit_box(target, _proposed(0), form),
            problems=commit_problems(error) if error else {},
            folder=folder,
            lfs_path=f"{repo.path}.git/info/lfs/objects/batch",
        )


def _where(call: Call) -> tuple[Any, RepoType, RepoId, str]:
    return call.actor, call.repo_type, call.repo_id, call.words["rev"]


def _received(folder: str, file: FormFile) -> ReceivedFile:
    name = file.name.replace("\\", "/").lstrip("/")
    return ReceivedFile(f"{folder}/{name}" if folder else name, file.size_bytes, file.content)


def _proposed(count: int) -> str:
    return f"Upload {count} files" if count > 1 else "Upload files"
