from __future__ import annotations

import pytest

from holdfast.hub.community.service import open_community
from tests.factories.hub import open_hub


@pytest.fixture
def hub(tmp_path):
    hub = open_hub(tmp_path)
    hub.create("alice/m")
    hub.put("alice/m", "file.txt", b"one\n")
    yield hub
    hub.database.close()


@pytest.fixture
def community(hub):
    return open_community(hub.database, hub.accounts.accounts, hub.gate, hub.repos, hub.clock)
