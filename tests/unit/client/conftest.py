"""What runs a model needs its libraries; the rest of the client does without."""

from importlib.util import find_spec

if not all(find_spec(name) for name in ("torch", "transformers", "skops", "soundfile", "pandas")):
    collect_ignore = ["test_pipelines.py"]
