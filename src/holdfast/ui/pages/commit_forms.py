"""What all forms that make a commit share: its message, and whether it goes to the branch or to a pull request."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from holdfast.base.errors import InvalidCard, InvalidInput, StaleParent
from holdfast.http.call import FormFields
from holdfast.hub.repos.domain import CommitHeader, CommitResult, Repo
from holdfast.hub.repos.service.editing import Target
from holdfast.hub.repos.service.ndjson import MAX_DESCRIPTION_CHARACTERS, MAX_SUMMARY_CHARACTERS
from holdfast.ui.forms import FORM, REFUSALS

COMMIT_REFUSALS = (*REFUSALS, StaleParent)
"""After these the form is shown again with what was typed."""


@dataclass(frozen=True)
class CommitBox:
    """The lower part of a form, as `macros/commit_box.html` shows it.

    Args:
        summary: what was typed as first line of the message.
        proposed: the first line that is taken when nothing was typed.
        parent: the commit at which the form was opened.
        as_pull_request: what is chosen.
    """

    target: Target
    proposed: str
    parent: str
    summary: str = ""
    description: str = ""
    as_pull_request: bool = False


def commit_box(target: Target, proposed: str, form: FormFields | None = None, parent: str | None = None) -> CommitBox:
    """The box for a new form, or with what was typed into one."""
    return CommitBox(
        target=target,
        proposed=proposed,
        parent=parent or target.head_oid,
        summary=form.text("summary", "") if form else "",
        description=form.text("description", "") if form else "",
        as_pull_request=not target.may_commit or (form is not None and wants_pull_request(form)),
    )


def wants_pull_request(form: FormFields) -> bool:
    """Whether the commit shall become a pull request."""
    return form.text("target", "") == "pull"


def read_header(form: FormFields, proposed: str) -> CommitHeader:
    """The commit's message and parent.

    Raises:
        InvalidInput: a message that is too long.
    """
    summary = form.optional_text("summary") or proposed
    description = form.text("description", "").strip()
    for name, text, limit in (
        ("summary", summary, MAX_SUMMARY_CHARACTERS),
        ("description", description, MAX_DESCRIPTION_CHARACTERS),
    ):
        if len(text) > limit:
            raise InvalidInput(field=name, problem=f"must have at most {limit} characters")
    return CommitHeader(" ".join(summary.split()), description, form.optional_text("parent"))


def commit_problems(error: Exception) -> dict[str, str | tuple[str, ...]]:
    """Sentences by field; those about a card are a list."""
    if isinstance(error, InvalidCard):
        return {"card": error.errors}
    if isinstance(error, StaleParent):
        return {"stale": "yes"}
    if isinstance(error, InvalidInput) and error.field in ("summary", "description", "path"):
        return {error.field: f"{error.problem[:1].upper()}{error.problem[1:].rstrip('.')}."}
    return {FORM: str(error)}


def landing(repo: Repo, result: CommitResult, address: str) -> str:
    """Where a commit leads: to its pull request, or to `address` within the repo, which is encoded."""
    base = f"/{repo.type.url_prefix}{quote(str(repo.id))}"
    return f"{base}/discussions/{result.pull_request}" if result.pull_request else f"{base}/{address}"
