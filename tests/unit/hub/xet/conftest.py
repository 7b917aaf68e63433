"""A Xet store on a temporary disk."""

import pytest

from tests.factories.xet import open_store


@pytest.fixture
def store(tmp_path):
    opened = open_store(tmp_path)
    yield opened
    opened.close()
