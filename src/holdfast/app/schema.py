"""Knows every table: they are declared in the capabilities' `store` modules, and found there by that name."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from sqlalchemy import MetaData

import holdfast
from holdfast.backends.database.protocol import metadata

_STORE = "store"


def all_tables() -> MetaData:
    """Import every `store` module and return the metadata that now holds all tables."""
    # By their files: `pkgutil.walk_packages` imports all packages on its way, those that need torch among them.
    root = Path(holdfast.__file__).parent
    for path in sorted(root.rglob("*.py")):
        names = path.relative_to(root).with_suffix("").parts
        if _STORE in names:
            import_module(".".join((holdfast.__name__, *names)).removesuffix(".__init__"))
    return metadata
