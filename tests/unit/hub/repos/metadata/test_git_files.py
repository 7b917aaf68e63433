import shutil
import subprocess
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.base.errors import TooLarge
from holdfast.hub.repos.metadata.git_files import Attributes, Ignores

SEGMENTS = ["*", "**", "a", "b*", "?", "[ab]", "[!a]", "*.bin", "a.bin", "[^b]*", "\\*", "[[:digit:]]", "ab", "1"]
NAMES = ["a", "b", "ab", "a.bin", "b.bin", "*", "1", "ba", "bab", ".bin", "]"]
PATTERNS = st.builds(
    lambda start, parts, end: start + "/".join(parts) + end,
    st.sampled_from(["", "/", "**/"]),
    st.lists(st.sampled_from(SEGMENTS), min_size=1, max_size=3),
    st.sampled_from(["", "/", "/**"]),
)
PATHS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map("/".join)
needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="compares with the git program")


@pytest.fixture(scope="module")
def git_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rules")
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder


@needs_git
@settings(max_examples=60, deadline=None)
@given(
    rules=st.lists(st.tuples(st.booleans(), PATTERNS), min_size=1, max_size=6),
    paths=st.lists(PATHS, min_size=1, max_size=8, unique=True),
)
def test_ignores_agree_with_git(git_folder, rules, paths):
    text = "".join(("!" if negated else "") + pattern + "\n" for negated, pattern in rules)
    (git_folder / ".gitignore").write_text(text)
    answer = subprocess.run(
        ["git", "-C", str(git_folder), "check-ignore", "--no-index", "--stdin", "-z"],
        input="\0".join(paths).encode(), capture_output=True, check=False,
    )  # fmt: skip
    expected = set(answer.stdout.decode().split("\0")) - {""}
    ignores = Ignores(text)
    assert {path for path in paths if ignores.matches(path)} == expected, text


@needs_git
@settings(max_examples=60, deadline=None)
@given(
    rules=st.lists(
        st.tuples(PATTERNS, st.sampled_from(["filter=lfs", "-filter", "!filter", "filter=x", "text", "large"])),
        min_size=1, max_size=6,
    ),
    paths=st.lists(PATHS, min_size=1, max_size=8, unique=True),
)  # fmt: skip
def test_attributes_agree_with_git(git_folder, rules, paths):
    text = "[attr]large filter=lfs -text\n" + "".join(f"{pattern} {word}\n" for pattern, word in rules)
    (git_folder / ".gitattributes").write_text(text)
    answer = subprocess.run(
        ["git", "-C", str(git_folder), "check-attr", "-z", "--stdin", "filter"],
        input="\0".join(paths).encode(), capture_output=True, check=True,
    )  # fmt: skip
    fields = answer.stdout.decode().split("\0")
    expected = {path for path, value in zip(fields[0::3], fields[2::3], strict=False) if value == "lfs"}
    attributes = Attributes(text)
    assert {path for path in paths if attributes.is_lfs(path)} == expected, text


def test_later_lines_override_and_silence_is_none():
    attributes = Attributes("*.bin filter=lfs diff=lfs merge=lfs -text\nsmall.bin -filter\n*.txt text\n")
    assert attributes.is_lfs("deep/model.bin") is True
    assert attributes.is_lfs("deep/small.bin") is False
    assert attributes.is_lfs("notes.txt") is None


@pytest.mark.parametrize("word", ["-filter", "!filter", "filter=none", "filter"])
def test_every_way_to_take_the_filter_off(word):
    assert Attributes(f"* filter=lfs\nkeep.me {word}\n").is_lfs("keep.me") is False


def test_quoted_patterns_comments_and_crlf():
    attributes = Attributes('# all\r\n"my file \\"1\\".dat" filter=lfs\r\n"unclosed filter=lfs\r\n\r\n')
    assert attributes.is_lfs('my file "1".dat') is True
    assert attributes.is_lfs("unclosed") is None


def test_no_pattern_makes_matching_slow():
    name = "a" * 255
    path = "/".join([name] * 15)
    hostile = ["*a" * 100 + "b", "**/" * 50 + "*a" * 60 + "b", "/".join(["**", "*a*a*a*a*b"] * 20)]
    ignores, attributes = Ignores("\n".join(hostile)), Attributes("\n".join(f"{p} filter=lfs" for p in hostile))
    start = time.thread_time()
    assert not ignores.matches(path)
    assert attributes.is_lfs(path) is None
    assert time.thread_time() - start < 4


def test_many_literal_rules_are_looked_up_and_wildcards_limited():
    text = "".join(f"data/file-{number}.dat filter=lfs\n" for number in range(20_000))
    attributes = Attributes(text)
    assert attributes.is_lfs("data/file-19999.dat") is True
    with pytest.raises(TooLarge):
        Attributes("".join(f"*.{number} filter=lfs\n" for number in range(3000)))
    with pytest.raises(TooLarge):
        Ignores("#" * 2_000_000)


def test_escaped_trailing_space_and_signs():
    ignores = Ignores("space\\ \nplain  \n\\#hash\n\\!bang\n")
    assert [ignores.matches(p) for p in ("space ", "plain", "#hash", "!bang", "space")] == [True] * 4 + [False]
