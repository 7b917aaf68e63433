"""Asking for the files of a gated repo."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from holdfast.base.errors import InvalidInput
from holdfast.hub.repos.domain import Gating
from holdfast.hub.repos.service.gating import MAX_FIELDS_CHARACTERS
from holdfast.hub.repos.service.lifecycle import SettingsChange
from holdfast.hub.repos.store.access_requests import RequestStatus
from tests.factories.hub import MODEL, Hub


@pytest.mark.parametrize(
    "fields", [{"x": orjson.loads("[" * 900 + "]" * 900)}, {"why": "x" * MAX_FIELDS_CHARACTERS}, {"x": [0] * 50_000}]
)
def test_an_answer_must_be_fit_for_its_reader(hub: Hub, fields: dict[str, Any]):
    """The owner's list of requests shows all of them."""
    repo = hub.create()
    hub.repos.lifecycle.update_settings(hub.alice, MODEL, repo.id, SettingsChange(gated=Gating.MANUAL))
    with pytest.raises(InvalidInput):
        hub.repos.gating.ask(hub.bob, MODEL, repo.id, fields)
    assert hub.repos.gating.ask(hub.bob, MODEL, repo.id, {"why": "to read"}) is RequestStatus.PENDING
    listed = hub.repos.gating.list_requests(hub.alice, MODEL, repo.id, RequestStatus.PENDING)
    assert [named.request.fields for named in listed] == [{"why": "to read"}]
