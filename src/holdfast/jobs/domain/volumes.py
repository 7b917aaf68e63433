"""Which volumes are refused, and why. Pure rules; who may mount what is the service's to ask."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from holdfast.base.errors import InvalidInput
from holdfast.base.ids import RepoId, check_repo_path
from holdfast.jobs.domain.jobs import Volume

BUCKET = "bucket"
TYPES = (BUCKET, "model", "dataset", "space")
MAX_VOLUMES = 20
_MOST_LETTERS = 1000
_TAKEN = ("/bin", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/sbin", "/sys", "/usr", "/var")
"""What the system and the interpreter need."""
_TAKEN_THEMSELVES = ("/", "/tmp")  # noqa: S108 - below it is free


def check_volumes(volumes: Sequence[Volume]) -> None:
    """Refuse what no sandbox could mount.

    Raises:
        InvalidInput: with the field and what is wrong.
    """
    if len(volumes) > MAX_VOLUMES:
        raise InvalidInput(field="volumes", problem=f"must be at most {MAX_VOLUMES}")
    for volume in volumes:
        _check(volume)
    places = [volume.mount_path for volume in volumes]
    for place in places:
        if any(other != place and place.startswith(f"{other}/") for other in places) or places.count(place) > 1:
            raise InvalidInput(field="volumes", problem=f"must not lie within each other; {place[:100]!r} does")


def _check(volume: Volume) -> None:
    if volume.type not in TYPES:
        raise InvalidInput(field="volumes.type", problem=f"must be one of {', '.join(TYPES)}; got {volume.type[:40]!r}")
    if RepoId.parse(volume.source, "volumes.source").namespace is None:
        raise InvalidInput(field="volumes.source", problem="must look like 'namespace/name'")
    if volume.path:
        check_repo_path(volume.path)
    if volume.type == BUCKET and volume.revision is not None:
        raise InvalidInput(field="volumes.revision", problem="is for repos: buckets have none")
    if volume.type != BUCKET and not volume.read_only:
        problem = "must be true for repos: commit to them instead, e.g. with `hf upload`"
        raise InvalidInput(field="volumes.readOnly", problem=problem)
    _check_place(volume.mount_path)


def _check_place(place: str) -> None:
    is_plain = place.startswith("/") and posixpath.normpath(place) == place and not place.startswith("//")
    if not is_plain or len(place) > _MOST_LETTERS or not place.isprintable():
        problem = f"must be an absolute path such as /data, without '.', '..' and '/' at its end; got {place[:100]!r}"
        raise InvalidInput(field="volumes.mountPath", problem=problem)
    if place in _TAKEN_THEMSELVES or any(f"{place}/".startswith(f"{taken}/") for taken in _TAKEN):
        raise InvalidInput(field="volumes.mountPath", problem=f"must leave the system's own folders; got {place!r}")
