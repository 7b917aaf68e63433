"""Fills the volumes of a job before its command starts, and keeps what it wrote to buckets when it has ended.

Run by the runner beside the command, with the argument `before` and then `after`: see `runners.protocol.Companion`. It
is an ordinary client of the server, so that jobs can run on any machine; the token that it gets may do what the volumes
need. What the command left may hold traps: no link is followed, and nothing but plain files is read.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from huggingface_hub import HfApi

Facts = tuple[int, int]
"""Size and time of a file, by which it is seen whether the command changed it."""


def main() -> None:
    """Do what the argument says with every volume of HOLDFAST_VOLUMES."""
    root = Path(os.environ["HOLDFAST_MOUNTS"])
    os.environ["HF_HOME"] = str(root / "client")
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    from huggingface_hub import HfApi  # noqa: PLC0415 - it reads the variables above

    api = HfApi()
    act = fill if sys.argv[1] == "before" else keep
    for volume in json.loads(os.environ["HOLDFAST_VOLUMES"]):
        act(api, volume, root)


def fill(api: HfApi, volume: Mapping[str, Any], root: Path) -> None:
    """Download what a volume holds into its folder.

    Raises:
        SystemExit: there is no such folder in a bucket or repo that the command may only read.
    """
    folder = root / volume["name"]
    if volume["type"] == "bucket":
        _fill_from_bucket(api, volume, folder)
    else:
        _fill_from_repo(api, volume, root, folder)
    if volume["read_only"]:
        if volume["path"] and not any(folder.iterdir()):
            sys.exit(f"{volume['type']} {volume['source']} has no folder {volume['path']!r}: nothing can be mounted.")
    else:
        _record(root, volume).write_text(json.dumps(dict(_files(folder))))


def keep(api: HfApi, volume: Mapping[str, Any], root: Path) -> None:
    """Upload what changed in a volume's folder, and delete what is gone."""
    if volume["read_only"]:
        return
    before = {path: tuple(facts) for path, facts in json.loads(_record(root, volume).read_text()).items()}
    folder = root / volume["name"]
    now = dict(_files(folder))
    changed = [path for path, facts in now.items() if before.get(path) != facts]
    gone = [path for path in before if path not in now]
    if changed or gone:
        added: list[Any] = [(folder / path, _within(volume, path)) for path in changed]
        api.batch_bucket_files(volume["source"], add=added, delete=[_within(volume, path) for path in gone])


def _fill_from_bucket(api: HfApi, volume: Mapping[str, Any], folder: Path) -> None:
    prefix = f"{volume['path']}/" if volume["path"] else ""
    found = list(api.list_bucket_tree(volume["source"], prefix=prefix or None, recursive=True))
    wanted: list[Any] = [(item, folder / item.path.removeprefix(prefix)) for item in found if item.type == "file"]
    api.download_bucket_files(volume["source"], wanted)
    for item, target in wanted:
        if item.mtime is not None:
            os.utime(target, (item.mtime.timestamp(), item.mtime.timestamp()))


def _fill_from_repo(api: HfApi, volume: Mapping[str, Any], root: Path, folder: Path) -> None:
    whole = root / f"{volume['name']}-whole"
    path = volume["path"]
    api.snapshot_download(
        volume["source"],
        repo_type=volume["type"],
        revision=volume["revision"],
        local_dir=whole,
        allow_patterns=[f"{_plain(path)}/*"] if path else None,
    )
    shutil.rmtree(whole / ".cache", ignore_errors=True)
    if (whole / path).is_dir():
        shutil.copytree(whole / path, folder, dirs_exist_ok=True, copy_function=os.rename)
    shutil.rmtree(whole)


def _plain(path: str) -> str:
    """A path as a pattern that means nothing but itself."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in path)


def _record(root: Path, volume: Mapping[str, Any]) -> Path:
    return root / f"{volume['name']}.json"


def _within(volume: Mapping[str, Any], path: str) -> str:
    return f"{volume['path']}/{path}" if volume["path"] else path


def _files(folder: Path, prefix: str = "") -> Iterator[tuple[str, Facts]]:
    """Every plain file below a folder, by its path there."""
    for entry in os.scandir(folder):
        if not _is_text(entry.name):
            sys.stdout.write(f"{entry.name!r} is left out: its name is no text.\n")
        elif entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path), f"{prefix}{entry.name}/")
        elif entry.is_file(follow_symlinks=False):
            found = entry.stat(follow_symlinks=False)
            yield f"{prefix}{entry.name}", (found.st_size, found.st_mtime_ns)


def _is_text(name: str) -> bool:
    return name.isprintable()  # also what is no Unicode is not


if __name__ == "__main__":
    main()
