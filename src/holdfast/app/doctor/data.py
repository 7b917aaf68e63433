"""Checks of the data directory: rights, room, durability, clock, secret key, database."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import DatabaseError

from holdfast.app.data_dir import SECRET_FILE
from holdfast.app.doctor.domain import Check, note, ok, problem
from holdfast.backends.database.factory import open_database
from holdfast.base.errors import InvalidInput
from holdfast.base.settings import Settings

GIBIBYTE = 1024**3
LITTLE_BYTES = GIBIBYTE
SOME_BYTES = 10 * GIBIBYTE
FEW_FILES = 100_000
SLOW_FSYNC_SECONDS = 0.1
MAX_SKEW_SECONDS = 2.0
FIRST_SANE_YEAR = 2025
SECRET_BYTES = 32


def checks(settings: Settings) -> Iterator[Check]:
    """Every check of the data directory; for one that does not exist yet, of where it would be."""
    folder = settings.data_dir
    if not folder.exists():
        yield from _before_first_start(folder)
        return
    writable = check_rights(folder)
    yield writable
    yield check_room(folder)
    if writable.state.value != "problem":
        yield check_durability(folder)
        yield check_clock(folder)
    yield check_file_systems(folder)
    yield check_secret(folder / SECRET_FILE)
    yield check_database(settings)


def check_rights(folder: Path) -> Check:
    """Whether we may write there and nobody else may read."""
    if not folder.is_dir():
        return problem("data directory", f"{folder} is not a directory.", "Name another with HOLDFAST_DATA_DIR.")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        advice = "Run Holdfast as the user who owns it, or give it to this one: chown -R USER DIRECTORY."
        return problem("data directory", f"This user may not write {folder}.", advice)
    if folder.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        advice = f"It holds private repos: chmod 700 {folder}"
        return note("data directory", f"Other users of this machine may look into {folder}.", advice)
    return ok("data directory", f"{folder} is writable, and private.")


def check_room(folder: Path) -> Check:
    """Free bytes, and free inodes where the file system counts them."""
    usage, files = shutil.disk_usage(folder), os.statvfs(folder)
    finding = f"{usage.free / GIBIBYTE:.1f} GiB of {usage.total / GIBIBYTE:.0f} GiB are free."
    advice = "Free some space: `holdfast gc --dry-run` shows what of it is garbage."
    if usage.free < LITTLE_BYTES:
        return problem("disk space", finding, advice)
    if files.f_files and files.f_favail < FEW_FILES:
        return note("disk space", f"{finding} Only {files.f_favail} more files fit.", "Small files need inodes.")
    if usage.free < SOME_BYTES:
        return note("disk space", finding, advice)
    return ok("disk space", finding)


def check_durability(folder: Path) -> Check:
    """Whether what a durable commit needs works there: fsync, rename, hard links."""
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".holdfast-doctor-") as scratch:
            seconds = _write_durably(Path(scratch))
    except OSError as error:
        advice = "Use a local file system such as ext4, XFS, Btrfs or ZFS."
        return problem("durable writes", f"A write failed: {error.strerror}.", advice)
    finding = f"Writing and syncing a small file takes {seconds * 1000:.1f} ms."
    if seconds > SLOW_FSYNC_SECONDS:
        return note("durable writes", finding, "Each commit waits for this a few times: a faster disk helps.")
    return ok("durable writes", finding)


def check_clock(folder: Path, now: Callable[[], float] = time.time) -> Check:
    """Whether the clock is sane, and the disk's clock (that of a file server, perhaps) agrees with it."""
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".holdfast-doctor-") as file:
        skew_seconds = abs(os.fstat(file.fileno()).st_mtime - now())
    today = datetime.fromtimestamp(now(), UTC)
    advice = "Set the clock, e.g. by NTP: access tokens expire and garbage is collected by it."
    if today.year < FIRST_SANE_YEAR:
        return problem("clock", f"This machine believes that it is {today:%Y-%m-%d}.", advice)
    if skew_seconds > MAX_SKEW_SECONDS:
        return problem("clock", f"The disk's clock differs from this machine's by {skew_seconds:.0f} s.", advice)
    return ok("clock", f"It is {today:%Y-%m-%d %H:%M} UTC, and the disk agrees.")


def check_file_systems(folder: Path) -> Check:
    """Whether each of `repos` and `objects` lies on one file system: things enter and leave them by renames."""
    for top in (folder / "repos", folder / "objects"):
        if top.is_dir():
            device = top.stat().st_dev
            for below in top.iterdir():
                if below.is_dir() and below.stat().st_dev != device:
                    advice = f"Mount a file system at {top} or above, not inside it."
                    return problem("file systems", f"{below} is on another file system than {top}.", advice)
    return ok("file systems", "Repos and objects can be moved into place by renames.")


def check_secret(path: Path) -> Check:
    """Whether the key that signs links and upload tokens is there, whole and secret."""
    name = "secret key"
    if not path.exists():
        return ok(name, "The first start makes it.")
    found = path.stat()
    if found.st_size != SECRET_BYTES:
        advice = f"Restore it from a backup, or remove {path}: a new one is made, and links signed so far end."
        return problem(name, f"{path} has {found.st_size} bytes, not {SECRET_BYTES}.", advice)
    if not os.access(path, os.R_OK):
        return problem(name, f"This user may not read {path}.", "Run Holdfast as the user who owns it.")
    if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        advice = f"Who reads it can sign links to private files: chmod 600 {path}"
        return problem(name, f"Other users of this machine may read or write {path}.", advice)
    return ok(name, f"{path} is there, and private.")


def check_database(settings: Settings) -> Check:
    """Whether the database is whole and its tables are of this version."""
    name = "database"
    if settings.database_url is None and not (settings.data_dir / "holdfast.sqlite").exists():
        return ok(name, "The first start makes it.")
    try:
        database = open_database(settings.database_url, settings.data_dir)
    except InvalidInput as error:
        return problem(name, error.message, "See docs/how-to/postgresql.md for what it takes.")
    try:
        found, revision, newest = database.check(), database.revision(), database.newest_revision()
    except DatabaseError as error:
        found, revision, newest = [str(error.orig)], None, None
    finally:
        database.close()
    if found:
        advice = (
            "Restore it from a backup; what lies in repos/ and objects/ can be indexed anew: holdfast fsck --rebuild"
        )
        return problem(name, f"It is damaged: {'; '.join(found[:3])}", advice)
    if revision != newest:
        finding = f"Its tables are of revision {revision}; this version has revision {newest}."
        return note(name, finding, "The next start migrates them; or by hand: holdfast migrate")
    return ok(name, f"It is whole, and its tables are of revision {revision}.")


def _before_first_start(folder: Path) -> Iterator[Check]:
    above = next(parent for parent in folder.parents if parent.exists())
    if not os.access(above, os.W_OK | os.X_OK):
        advice = "Make the directory and give it to this user, or name another with HOLDFAST_DATA_DIR."
        yield problem("data directory", f"{folder} does not exist, and this user may not make it.", advice)
        return
    yield ok("data directory", f"{folder} does not exist yet; the first start makes it.")
    yield check_room(above)
    yield check_clock(above)


def _write_durably(scratch: Path) -> float:
    start = time.perf_counter()
    with (scratch / "new").open("wb") as file:
        file.write(b"x" * 4096)
        file.flush()
        os.fsync(file.fileno())
    seconds = time.perf_counter() - start
    (scratch / "new").rename(scratch / "renamed")
    os.link(scratch / "renamed", scratch / "linked")
    return seconds
