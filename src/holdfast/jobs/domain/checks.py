"""Which specs are refused, and why. Pure rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from holdfast.base.errors import InvalidInput, TooLarge
from holdfast.jobs.domain.hardware import check_image
from holdfast.jobs.domain.jobs import JobSpec
from holdfast.jobs.domain.volumes import check_volumes

MAX_TEXT_BYTES = 128 * 1024
"""Of the words of a command, and of the variables, all together; Linux takes little more."""
MAX_FILES_BYTES = 4 * 1024 * 1024
MAX_LABELS = 50
MAX_ATTEMPTS = 100
MAX_TIMEOUT_SECONDS = 365 * 24 * 3600
MAX_PRIORITY = 1000
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,255}")
_LABEL = re.compile(r"[^\x00-\x1f]{0,100}")
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_KEY_LENGTH = 200
_OURS = "HOLDFAST_"


def check_spec(spec: JobSpec) -> None:
    """Refuse what no machine could run.

    Raises:
        InvalidInput: with the field and what is wrong.
        TooLarge: more text than a command line, an environment or a table takes.
    """
    _check_command(spec)
    check_image(spec.image, spec.space)
    _check_variables("environment", spec.environment)
    _check_variables("secrets", spec.secrets)
    _check_size("The environment", (*_pairs(spec.environment), *_pairs(spec.secrets)), MAX_TEXT_BYTES)
    check_labels(spec.labels)
    for name in spec.files:
        if not _FILE.fullmatch(name):
            raise InvalidInput(field="files", problem=f"has a name that is none: {name[:100]!r}")
    _check_size("Files for a job", spec.files.values(), MAX_FILES_BYTES)
    check_volumes(spec.volumes)
    _check_numbers(spec)
    for field, key in (("idempotencyKey", spec.idempotency_key), ("concurrencyKey", spec.concurrency_key)):
        if key is not None and not 0 < len(key) <= _KEY_LENGTH:
            raise InvalidInput(field=field, problem=f"must have 1 to {_KEY_LENGTH} letters")


def check_labels(labels: Mapping[str, str]) -> None:
    """Refuse labels that are too many or no labels.

    Raises:
        InvalidInput: see there.
    """
    if len(labels) > MAX_LABELS:
        raise InvalidInput(field="labels", problem=f"must be at most {MAX_LABELS}")
    for name, value in labels.items():
        if not name or not _LABEL.fullmatch(name) or not _LABEL.fullmatch(value):
            raise InvalidInput(field="labels", problem=f"must be up to 100 letters each; got {name[:100]!r}")


def _check_command(spec: JobSpec) -> None:
    words = (*spec.command, *spec.arguments)
    if not words or not words[0]:
        raise InvalidInput(field="command", problem="must name a program")
    if any("\0" in word for word in words):
        raise InvalidInput(field="command", problem="must not hold NUL")
    _check_size("The command", words, MAX_TEXT_BYTES)


def _check_variables(field: str, variables: Mapping[str, str]) -> None:
    for name, value in variables.items():
        if not _VARIABLE.fullmatch(name):
            problem = f"must have names of letters, digits and '_'; got {name[:100]!r}"
            raise InvalidInput(field=field, problem=problem)
        if name.startswith(_OURS):
            raise InvalidInput(field=field, problem=f"must not name {name[:100]}: what begins with {_OURS} is set here")
        if "\0" in value:
            raise InvalidInput(field=field, problem=f"must not hold NUL; {name} does")


def _check_numbers(spec: JobSpec) -> None:
    ranges = (
        ("attempts", spec.max_attempts, 1, MAX_ATTEMPTS),
        ("timeoutSeconds", spec.timeout_seconds, 1, MAX_TIMEOUT_SECONDS),
        ("priority", spec.priority, -MAX_PRIORITY, MAX_PRIORITY),
        ("cpus", spec.cpus, 1, 4096),
        ("memoryMb", spec.memory_mb, 16, 1024 * 1024),
    )
    for field, value, least, most in ranges:
        if value is not None and not least <= value <= most:
            raise InvalidInput(field=field, problem=f"must be {least} to {most}; got {value}")


def _check_size(what: str, texts: Iterable[str], limit: int) -> None:
    try:
        size = sum(len(text.encode()) + 1 for text in texts)
    except UnicodeEncodeError as error:
        raise InvalidInput(field="body", problem="must be valid Unicode") from error
    if size > limit:
        raise TooLarge(what=what, limit=f"{limit // 1024} KiB")


def _pairs(variables: Mapping[str, str]) -> Iterable[str]:
    return (f"{name}={value}" for name, value in variables.items())
