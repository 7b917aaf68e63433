from __future__ import annotations

import pytest

from tests.factories.databases import KINDS
from tests.factories.jobs import open_workshop


@pytest.fixture(params=KINDS)
def shop(request, tmp_path):
    opened = open_workshop(tmp_path, request.param)
    yield opened
    opened.database.close()
