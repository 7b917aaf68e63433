"""The route table: every address has one meaning."""

from __future__ import annotations

import re
from pathlib import Path

from holdfast.app.pages import open_site
from holdfast.app.routes import UNSERVED, all_routes
from holdfast.app.services import open_services
from holdfast.base.ids import RESERVED_NAMESPACES, RESERVED_REPO_NAMES
from holdfast.base.settings import Settings

_WORD_BEHIND_A_REPO = re.compile(r"/(?:api/(?:\{types\}|models|datasets|spaces)/|\{prefix\})\{repo\}/([^/{\n]+)")


def test_no_repo_can_have_the_name_of_what_follows_a_repo(tmp_path: Path):
    """`/api/models/gpt2/refs`: a model of one word and its refs, never a model called `refs`."""
    services = open_services(Settings(tmp_path))
    try:
        patterns = [route.pattern for route in all_routes(services, open_site(services))]
    finally:
        services.close()
    unserved = {pattern for some in UNSERVED.values() for pattern in some}
    words = set(_WORD_BEHIND_A_REPO.findall("\n".join(set(patterns) - unserved)))
    assert len(words) > 15
    assert words <= RESERVED_REPO_NAMES


def test_nobody_can_have_the_name_of_a_page(tmp_path: Path):
    """`/settings` is a page, never somebody's profile: every first word of an address is reserved."""
    services = open_services(Settings(tmp_path))
    try:
        patterns = [route.pattern for route in all_routes(services, open_site(services))]
    finally:
        services.close()
    words = {pattern.split("/")[1].partition("{")[0] for pattern in patterns} - {""}
    assert len(words) > 20
    assert words <= RESERVED_NAMESPACES
