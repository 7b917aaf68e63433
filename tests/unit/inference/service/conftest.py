from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories.hub import Hub, open_hub


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    found = open_hub(tmp_path)
    yield found
    found.database.close()
