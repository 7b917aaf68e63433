from __future__ import annotations

import pytest

from tests.factories.jobs import open_workshop


@pytest.fixture
def shop(tmp_path):
    opened = open_workshop(tmp_path)
    yield opened
    opened.database.close()
