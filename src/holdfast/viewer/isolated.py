"""The other end of `isolation`: the process that reads one file."""

from __future__ import annotations

import importlib
import resource
import sys
from dataclasses import dataclass
from typing import IO

import orjson

from holdfast.viewer.domain import Unreadable
from holdfast.viewer.isolation import LENGTH, REQUEST

MAX_MEMORY_BYTES = 1024 * 1024 * 1024
MAX_CPU_SECONDS = 8


@dataclass
class PipeSource:
    """A `Source` whose bytes the parent has."""

    size_bytes: int
    requests: IO[bytes]
    answers: IO[bytes]

    def read(self, start: int, length: int) -> bytes:
        """See `Source.read`."""
        self.requests.write(REQUEST.pack(0, start, length))
        self.requests.flush()
        (size,) = LENGTH.unpack(self.answers.read(LENGTH.size))
        return self.answers.read(size)


def main() -> None:
    """Read the file that the command line names."""
    _, _, reader, size_bytes, max_rows = sys.argv
    resource.setrlimit(resource.RLIMIT_DATA, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    output = sys.stdout.buffer
    source = PipeSource(int(size_bytes), output, sys.stdin.buffer)
    found = importlib.import_module(f"holdfast.viewer.readers.{reader}").read_head(source, int(max_rows))
    answer = orjson.dumps({"problem": found.problem} if isinstance(found, Unreadable) else found.as_json())
    output.write(REQUEST.pack(1, 0, len(answer)) + answer)
    output.flush()
