"""Tests of inference run where its libraries are installed; the Hub's own tests do without them."""

from importlib.util import find_spec

if not all(find_spec(name) for name in ("torch", "transformers", "skops")):
    collect_ignore_glob = ["test_*", "*/test_*"]
