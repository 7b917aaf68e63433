"""The data directory: makes it, and says plainly why it can't be used."""

from __future__ import annotations

import errno
import getpass
import tempfile
from pathlib import Path

from holdfast.base.errors import InvalidInput, StorageFull

SECRET_FILE = "secret.key"  # noqa: S105 - a file's name

_FIELD = "HOLDFAST_DATA_DIR"
_FULL = (errno.ENOSPC, errno.EDQUOT)


def check_data_dir(folder: Path) -> None:
    """Make the directory if need be and write a file there, before a database fails with a riddle.

    Raises:
        InvalidInput: it can't be made or written; the sentence says what to do.
        StorageFull: no room.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".holdfast-check-") as file:
            file.write(b"x" * 4096)
            file.flush()
    except FileExistsError as error:
        raise InvalidInput(field=_FIELD, problem=f"{folder} is a file. Name a directory.") from error
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull from error
        raise InvalidInput(field=_FIELD, problem=_unusable(folder, error)) from error


def _unusable(folder: Path, error: OSError) -> str:
    advice = f"Give it to the user {getpass.getuser()}, or choose another: --data-dir PATH."
    return f"{folder} can't be written ({error.strerror}). {advice}"
