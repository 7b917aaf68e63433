"""Reads what a push brings, while it lies in git's quarantine and no ref leads to it.

Three git programs do the work, whatever the number of objects: `rev-list` walks, `cat-file` tells kinds and sizes, and
only what may matter is read. Knows nothing of rules.
Source: git's Documentation/git-receive-pack.txt, "Quarantine environment"; git-cat-file.txt, "Batch output".
"""

from __future__ import annotations

import subprocess
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from holdfast.hub.git.domain import NewObject
from holdfast.hub.repos.git_storage.processes import GitFailed, git_command, git_environment

_READ_AT_ONCE = 10_000
_FORMAT = "%(objectname) %(objecttype) %(objectsize) %(rest)"
_TIMEOUT_SECONDS = 600


@dataclass(frozen=True)
class Quarantine:
    """A bare repo as it would be if the push were accepted. `folder` None: the push brings no objects."""

    repo_path: Path
    folder: Path | None

    def new_objects(self, tips: Sequence[str]) -> Generator[NewObject, None, None]:
        """Everything that `tips` reach and that no ref of the repo reaches yet.

        Raises:
            GitFailed: an object is missing or broken.
        """
        walk = ("rev-list", "--objects", "--stdin", "--not", "--all")
        describe = ("cat-file", "--buffer", f"--batch-check={_FORMAT}")
        with self._running(*walk) as walker, self._running(*describe, stdin=walker.stdout) as describer:
            assert walker.stdin is not None
            assert walker.stdout is not None
            assert describer.stdout is not None
            walker.stdout.close()  # the describer has its own
            walker.stdin.write("".join(f"{tip}\n" for tip in tips).encode())
            walker.stdin.close()
            for line in describer.stdout:
                yield _parse(line)
            if walker.wait(_TIMEOUT_SECONDS) or describer.wait(_TIMEOUT_SECONDS):
                raise GitFailed("the pushed objects could not be walked")

    def read(self, oids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """The contents of objects that exist, in the order given."""
        for start in range(0, len(oids), _READ_AT_ONCE):
            some = oids[start : start + _READ_AT_ONCE]
            yield from _split(self._ask("--batch", some))

    def look_up(self, names: Sequence[str]) -> list[NewObject | None]:
        """What objects are, given as oids or `<commit>:<path>`; None where there is nothing."""
        lines = self._ask("--batch-check=%(objectname) %(objecttype) %(objectsize) ", names).splitlines()
        return [None if line.endswith((b" missing", b" ambiguous")) else _parse(line) for line in lines]

    def _ask(self, question: str, names: Sequence[str]) -> bytes:
        finished = subprocess.run(
            git_command(self.repo_path, "cat-file", "--buffer", question),
            input="".join(f"{name}\n" for name in names).encode(),
            env=self._environment(),
            cwd=self.repo_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
        if finished.returncode:
            raise GitFailed("the pushed objects could not be read")
        return finished.stdout

    @contextmanager
    def _running(
        self, *arguments: str, stdin: int | IO[bytes] | None = subprocess.PIPE
    ) -> Iterator[subprocess.Popen[bytes]]:
        process = subprocess.Popen(
            git_command(self.repo_path, *arguments),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self._environment(),
            cwd=self.repo_path,
            bufsize=1 << 18,
        )
        with process:
            try:
                yield process
            except BaseException:
                process.kill()
                raise

    def _environment(self) -> dict[str, str]:
        environment = git_environment()
        if self.folder is not None:
            environment["GIT_OBJECT_DIRECTORY"] = str(self.folder)
            environment["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = str(self.repo_path / "objects")
        return environment


def _parse(line: bytes) -> NewObject:
    words = line.rstrip(b"\n").split(b" ", 3)
    if len(words) < 4:
        raise GitFailed(f"a pushed object is not there: {line[:60]!r}")
    oid, kind, size, path = words
    return NewObject(oid.decode(), kind.decode(), int(size), path)


def _split(output: bytes) -> Iterator[tuple[str, bytes]]:
    """`<oid> <kind> <size> LF <content> LF`, again and again."""
    position = 0
    while position < len(output):
        end = output.index(b"\n", position)
        oid, _, size = output[position:end].split(b" ")
        position = end + 1 + int(size) + 1
        yield oid.decode(), output[end + 1 : position - 1]
