"""Processes that share pages have each a part of them in the books."""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from holdfast.backends.engines.worker.memory import ProcessMemory

pytestmark = pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="the system does not tell")
MEBIBYTE = 1024**2
SIZE = 64 * MEBIBYTE
READER = """
import mmap, sys
with open(sys.argv[1], "rb") as file:
    pages = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
sum(pages[:: mmap.PAGESIZE])
print("read", flush=True)
sys.stdin.read()
"""


@contextmanager
def reader(path):
    """A process with all pages of a file."""
    command = [sys.executable, "-I", "-S", "-c", READER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"read\n"
        yield process
        process.stdin.close()


def test_pages_that_two_have_are_counted_once(tmp_path):
    path = tmp_path / "weights"
    path.write_bytes(bytes(SIZE))
    with reader(path) as first:
        memory = ProcessMemory(first.pid)
        alone = memory.look()
        assert alone > SIZE
        with reader(path) as second:
            other = ProcessMemory(second.pid).look()
            assert other < alone - SIZE // 2 + 4 * MEBIBYTE
            assert memory.look() == alone  # believed for a while: counting pages takes time
            later = [memory.look() for _ in range(60)][-1]
            assert SIZE < later + other < SIZE + 2 * (alone - SIZE) + MEBIBYTE
    assert memory.look() == 0


def test_without_parts_the_whole_counts(tmp_path):
    (tmp_path / "statm").write_text("100 25 5 1 0 20 0")
    memory = ProcessMemory(1)
    memory._folder = tmp_path
    assert memory.look() == 25 * os.sysconf("SC_PAGE_SIZE")
