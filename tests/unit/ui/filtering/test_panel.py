"""The panel: what it shows, in which order, and where each value leads."""

from holdfast.base.ids import RepoType
from holdfast.hub.repos.listing.facets import GROUPS, ValueCount
from holdfast.hub.repos.service.listing import ListCounts
from holdfast.ui.filtering.panel import SHOWN_VALUES, chips, filter_groups
from holdfast.ui.filtering.state import ListState
from holdfast.ui.filtering.words import TITLES


def counts(**groups):
    empty = {group.name: () for group in GROUPS[RepoType.MODEL]}
    found = {name: tuple(ValueCount(*value) for value in values) for name, values in groups.items()}
    return ListCounts(10, empty | found, is_complete=True)


def panel(state, **groups):
    return {group.name: group for group in filter_groups(RepoType.MODEL, state, counts(**groups))}


def test_every_group_has_a_title():
    assert {group.name for groups in GROUPS.values() for group in groups} <= TITLES.keys()


def test_groups_without_values_are_left_out():
    assert panel(ListState("/models")) == {}


def test_another_value_replaces_the_choice_where_there_is_one_only():
    state = ListState.read("/models", [("pipeline_tag", "fill-mask"), ("language", "en")])
    shown = panel(
        state,
        pipeline_tag=[("text-generation", "text-generation", 5), ("fill-mask", "fill-mask", 2)],
        language=[("fr", "fr", 3), ("en", "en", 2)],
    )
    first, second = shown["pipeline_tag"].values
    assert (first.label, first.is_chosen, first.address) == ("Fill-Mask", True, "/models?language=en")
    assert second.address == "/models?language=en&pipeline_tag=text-generation"
    assert [value.label for value in shown["language"].values] == ["English", "French"]
    assert shown["language"].values[1].address == "/models?pipeline_tag=fill-mask&language=en&language=fr"


def test_licenses_are_known_with_and_without_their_prefix():
    for word in ("mit", "license:MIT"):
        state = ListState.read("/models", [("license", word)])
        (value,) = panel(state, license=[("license:mit", "mit", 4)])["license"].values
        assert (value.is_chosen, value.count, value.address) == (True, 4, "/models")


def test_a_choice_that_nothing_fits_can_still_be_taken_back():
    state = ListState.read("/models", [("training", "rl-tuned")])
    (value,) = panel(state)["training"].values
    assert (value.count, value.is_chosen, value.address) == (0, True, "/models")


def test_sizes_keep_their_order_and_replace_bounds():
    state = ListState.read("/models", [("min_parameters", "1B")])
    shown = panel(state, size=[("3b-9b", "3b-9b", 9), ("0-100m", "0-100m", 1)], fits=[("here", "24 GB", 1)])
    assert [value.label for value in shown["size"].values] == ["Up to 100M", "3B – 9B"]
    assert shown["size"].values[0].address == "/models?size=0-100m"
    assert shown["fits"].values[0].label == "This machine (24 GB)"


def test_long_groups_open_on_demand():
    values = [(f"l{number}", f"l{number}", 50 - number) for number in range(30)]
    group = panel(ListState("/models"), library=values)["library"]
    assert len(group.values) == SHOWN_VALUES
    assert len(group.more) == 30 - SHOWN_VALUES


def test_chips_say_what_is_in_force_in_words():
    state = ListState.read("/models", [("search", "x"), ("commercial", "yes"), ("language", "sw"), ("fits", "16GB")])
    assert [(chip.title, chip.label) for chip in chips(state)] == [
        ("Commercial use", "Allowed"),
        ("Language", "Swahili"),
        ("Runs in", "16 GB"),
    ]
    assert chips(state)[0].address == "/models?search=x&language=sw&fits=16GB"
