import time

import pytest

from holdfast.base.errors import InvalidCard
from holdfast.hub.repos.metadata.card import read_card, split_card


@pytest.mark.parametrize(
    ("content", "block", "body"),
    [
        ("---\na: 1\n---\nbody\n", "a: 1\n", "body\n"),
        ("---\r\na: 1\r\n---\r\nbody\r\n", "a: 1\r\n", "body\r\n"),
        ("---\ra: 1\r---\rbody", "a: 1\r", "body"),
        ("\ufeff---\na: 1\n---", "a: 1\n", ""),
        ("  \n---\na: 1\n--- \t\nbody", "a: 1\n", "body"),
        ("---\n---\ntrailing\n", "", "trailing\n"),
        ("---\r\n---\r\na: 1\r\n---\r\nbody\r\n", "a: 1\r\n", "body\r\n"),
        ("---\na: x\u2028---\n---\nbody", "a: x\u2028---\n", "body"),
        ("# No block", None, "# No block"),
        ("text\n---\na: 1\n---\n", None, "text\n---\na: 1\n---\n"),
        ("---\na: 1\n", None, "---\na: 1\n"),
        ("", None, ""),
    ],
)
def test_split(content, block, body):
    assert split_card(content) == (block, body)


def test_long_runs_of_blank_lines_are_no_trouble():
    start = time.thread_time()
    assert split_card("---\n" + "\n" * 500_000)[0] is None
    assert time.thread_time() - start < 2


def test_the_block_must_be_a_mapping():
    with pytest.raises(InvalidCard, match="mapping"):
        read_card("---\n- a\n- b\n---\n")
    assert read_card("---\n# only a comment\n---\nbody").data == {}
