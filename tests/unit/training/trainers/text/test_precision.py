import pytest

pytest.importorskip("torch")

from holdfast.training.trainers.text.precision import chosen, fast_dtype


def test_short_numbers_only_where_they_are_clearly_faster():
    assert chosen(0.010, 0.005) == "bfloat16"
    assert chosen(0.010, 0.009) == "float32"
    assert chosen(0.010, 0.050) == "float32"


def test_this_machine_has_an_answer():
    assert fast_dtype() in ("auto", "bfloat16", "float32")
