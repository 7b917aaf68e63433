"""An empty index."""

import pytest

from tests.factories.databases import open_test_database


@pytest.fixture
def connection(tmp_path):
    database = open_test_database(tmp_path)
    with database.write() as opened:
        yield opened
    database.close()
