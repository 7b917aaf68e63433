"""Blame against git's own."""

from __future__ import annotations

import random
import subprocess

from holdfast.hub.repos.git_storage.blame import blame_file


def _oids(repo, commit, path, **limits):
    return [span.oid for span in blame_file(repo, commit, path, **limits).spans for _ in range(span.count)]


def _git_oids(bench, commit, path):
    command = ["git", f"--git-dir={bench.path}", "blame", "--porcelain", commit, "--", path]
    output = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    heads = [line.split(" ") for line in output.splitlines() if not line.startswith("\t")]
    return [head[0] for head in heads if len(head[0]) == 40 and len(head) >= 3 and head[1].isdecimal()]


def test_each_line_has_the_commit_that_wrote_it(repo, bench):
    first = bench.commit({"d/f": b"one\ntwo\nthree\n", "other": b"1"})
    bench.commit({"other": b"2"})
    second = bench.commit({"d/f": b"zero\none\n2\nthree"})
    assert _oids(repo, second, "d/f") == [second, first, second, second]
    assert blame_file(repo, second, "d/f").commits[first].summary == "change"
    assert [(span.start, span.count) for span in blame_file(repo, second, "d/f").spans] == [(1, 1), (2, 1), (3, 2)]


def test_as_git_says_over_many_edits(repo, bench):
    dice = random.Random(3)
    lines = [f"line {number}" for number in range(60)]
    for step in range(40):
        for _ in range(3):
            place = dice.randrange(len(lines))
            choice = dice.randrange(3)
            if choice == 0 and len(lines) > 5:
                del lines[place : place + 2]
            elif choice == 1:
                lines.insert(place, f"new {step} {dice.random()}")
            else:
                lines[place] = f"edited {step} {dice.random()}"
        tip = bench.commit({"f": "\n".join(lines).encode() + b"\n"})
    assert _oids(repo, tip, "f") == _git_oids(bench, tip, "f")


def test_a_merge_passes_lines_to_both_parents(repo, bench):
    base = bench.commit({"f": b"a\nb\nc\nd\ne\n"})
    left = bench.commit({"f": b"A\nb\nc\nd\ne\n"}, ref="refs/heads/left", parents=[base])
    right = bench.commit({"f": b"a\nb\nc\nd\nE\n"}, ref="refs/heads/right", parents=[base])
    merged = bench.commit({"f": b"A\nb\nC\nd\nE\n"}, ref="refs/heads/merged", parents=[left, right])
    assert _oids(repo, merged, "f") == [left, base, merged, base, right]


def test_it_stops_after_so_many_versions(repo, bench):
    oids = [bench.commit({"f": b"".join(b"%d\n" % number for number in range(count))}) for count in range(1, 6)]
    told = blame_file(repo, oids[-1], "f", max_versions=2)
    assert not told.is_complete
    assert [span.oid for span in told.spans] == [None, oids[3], oids[4]]
    assert told.spans[0].count == 3


def test_an_empty_file_has_no_lines(repo, bench):
    assert blame_file(repo, bench.commit({"f": b""}), "f").spans == ()
