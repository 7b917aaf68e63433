"""Changes as lines."""

from __future__ import annotations

from holdfast.hub.repos.git_storage.diffs import ChangeStatus, compare
from holdfast.hub.repos.git_storage.patches import MAX_LINE_CHARACTERS, PatchBody, read_patches
from holdfast.hub.repos.git_storage.pointers import LfsPointer, format_lfs_pointer


def _patches(repo, old, new, **limits):
    return {patch.change.path: patch for patch in read_patches(repo, compare(repo, old, new).changes, **limits)}


def test_lines_with_their_numbers(repo, bench):
    old = bench.commit({"f": b"".join(b"%d\n" % number for number in range(1, 21)), "gone": b"x\ny\n"})
    new = bench.commit({"f": b"0\n" + b"".join(b"%d\n" % n for n in range(1, 21) if n != 15) + b"end", "gone": None})
    patches = _patches(repo, old, new)
    patch = patches["f"]
    assert (patch.body, patch.added, patch.removed) == (PatchBody.TEXT, 2, 1)
    assert [(hunk.old_start, hunk.old_count, hunk.new_start, hunk.new_count) for hunk in patch.hunks] == [
        (1, 3, 1, 4),
        (12, 9, 13, 9),
    ]
    marked = [(line.kind.value, line.old_number, line.new_number, line.text) for line in patch.hunks[1].lines]
    assert marked[3] == ("-", 15, None, "15")
    assert marked[-1] == ("+", None, 21, "end")
    assert patch.hunks[1].lines[-1].ends_file
    assert patches["gone"].change.status is ChangeStatus.DELETED
    assert (patches["gone"].removed, patches["gone"].new_size_bytes) == (2, None)


def test_what_is_not_shown_line_by_line(repo, bench):
    pointer = format_lfs_pointer(LfsPointer("a" * 64, 5_000_000_000))
    old = bench.commit({"image": bytes(range(256)), "moved": b"same content here\n", "weights": b"small\n"})
    new = bench.commit({
        "image": bytes(256), "moved": None, "renamed": b"same content here\n", "weights": pointer,
        "huge.txt": b"word\n" * 200_000, "many.txt": b"w\n" * 3_000,
    })  # fmt: skip
    patches = _patches(repo, old, new)
    assert patches["image"].body is PatchBody.BINARY
    assert patches["renamed"].body is PatchBody.UNCHANGED
    assert patches["renamed"].change.old_path == "moved"
    weights = patches["weights"]
    assert (weights.body, weights.old_size_bytes, weights.new_size_bytes) == (PatchBody.LARGE, 6, 5_000_000_000)
    assert patches["huge.txt"].body is PatchBody.TOO_LONG
    assert (patches["many.txt"].body, patches["many.txt"].added) == (PatchBody.TOO_LONG, 3_000)
    assert all(not patch.hunks for patch in patches.values())


def test_a_page_ends_after_so_many_lines_and_long_ones_are_cut(repo, bench):
    old = bench.commit({"a": b"1\n"})
    new = bench.commit({"a": b"2\n", "b": b"x" * 10_000, "c": b"1\n2\n3\n4\n"})
    assert list(_patches(repo, old, new, max_lines=3)) == ["a", "b"]
    patches = _patches(repo, old, new, max_lines=4)
    assert list(patches) == ["a", "b", "c"]
    assert patches["b"].hunks[0].lines[0].text == "x" * MAX_LINE_CHARACTERS
    assert patches["b"].hunks[0].lines[0].is_cut
