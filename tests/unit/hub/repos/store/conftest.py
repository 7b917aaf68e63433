"""An empty index in memory."""

import pytest
from sqlalchemy import create_engine

from holdfast.backends.database.protocol import metadata


@pytest.fixture
def connection():
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.begin() as opened:
        yield opened
    engine.dispose()
