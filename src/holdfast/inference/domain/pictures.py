"""Pictures inside of conversations. Pure: nothing is decoded, and nothing is fetched from anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from holdfast.base.errors import InvalidInput
from holdfast.inference.domain.kinds import Binary

IMAGE = Binary("image")


def pictures_in(messages: Sequence[Mapping[str, Any]], field: str) -> Iterator[tuple[str, bytes]]:
    """Pictures of a conversation, each with the name of its place.

    Args:
        messages: as chats have them.
        field: where they stand, for errors.

    Raises:
        InvalidInput: an address instead of a picture: a server that fetches for strangers is their way in.
    """
    for index, message in enumerate(messages):
        content = message.get("content")
        for place, part in enumerate(content if isinstance(content, list) else []):
            name = f"{field}[{index}].content[{place}]"
            if part["type"] == "image":
                yield name, IMAGE.parse(part.get("image"), f"{name}.image")
            elif part["type"] == "image_url":
                yield name, _from_url(part.get("image_url"), f"{name}.image_url")


def _from_url(given: Any, name: str) -> bytes:
    url = given.get("url") if isinstance(given, Mapping) else given
    if not isinstance(url, str) or not url.startswith("data:"):
        raise InvalidInput(field=name, problem="must be a data URL (data:image/png;base64,…); no address is fetched")
    return IMAGE.parse(url, name)
