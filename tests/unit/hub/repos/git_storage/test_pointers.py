import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.hub.repos.git_storage.pointers import LfsPointer, format_lfs_pointer, parse_lfs_pointer

SHA = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"


@given(st.binary(min_size=32, max_size=32), st.integers(0, 10**15))
def test_round_trip(sha256, size_bytes):
    pointer = LfsPointer(sha256.hex(), size_bytes)
    assert parse_lfs_pointer(format_lfs_pointer(pointer)) == pointer


def test_canonical_form():
    expected = f"version https://git-lfs.github.com/spec/v1\noid sha256:{SHA}\nsize 12345\n".encode()
    assert format_lfs_pointer(LfsPointer(SHA, 12345)) == expected


@pytest.mark.parametrize("content", [
    f"version https://git-lfs.github.com/spec/v1\next-0-foo sha256:{SHA}\noid sha256:{SHA}\nsize 3\n",
    f"version https://git-lfs.github.com/spec/v1\r\noid sha256:{SHA}\r\nsize 3\r\n",
    f"version https://git-lfs.github.com/spec/v1\noid sha256:{SHA}\nsize 3",
])  # fmt: skip
def test_variants_that_git_lfs_reads(content):
    assert parse_lfs_pointer(content.encode()) == LfsPointer(SHA, 3)


@pytest.mark.parametrize("content", [
    b"",
    b"version https://git-lfs.github.com/spec/v1\n",
    f"version https://git-lfs.github.com/spec/v1\noid sha256:{SHA.upper()}\nsize 3\n".encode(),
    f"version https://git-lfs.github.com/spec/v1\noid sha256:{SHA}\nsize -3\n".encode(),
    f"version https://git-lfs.github.com/spec/v1\noid sha256:{SHA}\nsize {'9' * 30}\n".encode(),
    f"version https://example.org/spec/v1\noid sha256:{SHA}\nsize 3\n".encode(),
    f" version https://git-lfs.github.com/spec/v1\noid sha256:{SHA}\nsize 3\n".encode(),
    f"version https://git-lfs.github.com/spec/v1\noid sha256:{SHA}\nsize 3\nmore\n".encode(),
    f"version https://git-lfs.github.com/spec/v1\noid sha256:{SHA}\nsize 3\n".encode() + b" " * 1024,
])  # fmt: skip
def test_everything_else_is_an_ordinary_file(content):
    assert parse_lfs_pointer(content) is None
