from __future__ import annotations

from xml.etree import ElementTree

import pytest

from holdfast.ui.avatars import draw_avatar, initials


@pytest.mark.parametrize(
    ("name", "letters"), [("bob", "BO"), ("holdfast-demo", "HD"), ("__dummy__user", "DU"), ("x", "X"), ("-._", "?")]
)
def test_letters(name: str, letters: str):
    assert initials(name) == letters


def test_the_same_name_has_the_same_picture_in_any_case():
    assert draw_avatar("Alice").replace("Alice", "alice") == draw_avatar("alice")
    assert draw_avatar("alice") != draw_avatar("bob")


@pytest.mark.parametrize("name", ['"><script>alert(1)</script>', "<&>", "'\"", "ünïcode"])
def test_names_stay_text(name: str):
    root = ElementTree.fromstring(draw_avatar(name))
    assert root.get("aria-label") == name
    assert {child.tag.rpartition("}")[2] for child in root} == {"rect", "circle", "text"}
