import numpy as np
import pytest

from holdfast.training.trainers.tabular.calibration import learn


def answers(sure, rows=60):
    """Two labels by turns, and what is said of them: the right one, so sure."""
    codes = np.arange(rows) % 2
    given = np.full((rows, 2), 1.0 - sure)
    given[np.arange(rows), codes] = sure
    return given, codes


def test_what_was_never_mistaken_is_as_sure_as_its_rows_allow():
    given, codes = answers(0.7)
    [[found, _other], *_rest] = learn(given, codes).apply(given)
    assert found == pytest.approx((30 + 1 / 3) / (30 + 2 / 3), abs=1e-3)


def test_what_is_too_sure_of_its_mistakes_loses_confidence():
    given, codes = answers(0.99)
    codes[::6] = 1 - codes[::6]  # one in six is wrong
    calibration = learn(given, codes)
    assert calibration.sharpness < 1.0
    assert calibration.apply(given).max() == pytest.approx(5 / 6, abs=0.03)


def test_what_rules_out_a_label_that_came_up_is_made_to_doubt():
    given, codes = answers(1.0)
    codes[0] = 1
    assert learn(given, codes).apply(given).min() > 0.0
