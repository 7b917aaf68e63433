"""Addresses of lists, each one choice away from another."""

from holdfast.ui.filtering.state import ListState


def test_a_choice_is_added_and_taken_back():
    state = ListState.read("/models", [("search", "bert"), ("language", "en")])
    more = state.having("language", "fr")
    assert more.address == "/models?search=bert&language=en&language=fr"
    assert more.without("language", "en").values("language") == ["fr"]
    assert more.without("language").address == "/models?search=bert"


def test_pages_and_empty_words_are_not_kept():
    pairs = [("cursor", "x"), ("from", "30"), ("limit", "5"), ("author", " "), ("language[]", "en"), ("language", "en")]
    assert ListState.read("/models", pairs).address == "/models?language=en"


def test_clearing_leaves_words_and_order():
    state = ListState.read("/models", [("search", "a b"), ("sort", "likes"), ("license", "mit"), ("other", "x&y")])
    assert state.filters == (("license", "mit"), ("other", "x&y"))
    assert state.cleared().address == "/models?search=a+b&sort=likes"
    assert "other=x%26y" in state.address


def test_endless_addresses_are_not_repeated_in_every_link():
    state = ListState.read("/models", [("license", "mit"), ("x", "y" * 60_000), ("library", "late")])
    assert state.choices == (("license", "mit"),)
    many = ListState.read("/models", [(f"n{number}", "v" * 300) for number in range(100)])
    assert len(many.address) < 6_000
