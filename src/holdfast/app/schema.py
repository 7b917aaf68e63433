"""Knows every table: they are declared in the capabilities' `store` modules, and found there by that name."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from sqlalchemy import MetaData

import holdfast
from holdfast.backends.database.protocol import metadata

_STORE = "store"


def all_tables() -> MetaData:
    """Import every `store` module and return the metadata that now holds all tables."""
    for module in pkgutil.walk_packages(holdfast.__path__, f"{holdfast.__name__}."):
        if _STORE in module.name.split("."):
            import_module(module.name)
    return metadata
