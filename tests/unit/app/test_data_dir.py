from __future__ import annotations

import errno
import tempfile

import pytest

from holdfast.app.data_dir import check_data_dir
from holdfast.base.errors import InvalidInput, StorageFull


def test_makes_the_directory_for_its_owner_only(tmp_path):
    folder = tmp_path / "a" / "b"
    check_data_dir(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert list(folder.iterdir()) == []


def test_says_that_a_file_is_no_directory(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInput, match="is a file"):
        check_data_dir(tmp_path / "file")


@pytest.mark.parametrize(
    ("number", "raised"), [(errno.ENOSPC, StorageFull), (errno.EDQUOT, StorageFull), (errno.EROFS, InvalidInput)]
)
def test_translates_what_the_disk_says(tmp_path, monkeypatch, number, raised):
    def refuse(*_args, **_kwargs):
        raise OSError(number, "as the disk says")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    with pytest.raises(raised):
        check_data_dir(tmp_path)


def test_names_a_remedy_for_a_directory_below_a_file(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInput, match="--data-dir"):
        check_data_dir(tmp_path / "file" / "below")
