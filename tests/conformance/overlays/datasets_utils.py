"""`tests/utils.py` for the tests of datasets 5.x.

Two of their decorators are harmless elsewhere and wrong here: a 500 of ours is a failure, never an expected one.
"""

import functools
import importlib.util

import pytest


def needs(module):
    return pytest.mark.skipif(importlib.util.find_spec(module) is None, reason=f"needs {module}")


require_pil = needs("PIL")
require_torchcodec = needs("torchcodec")


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
