"""What was measured in a process of its own, or why it could not be."""

import os
import time

from holdfast.base.errors import TooLarge
from holdfast.training.trainers.text.measuring import Unmeasured, measure


def too_long():
    raise TooLarge(what="a text", limit="64 tokens")


def broken():
    raise ValueError("no such layer")


def test_what_was_measured_comes_back():
    assert measure(lambda: (1.5, os.getpid()), 400.0) != (1.5, os.getpid()), "measured in another process"
    assert measure(lambda: 1.5, 400.0) == 1.5


def test_a_reason_comes_back_where_nothing_was_found_out(capfd):
    assert "64 tokens" in measure(too_long, 400.0).reason
    assert "ValueError: no such layer" in measure(broken, 400.0).reason
    assert "without a word" in measure(lambda: os._exit(1), 400.0).reason
    slow = measure(lambda: time.sleep(60), 0.4)
    assert isinstance(slow, Unmeasured)
    assert "not enough time" in slow.reason
    assert capfd.readouterr().err == "", "nobody sees a traceback"
