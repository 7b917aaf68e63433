"""Text that grows token by token: what of it may be shown already.

A token can be half of a character, and a word can be the beginning of a stop text: both are held back until it is
clear.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

_BROKEN = "\ufffd"
_CONTEXT_TOKENS = 6
"""Tokens before the new ones that are decoded with them: spaces and characters depend on their neighbours."""


class GrowingText:
    """The text of one generation.

    Args:
        decode: tokens to text.
        prompt: tokens that came before; their text is not part of the result.
        stops: texts that end it; they are cut off.
    """

    def __init__(self, decode: Callable[[Sequence[int]], str], prompt: Sequence[int], stops: Sequence[str]) -> None:
        self._decode = decode
        self._stops = stops
        self._ids = list(prompt[-_CONTEXT_TOKENS:])
        self._context, self._read = 0, len(self._ids)
        self._held = ""
        self.text = ""
        self.is_stopped = False

    def add(self, token: int) -> str:
        """Take one more token; returns what can be shown now. Behind a stop text there is nothing more."""
        if self.is_stopped:
            return ""
        self._ids.append(token)
        return self._release(self._readable(), is_last=False)

    def finish(self) -> str:
        """No more tokens come: the rest of the text, if it was not stopped."""
        if self.is_stopped:
            return ""
        return self._release(self._decode_new(), is_last=True)

    def _readable(self) -> str:
        new = self._decode_new()
        if not new or new.endswith(_BROKEN):
            return ""
        self._context, self._read = self._read, len(self._ids)
        return new

    def _decode_new(self) -> str:
        known = self._decode(self._ids[self._context : self._read])
        return self._decode(self._ids[self._context :])[len(known) :]

    def _release(self, new: str, *, is_last: bool) -> str:
        waiting = self._held + new
        ends = [waiting.find(stop) for stop in self._stops if stop in waiting]
        if ends:
            self.is_stopped = True
            shown, self._held = waiting[: min(ends)], ""
        else:
            keep = 0 if is_last else self._possible_stop(waiting)
            shown, self._held = waiting[: len(waiting) - keep], waiting[len(waiting) - keep :]
        self.text += shown
        return shown

    def _possible_stop(self, text: str) -> int:
        """How many of the last characters may be the beginning of a stop text."""
        longest = max((len(stop) for stop in self._stops), default=1) - 1
        for length in range(min(longest, len(text)), 0, -1):
            if any(stop.startswith(text[-length:]) for stop in self._stops):
                return length
        return 0
