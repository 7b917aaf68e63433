"""How urgent a question is, from the header of RFC 9218."""

from types import SimpleNamespace

import pytest

from holdfast.inference.routes.reading import urgency_of


def call(priority: str | None, *, is_anonymous: bool = False):
    return SimpleNamespace(header=lambda _name: priority, actor=SimpleNamespace(is_anonymous=is_anonymous))


@pytest.mark.parametrize(
    ("said", "urgency"),
    [(None, 3), ("u=0", 0), ("u=7, i", 7), ("i, u=5", 5), ("u=1;x", 1), ("u=8", 3), ("u=-1", 3), ("", 3), ("xu=1", 3)],
)
def test_what_the_header_says(said, urgency):
    assert urgency_of(call(said)) == urgency


@pytest.mark.parametrize(("said", "urgency"), [("u=0", 3), ("u=5", 5)])
def test_strangers_are_never_in_a_hurry(said, urgency):
    assert urgency_of(call(said, is_anonymous=True)) == urgency
