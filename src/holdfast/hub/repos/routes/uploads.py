"""Validate a card, ask how to upload, commit."""

from __future__ import annotations

import base64
import binascii
import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from starlette.responses import PlainTextResponse, Response

from holdfast.backends.blobs.local import translated_disk_errors
from holdfast.base.errors import InvalidInput, TooLarge
from holdfast.base.identity import Permission
from holdfast.base.ids import RepoType
from holdfast.http.call import Call, Fields
from holdfast.http.responses import json_response
from holdfast.http.routing import Route
from holdfast.http.uploads import declared_length, receive_body
from holdfast.hub.repos.domain import CommitResult
from holdfast.hub.repos.metadata.card_rules import CardReport, validate_card
from holdfast.hub.repos.routes.urls import commit_url, discussion_url
from holdfast.hub.repos.service.committing import CommitService
from holdfast.hub.repos.service.ndjson import read_commit
from holdfast.hub.repos.service.preupload import Candidate, PreuploadService

MAX_FILES_PER_PREUPLOAD = 10_000
MAX_SAMPLE_CHARACTERS = 4096
_IN_MEMORY_BYTES = 4 * 1024 * 1024
_LINE_BYTES_PER_FILE_BYTE = 3
"""Base64 needs 4/3, text that JSON escapes may need more."""


@dataclass(frozen=True)
class UploadRoutes:
    """Endpoints of `PreuploadService` and `CommitService`.

    Args:
        incoming: folder for bodies that are too large for memory; they have no name there and go with the process.
        max_regular_file_bytes: of one file inside a commit.
        max_commit_bytes: of a commit's whole body.
    """

    preuploads: PreuploadService
    commits: CommitService
    incoming: Path
    max_regular_file_bytes: int
    max_commit_bytes: int

    def table(self) -> tuple[Route, ...]:
        """All routes."""
        return (
            Route("POST", "/api/validate-yaml", self.validate_yaml, Permission.PUBLIC),
            Route("POST", "/api/{types}/{repo}/preupload/{rev}", self.preupload, Permission.WRITE_REPO),
            Route("POST", "/api/{types}/{repo}/commit/{rev}", self.commit, Permission.WRITE_REPO),
        )

    async def validate_yaml(self, call: Call) -> Response:
        """Check a card {content, repoType}: 200 with warnings, or 400 with errors. Lines for `Accept: text/plain`."""
        fields = await call.fields()
        repo_type = RepoType.parse(fields.optional_text("repoType"))
        report = await call.run(validate_card, fields.text("content", ""), repo_type)
        status = 400 if report.errors else 200
        if "text/plain" in call.headers.get("accept", ""):
            return PlainTextResponse(report.as_text(), status)
        return json_response(_report(report), status)

    async def preupload(self, call: Call) -> Response:
        """How to upload each of {files: [{path, size, sample}]}: regular or lfs, ignored or not, what is there now."""
        fields = await call.fields()
        candidates = [_candidate(item) for item in fields.objects("files", MAX_FILES_PER_PREUPLOAD)]
        decisions = await call.run(
            self.preuploads.preupload,
            call.actor,
            call.repo_type,
            call.repo_id,
            call.words["rev"],
            candidates,
            fields.optional_text("gitIgnore"),
            create_pr=call.flag("create_pr"),
        )
        files = [
            {
                "path": decision.path,
                "uploadMode": decision.mode.value,
                "shouldIgnore": decision.should_ignore,
                "oid": decision.current_oid,
            }
            for decision in decisions
        ]
        return json_response({"files": files})

    async def commit(self, call: Call) -> Response:
        """Commit the operations of an NDJSON body; with `create_pr=1` to a new pull request."""
        length = declared_length(call)
        if length is not None and length <= min(_IN_MEMORY_BYTES, self.max_commit_bytes):
            result = await call.run(self._commit, call, io.BytesIO(await call.limited_body(length)))
        else:
            result = await self._commit_large(call)
        answer = {"success": True, "commitOid": result.oid, "commitUrl": commit_url(call, result.repo, result.oid)}
        if result.pull_request is not None:
            answer["pullRequestUrl"] = discussion_url(call, result.repo, result.pull_request)
        return json_response(answer)

    async def _commit_large(self, call: Call) -> CommitResult:
        # Before the first byte is kept: may this caller write here at all?
        await call.run(self.commits.check_may_commit, call.actor, call.repo_type, call.repo_id)
        with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES, dir=str(self.incoming)) as body:
            await receive_body(call, partial(self._keep, body))
            body.seek(0)
            return await call.run(self._commit, call, body)

    def _keep(self, body: IO[bytes], batch: memoryview) -> None:
        if body.tell() + batch.nbytes > self.max_commit_bytes:
            raise TooLarge(what="The commit", limit=f"{self.max_commit_bytes} bytes")
        with translated_disk_errors():
            body.write(batch)

    @property
    def _max_line_bytes(self) -> int:
        return _LINE_BYTES_PER_FILE_BYTE * self.max_regular_file_bytes + 64 * 1024

    def _commit(self, call: Call, body: IO[bytes]) -> CommitResult:
        header, operations = read_commit(_lines(body, self._max_line_bytes), self.max_regular_file_bytes)
        return self.commits.create_commit(
            call.actor,
            call.repo_type,
            call.repo_id,
            call.words["rev"],
            header,
            operations,
            create_pr=call.flag("create_pr"),
        )


def _lines(body: IO[bytes], limit_bytes: int) -> Iterator[bytes]:
    while line := body.readline(limit_bytes + 1):
        if len(line) > limit_bytes:
            raise TooLarge(what="A line of the commit", limit=f"{limit_bytes} bytes; upload that file as a large file")
        yield line


def _candidate(fields: Fields) -> Candidate:
    sample = fields.text("sample", "")
    if len(sample) > MAX_SAMPLE_CHARACTERS:
        raise InvalidInput(field="sample", problem="must hold only the first 512 bytes of the file, in base64")
    try:
        content = base64.b64decode(sample, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(field="sample", problem="is not valid base64") from error
    return Candidate(fields.text("path"), fields.number("size", len(content)), content)


def _report(report: CardReport) -> dict[str, Any]:
    return {
        "errors": [{"message": message} for message in report.errors],
        "warnings": [{"message": message} for message in report.warnings],
    }
