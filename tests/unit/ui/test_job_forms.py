"""The form for a new job: what was typed, and what it asks for."""

import pytest

from holdfast.base.errors import InvalidInput
from holdfast.http.call import FormFields
from holdfast.ui.job_forms import spec_of

FILLED = {
    "what": "python",
    "code": "print(1)",
    "flavor": "cpu-basic",
    "minutes": "5",
    "attempts": "2",
    "image": "python:3.11",
    "name": "mine",
    "variables": "A=1\n\nB=two = 2\n",
    "secrets": "KEY=a=b",
}


def typed(**changes: str) -> FormFields:
    return FormFields({name: [value] for name, value in {**FILLED, **changes}.items()})


def test_a_filled_form():
    spec = spec_of(typed())
    assert (spec.kind, spec.command, dict(spec.files)) == (
        "command",
        ("python", "script.py"),
        {"script.py": "print(1)"},
    )
    assert (spec.environment, spec.secrets, spec.labels) == (
        {"A": "1", "B": "two = 2"},
        {"KEY": "a=b"},
        {"name": "mine"},
    )
    assert (spec.timeout_seconds, spec.max_attempts, spec.image) == (300, 2, "python:3.11")


def test_shell_commands_stop_at_the_first_that_fails():
    assert spec_of(typed(what="shell")).command == ("bash", "-e", "script.sh")


def test_a_job_needs_no_name():
    assert spec_of(typed(name=" ")).labels == {}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"what": "poetry"}, "form"),
        ({"code": " \n"}, "code"),
        ({"code": "x" * 600_000}, "code"),
        ({"minutes": "soon"}, "minutes"),
        ({"minutes": "0"}, "minutes"),
        ({"attempts": "-1"}, "attempts"),
        ({"variables": "A"}, "variables"),
        ({"secrets": "open sesame"}, "secrets"),
    ],
)
def test_what_cannot_be_meant_names_its_field(changes: dict[str, str], field: str):
    with pytest.raises(InvalidInput) as refused:
        spec_of(typed(**changes))
    assert refused.value.field == field
    assert "sesame" not in refused.value.message
