"""Families by name: in the trainer's order, and what there is not is named."""

import pytest

from holdfast.base.errors import InvalidInput
from holdfast.training.learning.families import asked_for


def test_those_that_are_asked_for_in_the_order_of_the_trainer():
    assert asked_for(None, ("gru", "lstm")) == ("gru", "lstm")
    assert asked_for(["lstm", "gru"], {"gru": "", "lstm": ""}) == ("gru", "lstm")


def test_a_family_that_there_is_not_is_named():
    with pytest.raises(InvalidInput, match=r"bert.*known: gru, lstm"):
        asked_for(["gru", "bert"], ("gru", "lstm"))
