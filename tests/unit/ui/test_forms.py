from __future__ import annotations

from holdfast.base.errors import Conflict, InvalidInput
from holdfast.ui.forms import problems


def test_a_problem_stands_beside_its_field():
    error = InvalidInput(field="name", problem="must not be empty")
    assert problems(error) == {"name": "Must not be empty."}
    assert problems(error, {"name": "username"}) == {"username": "Must not be empty."}


def test_what_is_about_no_field_stands_above_the_form():
    assert problems(Conflict(reason="The name 'x' is taken")) == {"form": "The name 'x' is taken"}
