"""Files of every kind, broken at random: each gets some preview, which can be sent as JSON and as a page."""

from __future__ import annotations

import pickle
import random
from collections import OrderedDict

import orjson
import pytest

from tests.end_to_end.pages.xss import hostile_files as files
from tests.end_to_end.pages.xss.vectors import notebook
from tests.unit.ui.previews.test_previews import archive, show

WHOLE = {
    "a.csv": files.csv_file(),
    "a.json": files.json_file(),
    "a.jsonl": files.json_lines(),
    "a.safetensors": files.safetensors_file(),
    "a.gguf": files.gguf_file(),
    "a.pkl": files.pickle_file(),
    "a.pt": pickle.dumps({"a": [1, 2, b"x"]}),
    "a.bin": archive(**{"x/data.pkl": pickle.dumps([OrderedDict()] * 5)}),
    "a.zip": files.zip_file(),
    "a.ipynb": notebook(),
    "a.md": b"# x\n$a$\n\n```py\nx\n```\n<div>[x](y)",
    "a.py": b"def x():\n    pass",
    "a.svg": b"<svg/>",
}
INSERTED = (b"\0", b"\xff\xff\xff\xff", b"\xed\xa0\x80", b"\\ud800", b'"', b"[", b"{", b"\x80\x04", b"PK\5\6", b"<")


@pytest.mark.filterwarnings("ignore:invalid escape sequence:DeprecationWarning")  # pickletools, of odd old pickles
@pytest.mark.parametrize("name", WHOLE)
def test_broken_files_are_survived(name):
    dice = random.Random(name)
    for _ in range(150):
        shown = show(name, _broken(WHOLE[name], dice))
        orjson.dumps(shown.data)
        for part in shown.html.values():
            str(part).encode()


def _broken(content: bytes, dice: random.Random) -> bytes:
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(content) + 1)
        kept = dice.choice((at, at + 1, at + dice.randint(1, 50), len(content)))
        content = content[:at] + dice.choice((*INSERTED, b"")) + content[kept:]
    return content or b"x"
