"""The choices of hardware, by the names that clients know; and which images mean this machine's own Python."""

from __future__ import annotations

import re
from collections.abc import Sequence

from holdfast.base.errors import InvalidInput
from holdfast.jobs.domain.jobs import Flavor

DEFAULT_FLAVOR = "cpu-basic"
_SHARE = 2
"""The smallest flavor is one processor, or this part of them, whichever is more."""
_PYTHON_IMAGE = re.compile(
    r"(?:docker\.io/)?(?:library/)?python(?::(?:latest|slim|3(?:\.[0-9]+){0,2}(?:-[a-z0-9.-]+)?))?"
)
_UV_IMAGE = re.compile(r"ghcr\.io/astral-sh/uv:(?:python3[0-9.]*|latest|debian|bookworm)[a-z0-9.-]*")


def flavors_of(cpus: int, memory_mb: int) -> tuple[Flavor, ...]:
    """What a machine with so much can offer."""
    small = max(1, cpus // _SHARE)
    basic = Flavor("cpu-basic", "CPU Basic", small, memory_mb * small // cpus)
    whole = Flavor("cpu-upgrade", "CPU Upgrade", cpus, memory_mb)
    return (basic, whole)


def find_flavor(flavors: Sequence[Flavor], name: str) -> Flavor:
    """The flavor of that name.

    Raises:
        InvalidInput: there is none.
    """
    for flavor in flavors:
        if flavor.name == name:
            return flavor
    known = ", ".join(flavor.name for flavor in flavors)
    raise InvalidInput(field="flavor", problem=f"must be one of {known}; this server has no {name[:40]!r}")


def check_image(image: str | None, space: str | None) -> None:
    """Refuse what needs containers.

    Raises:
        InvalidInput: an image that is not Python's own or uv's default, or a Space; the status is 422.
    """
    if space is not None:
        problem = f"{space[:100]!r}: running the image of a Space needs the docker driver, which this server lacks"
        raise InvalidInput(status=422, field="spaceId", problem=problem)
    if image is not None and not is_own_python(image) and not is_uv(image):
        problem = (
            f"{image[:100]!r} needs the docker driver, which this server lacks. "
            "python:3.x and the default uv image work: they mean this server's own Python"
        )
        raise InvalidInput(status=422, field="dockerImage", problem=problem)


def is_own_python(image: str) -> bool:
    """Whether an image is one of Python's own."""
    return _PYTHON_IMAGE.fullmatch(image) is not None


def is_uv(image: str) -> bool:
    """Whether an image is one of uv's own. Source: huggingface_hub 2.4, `_jobs_api.DEFAULT_UV_IMAGE`."""
    return _UV_IMAGE.fullmatch(image) is not None
