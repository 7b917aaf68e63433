"""What errors look like on the wire."""

import pytest

from holdfast.base.errors import RevisionNotFound
from holdfast.http.errors import error_headers, header_safe


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" one\r\nX-Evil: two ", "one X-Evil: two"),
        ("a\0b\x7f\x1fc", "a?b? c"),
        ("émigré 💩", "émigré ?"),
        ("x" * 2000, "x" * 1000),
        ("", ""),
    ],
)
def test_any_text_becomes_a_legal_header(text, expected):
    assert header_safe(text) == expected


def test_an_error_that_repeats_what_was_sent_has_legal_headers():
    headers = error_headers(RevisionNotFound(revision="\0\r\n"), "id")
    assert not any(letter < " " for value in headers.values() for letter in value)
