from dataclasses import replace

import pytest

from holdfast.base.errors import InvalidInput
from holdfast.jobs.domain.jobs import Volume
from holdfast.jobs.domain.volumes import MAX_VOLUMES, check_volumes

DATA = Volume("bucket", "alice/b", "/data", read_only=False)


@pytest.mark.parametrize("place", ["/data", "/mnt/a b", "/tmp/x", "/home/me", "/usrs", "/data-2"])
def test_places(place):
    check_volumes([replace(DATA, mount_path=place)])


@pytest.mark.parametrize(
    "place", ["", "data", "/", "//data", "/data/", "/a/../etc", "/a/./b", "/usr", "/etc/x", "/proc/1", "/tmp", "/a\nb"]
)
def test_places_that_are_none(place):
    with pytest.raises(InvalidInput):
        check_volumes([replace(DATA, mount_path=place)])


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "kernel"},
        {"source": "one-word"},
        {"source": "a/b/c"},
        {"path": "../up"},
        {"revision": "main"},
        {"type": "model", "read_only": False},
    ],
)
def test_what_means_nothing(wrong):
    with pytest.raises(InvalidInput):
        check_volumes([replace(DATA, **wrong)])


def test_one_place_each():
    check_volumes([DATA, replace(DATA, mount_path="/data-2")])
    for place in ("/data", "/data/within"):
        with pytest.raises(InvalidInput):
            check_volumes([replace(DATA, mount_path=place), DATA])
    with pytest.raises(InvalidInput):
        check_volumes([replace(DATA, mount_path=f"/{number}") for number in range(MAX_VOLUMES + 1)])
