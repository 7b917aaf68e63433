"""The data check needs pandas, which comes with what runs models."""

from importlib.util import find_spec

if not find_spec("pandas"):
    collect_ignore_glob = ["test_*.py"]
