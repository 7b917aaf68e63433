import pytest

from holdfast.inference.domain.growing_text import GrowingText


def decode(ids):
    """Tokens are bytes."""
    return bytes(ids).decode("utf-8", "replace")


def grow(text, stops=(), prompt=b""):
    growing = GrowingText(decode, list(prompt), stops)
    pieces = [growing.add(token) for token in text.encode()]
    return growing, [*pieces, growing.finish()]


def test_pieces_make_the_text():
    growing, pieces = grow("Paris, où l’on rit 😀")
    assert "".join(pieces) == growing.text == "Paris, où l’on rit 😀"


def test_half_a_character_is_held_back():
    _, pieces = grow("é")
    assert pieces == ["", "é", ""]


def test_what_stays_half_is_shown_at_the_end():
    growing = GrowingText(decode, [], ())
    growing.add(0xC3)
    assert growing.finish() == "\ufffd"


@pytest.mark.parametrize("stops", [["END"], ["never", "END"], ["ENDING", "END"]])
def test_a_stop_text_is_cut_off(stops):
    growing, pieces = grow("so it goes END and on", stops)
    assert "".join(pieces) == growing.text == "so it goes "
    assert growing.is_stopped


def test_what_may_become_a_stop_text_is_held_back():
    growing = GrowingText(decode, [], ["END"])
    assert [growing.add(ord(letter)) for letter in "xEN-"] == ["x", "", "", "EN-"]


def test_the_beginning_of_a_stop_text_at_the_end_is_shown():
    growing, pieces = grow("so EN", ["END"])
    assert "".join(pieces) == "so EN"
    assert not growing.is_stopped


def test_the_prompt_is_context_and_no_result():
    """As with SentencePiece, whose first token of a text loses its space."""

    def strip_first(ids):
        return decode(ids).removeprefix(" ")

    growing = GrowingText(strip_first, list(b"hello"), ())
    assert [growing.add(token) for token in b" you"] == [" ", "y", "o", "u"]
