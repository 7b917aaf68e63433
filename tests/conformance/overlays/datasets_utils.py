"""`tests/utils.py` for the tests of datasets 5.x.

Two of their decorators are harmless elsewhere and wrong here: a 500 of ours is a failure, never an expected one.
"""

import contextlib
import enum
import functools
import importlib.util
import tempfile

import pyarrow
import pytest


def needs(module):
    return pytest.mark.skipif(importlib.util.find_spec(module) is None, reason=f"needs {module}")


require_pil = needs("PIL")
require_torchcodec = needs("torchcodec")
require_zstandard = needs("zstandard")
slow = pytest.mark.skip(reason="slow tests of the library itself")


class OfflineSimulationMode(enum.Enum):
    """Ways to lose the network; tests name them when they are collected."""

    CONNECTION_FAILS = enum.auto()
    CONNECTION_TIMES_OUT = enum.auto()
    HF_HUB_OFFLINE_SET_TO_1 = enum.auto()


def offline(*_, **__):
    """Not simulated: what a library does without a network is none of a server's business."""
    pytest.skip("no network is simulated")


def set_current_working_directory_to_temp_dir():
    """A context in a folder of its own."""
    return contextlib.chdir(tempfile.mkdtemp())


@contextlib.contextmanager
def assert_arrow_memory_increases():
    """Arrow holds more memory behind the block than before it."""
    before = pyarrow.total_allocated_bytes()
    yield
    assert pyarrow.total_allocated_bytes() > before


@contextlib.contextmanager
def assert_arrow_memory_doesnt_increase():
    """Arrow holds no more memory behind the block than before it."""
    before = pyarrow.total_allocated_bytes()
    yield
    assert pyarrow.total_allocated_bytes() <= before


def for_all_test_methods(*decorators):
    """Apply decorators to every test method of a class."""

    def decorate(cls):
        for name, method in list(vars(cls).items()):
            if name.startswith("test"):
                setattr(cls, name, functools.reduce(lambda test, decorator: decorator(test), decorators, method))
        return cls

    return decorate


def xfail_if_500_502_http_error(test):
    """Keep the test as it is: no server error is expected."""
    return test
