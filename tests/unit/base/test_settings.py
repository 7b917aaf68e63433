"""Settings come from variables named like them, and say which one they can't read."""

from dataclasses import fields
from pathlib import Path

import pytest

from holdfast.base.errors import InvalidInput
from holdfast.base.settings import Settings, settings_from_environment


def test_nothing_said():
    settings = settings_from_environment({})
    assert settings == Settings(Path("holdfast-data").absolute())


def test_every_kind_of_value():
    settings = settings_from_environment({
        "HOLDFAST_DATA_DIR": "~/data",
        "HOLDFAST_PORT": " 9000 ",
        "HOLDFAST_EXTERNAL_URL": "https://hub.example.org/ai/",
        "HOLDFAST_PATH_PREFIX": "/ai/",
        "HOLDFAST_OPEN_SIGNUP": "Yes",
        "HOLDFAST_JOBS_SLOTS": "0",
        "HOLDFAST_INFERENCE_PINNED": "",
    })  # fmt: skip
    assert settings.data_dir == Path.home() / "data"
    assert (settings.port, settings.jobs_slots, settings.open_signup) == (9000, 0, True)
    assert (settings.external_url, settings.path_prefix) == ("https://hub.example.org/ai", "/ai")
    assert settings.inference_pinned == ""


def test_every_setting_has_a_kind_that_is_read():
    kinds = {str(field.type).removesuffix(" | None") for field in fields(Settings)}
    assert kinds <= {"str", "int", "bool", "Path"}


@pytest.mark.parametrize(
    ("name", "word"), [("HOLDFAST_PORT", "x"), ("HOLDFAST_PORT", "-1"), ("HOLDFAST_OPEN_SIGNUP", "maybe")]
)
def test_what_cannot_be_read_is_named(name, word):
    with pytest.raises(InvalidInput, match=name):
        settings_from_environment({name: word})
