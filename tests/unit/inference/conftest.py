"""Tests that load models run where the libraries for it are installed; the others, and the Hub's, do without them."""

from importlib.util import find_spec

if not all(find_spec(name) for name in ("torch", "transformers", "skops", "soundfile", "pandas")):
    collect_ignore = ["tasks", "runtime"]
