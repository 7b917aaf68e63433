"""What the Jobs API's requests say: bodies and queries → specs and filters.

It knows the wire alone; which images, hardware and numbers are allowed is the service's to say.
Source: huggingface_hub 2.4.0, `_jobs_api._create_job_spec` and `HfApi.list_jobs`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from holdfast.base.errors import InvalidInput
from holdfast.http.call import Call, Fields
from holdfast.jobs.domain.jobs import USER_KIND, JobSpec, Stage, Volume
from holdfast.jobs.domain.volumes import MAX_VOLUMES

DEFAULT_FLAVOR = "cpu-basic"
_MOST_WORDS = 10_000
_MOST_PAIRS = 1_000
_MOST_LABELS_ASKED = 20
_SPACE_PATH = re.compile(r"/spaces/([^/]+/[^/]+)/?")
_REFUSED = {
    "expose": "is not served: ports of jobs cannot be opened. Write results to the log, to artefacts or to a repo.",
    "ssh": "is not served: nobody can log in to a running job over SSH. Follow its log with `hf jobs logs -f`.",
    "network": "is not served: jobs form no network groups. Run what must talk to each other in one job.",
    "resourceGroupId": "is not served: there are no resource groups here.",
}
"""Parts of a spec that mean something else than what would happen without them, so none is passed over in silence."""


def read_spec(call: Call, fields: Fields) -> JobSpec:
    """The spec of a job, or of a schedule's jobs.

    Raises:
        InvalidInput: a field of another type, or one that is not served here, with what to do instead.
    """
    _refuse_unserved(fields)
    image, space = _image(call, fields)
    return JobSpec(
        kind=USER_KIND,
        command=tuple(fields.texts("command", _MOST_WORDS)),
        arguments=tuple(fields.texts("arguments", _MOST_WORDS)),
        environment=_pairs(fields, "environment"),
        secrets=_pairs(fields, "secrets"),
        flavor=fields.text("flavor", DEFAULT_FLAVOR),
        timeout_seconds=fields.number("timeoutSeconds", 0) or None,
        image=image,
        space=space,
        labels=_pairs(fields, "labels"),
        max_attempts=fields.number("attempts", 1),
        volumes=tuple(_volume(volume) for volume in fields.objects("volumes", MAX_VOLUMES)),
    )


def read_labels(fields: Fields) -> Mapping[str, str]:
    """The labels that replace those that a job has.

    Raises:
        InvalidInput: `labels` is missing or no object of strings.
    """
    if "labels" not in fields:
        raise InvalidInput(field="labels", problem="is missing")
    return _pairs(fields, "labels")


def asked_stages(call: Call) -> list[Stage]:
    """The stages that a list is asked for; none means all.

    Raises:
        InvalidInput: a word that is no stage.
    """
    return [Stage.parse(word) for word in call.query_params.getlist("stage") if word]


def asked_labels(call: Call) -> list[tuple[str, str]]:
    """The labels that every job of a list must have, `label=key=value` each.

    Raises:
        InvalidInput: one without `=`, or more than anybody needs.
    """
    pairs = [word.partition("=") for word in call.query_params.getlist("label") if word]
    if len(pairs) > _MOST_LABELS_ASKED or not all(separator for _, separator, _ in pairs):
        raise InvalidInput(field="label", problem=f"must be KEY=VALUE, at most {_MOST_LABELS_ASKED} times")
    return [(key, value) for key, _, value in pairs]


def _refuse_unserved(fields: Fields) -> None:
    for name, problem in _REFUSED.items():
        value = fields.values.get(name)
        # Ports and SSH are also said to be off: {"ports": [], …} and {"enabled": false}.
        if isinstance(value, dict) and not any(value.values()):
            continue
        if value:
            raise InvalidInput(422, name, problem)


def _image(call: Call, fields: Fields) -> tuple[str | None, str | None]:
    """The container image and the Space. The client knows only the public Hub's Spaces; ours come as an image's url."""
    image, space = fields.optional_text("dockerImage"), fields.optional_text("spaceId")
    if image is None and space is None:
        raise InvalidInput(field="dockerImage", problem="is missing")
    own = None if image is None else _own_space(call, image)
    return (None, own) if own else (image, space)


def _own_space(call: Call, image: str) -> str | None:
    base, named = urlsplit(call.urls.base), urlsplit(image if "://" in image else f"//{image}")
    if named.netloc != base.netloc or not named.path.startswith(base.path):
        return None
    match = _SPACE_PATH.fullmatch(named.path[len(base.path) :])
    return match[1] if match else None


def _volume(fields: Fields) -> Volume:
    kind = fields.text("type", "model")
    read_only = fields.optional_flag("readOnly")
    return Volume(
        kind,
        fields.text("source"),
        fields.text("mountPath"),
        fields.optional_text("revision"),
        (fields.optional_text("path") or "").strip("/"),
        kind != "bucket" if read_only is None else read_only,
    )


def _pairs(fields: Fields, name: str) -> dict[str, str]:
    """An object of texts; numbers and truth values, which people pass for variables, become texts."""
    values = fields.part(name).values if name in fields else {}
    if len(values) > _MOST_PAIRS:
        raise InvalidInput(field=name, problem=f"must have at most {_MOST_PAIRS} entries")
    return {key: _text(name, key, value) for key, value in values.items()}


def _text(name: str, key: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return str(value)
    raise InvalidInput(field=f"{name}.{key[:100]}", problem="must be a string")
