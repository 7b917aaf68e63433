"""What errors look like on the wire."""

import pytest

from holdfast.base.errors import RepoMoved, RevisionNotFound
from holdfast.http.errors import error_headers, header_safe, render_error
from holdfast.http.routing import Family


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


def test_a_moved_repo_redirects_where_the_address_names_it():
    answer = render_error(RepoMoved(old_id="a/b", new_id="a/c"), Family.HUB, "id", "/hub/api/models/a/b/refs?x=1")
    assert (answer.status_code, answer.headers["location"]) == (307, "/hub/api/models/a/c/refs?x=1")


def test_a_moved_repo_is_not_found_where_the_body_names_it():
    answer = render_error(RepoMoved(old_id="a/b", new_id="a/c"), Family.HUB, "id", "/api/repos/move")
    assert answer.status_code == 404
    assert answer.headers["x-error-code"] == "RepoNotFound"
    assert "location" not in answer.headers
