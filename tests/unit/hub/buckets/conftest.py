from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories.buckets import BucketHub, open_bucket_hub


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[BucketHub]:
    found = open_bucket_hub(tmp_path)
    yield found
    found.store.close()
