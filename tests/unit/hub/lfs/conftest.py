import pytest

from tests.factories.lfs import temporary_lfs


@pytest.fixture
def lfs(tmp_path):
    with temporary_lfs(tmp_path) as services:
        yield services


@pytest.fixture
def leftovers(tmp_path):
    """The temporary files that are there at the moment."""
    return lambda: list((tmp_path / "blobs" / "tmp").iterdir())
