"""Texts that were read with the wrong encoding: `MÃ¼ller` for `Müller`."""

from __future__ import annotations

import re

import pandas as pd

_MARKS = re.compile(r"Ã[\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ¡-¿]|â€[\x80-\xbf™œ¦“”˜\x9d]|Â[\xa0-\xbf£©®°±]|ðŸ")
LOST = "\ufffd"


def is_garbled(text: str) -> bool:
    """Whether a text shows the traces of UTF-8 read as something else."""
    return bool(_MARKS.search(text))


def mend(text: str) -> str:
    """The text as it was meant; itself where that can't be told."""
    for encoding in ("cp1252", "latin-1"):
        try:
            return _bytes(text, encoding).decode("utf-8")
        except UnicodeError:
            continue
    return text


def _bytes(text: str, encoding: str) -> bytes:
    """Windows-1252 has five holes, which programs fill with the control character of that number."""
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return b"".join(bytes([ord(sign)]) if ord(sign) < 256 else sign.encode(encoding) for sign in text)


def mended(values: pd.Series) -> tuple[pd.Series, int]:
    """Different texts with those mended that were garbled, and how many these are."""
    garbled = values.str.contains(_MARKS.pattern, regex=True, na=False)
    if not garbled.any():
        return values, 0
    result = values.copy()
    result[garbled] = [mend(text) for text in values[garbled]]
    return result, int((result != values).sum())
