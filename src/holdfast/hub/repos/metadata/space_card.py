"""What the front matter of a Space says about running and showing it.

Words only: whether the SDK can run is for the part that runs Spaces.
Source: the Hub's spaces-config-reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from holdfast.hub.repos.metadata.vocabulary import SPACE_COLORS, SPACE_SDKS

_DEFAULT_PORTS = {"gradio": 7860, "streamlit": 8501, "docker": 7860}


@dataclass(frozen=True)
class SpaceCard:
    """None where the card is silent or holds something else than the field takes."""

    sdk: str | None = None
    sdk_version: str | None = None
    python_version: str | None = None
    app_file: str | None = None
    app_port: int | None = None
    base_path: str | None = None
    title: str | None = None
    emoji: str | None = None
    color_from: str | None = None
    color_to: str | None = None
    short_description: str | None = None
    thumbnail: str | None = None
    pinned: bool = False
    has_oauth: bool = False


def read_space_card(data: dict[str, Any]) -> SpaceCard:
    """Read a Space's front matter, forgiving whatever a push let through."""
    sdk = data.get("sdk") if data.get("sdk") in SPACE_SDKS else None
    port = data.get("app_port")
    is_port = type(port) is int and 0 < port < 65536
    return SpaceCard(
        sdk=sdk,
        sdk_version=_text(data.get("sdk_version"), 40),
        python_version=_text(data.get("python_version"), 40),
        app_file=_text(data.get("app_file"), 1024),
        app_port=port if is_port else _DEFAULT_PORTS.get(sdk or ""),
        base_path=_text(data.get("base_path"), 1024),
        title=_text(data.get("title"), 200),
        emoji=_text(data.get("emoji"), 16),
        color_from=_color(data.get("colorFrom")),
        color_to=_color(data.get("colorTo")),
        short_description=_text(data.get("short_description"), 60),
        thumbnail=_text(data.get("thumbnail"), 1024),
        pinned=data.get("pinned") is True,
        has_oauth=data.get("hf_oauth") is True,
    )


def _text(value: Any, limit: int) -> str | None:
    """A string, or a number that was meant as one (`sdk_version: 4.1`)."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    return value.strip()[:limit] or None if isinstance(value, str) else None


def _color(value: Any) -> str | None:
    return value if value in SPACE_COLORS else None
