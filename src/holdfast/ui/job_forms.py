"""The form for a new job: what was typed → a spec."""

from __future__ import annotations

from holdfast.base.errors import InvalidInput
from holdfast.http.call import FormFields
from holdfast.jobs.domain.jobs import USER_KIND, JobSpec

FIELDS = {
    "labels": "name",
    "environment": "variables",
    "max_attempts": "attempts",
    "attempts": "attempts",
    "timeout_seconds": "minutes",
    "timeoutSeconds": "minutes",
    "dockerImage": "image",
    "command": "code",
    "files": "code",
    "cron": "schedule",
}
"""What the service calls a field → what the form calls it, where these differ."""

_PROGRAMS = {"python": ("script.py", ("python", "script.py")), "shell": ("script.sh", ("bash", "-e", "script.sh"))}
_MOST_CODE = 512 * 1024


def spec_of(form: FormFields) -> JobSpec:
    """The spec that a filled form asks for.

    Raises:
        InvalidInput: a field that is missing or no number, or a line that is no NAME=VALUE.
    """
    name, command = _PROGRAMS.get(form.text("what", ""), (None, ()))
    if name is None:
        raise InvalidInput(field="form", problem="must say what to run: a Python script, or shell commands")
    code = form.text("code", "")
    if not code.strip():
        raise InvalidInput(field="code", problem="is missing")
    if len(code) > _MOST_CODE:
        raise InvalidInput(field="code", problem="is too long: put it into a repo and download it in the job")
    label = form.optional_text("name")
    return JobSpec(
        kind=USER_KIND,
        command=command,
        files={name: code},
        environment=_pairs(form, "variables"),
        secrets=_pairs(form, "secrets"),
        flavor=form.text("flavor", ""),
        timeout_seconds=_number(form, "minutes") * 60,
        image=form.text("image", ""),
        labels={"name": label} if label else {},
        max_attempts=_number(form, "attempts"),
    )


def _number(form: FormFields, name: str) -> int:
    word = form.text(name, "").strip()
    if not (word.isascii() and word.isdecimal() and len(word) <= 9) or int(word) < 1:
        raise InvalidInput(field=name, problem="must be a whole number of at least 1")
    return int(word)


def _pairs(form: FormFields, name: str) -> dict[str, str]:
    pairs = {}
    for number, line in enumerate(form.text(name, "").splitlines(), 1):
        if line.strip():
            key, separator, value = line.strip().partition("=")
            if not separator:  # the line itself is not repeated: it may be a secret
                raise InvalidInput(field=name, problem=f"must have NAME=VALUE on each line; line {number} has no =")
            pairs[key.strip()] = value
    return pairs
