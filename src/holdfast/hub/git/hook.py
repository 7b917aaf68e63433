"""The conversation between this server and git's pre-receive hook.

`git receive-pack` takes in a push and then runs the hook, whose exit status decides. Ours is a shell script of four
lines, for starting Python would cost more than all the rest: it asks through one pipe and is answered through another.
Both were inherited from here by way of receive-pack. Where the server dies, the answer's pipe ends without the word and
the hook refuses; where receive-pack dies, the question's pipe ends.
Source: git's Documentation/githooks.txt, "pre-receive".
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from holdfast.base.errors import InvalidInput
from holdfast.hub.git.domain import PushRefused

HOOK_NAME = "pre-receive"
_ACCEPTED = b"accepted\n"
_REFUSED = b"refused\n"
_MAX_QUESTION_BYTES = 4 * 1024 * 1024
_MAX_ANSWER_BYTES = 16 * 1024  # fits into a pipe, so that answering never waits
_READ_BYTES = 64 * 1024
_SCRIPT = """#!/bin/sh
# Asks the Holdfast server that runs this push whether it may happen, and shows its user the answer.
{ printf "%s\\n" "$GIT_QUARANTINE_PATH" && cat && echo; } >"/dev/fd/$HOLDFAST_QUESTION"
exec <"/dev/fd/$HOLDFAST_ANSWER"
read -r verdict
cat >&2
[ "$verdict" = accepted ]
"""


def write_hook(folder: Path) -> None:
    """Put the hook into its folder, for `core.hooksPath`.

    Raises:
        InvalidInput: programs cannot run from there. git would skip the hook without a word.
    """
    path = folder / HOOK_NAME
    folder.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != _SCRIPT:
        temporary = folder / f"{HOOK_NAME}.{secrets.token_hex(8)}"
        temporary.write_text(_SCRIPT)
        temporary.chmod(0o755)
        temporary.replace(path)
    if not os.access(path, os.X_OK):
        raise InvalidInput(field="HOLDFAST_DATA_DIR", problem="must lie on a file system that can run programs")


class HookChannel:
    """Our ends of both pipes, and until the child has started, the child's ends too."""

    def __init__(self, lock_descriptor: int) -> None:
        self.lock_descriptor = lock_descriptor
        """Of the repo's lock, inherited by receive-pack; see `RepositoryPool.open_lock`. Closed with the channel."""
        self.is_decided = False
        """True once the answer is given, a moment before git learns of it."""
        self._question, self._question_end = os.pipe()
        self._answer_end, self._answer = os.pipe()
        self._open = {self._question, self._question_end, self._answer, self._answer_end, lock_descriptor}

    @property
    def environment(self) -> dict[str, str]:
        """Tells the hook where to ask."""
        return {"HOLDFAST_QUESTION": str(self._question_end), "HOLDFAST_ANSWER": str(self._answer_end)}

    @property
    def inherited(self) -> tuple[int, ...]:
        """What receive-pack must inherit."""
        return (self._question_end, self._answer_end, self.lock_descriptor)

    def child_started(self) -> None:
        """Close the child's ends: from now on each pipe ends when the other side does."""
        self._close(self._question_end)
        self._close(self._answer_end)

    def read_question(self) -> bytes | None:
        """Wait for the hook; None when receive-pack ends without asking, as after a broken upload.

        Raises:
            PushRefused: the question is longer than any sensible push.
        """
        text = b""
        while not text.endswith(b"\n\n"):
            piece = os.read(self._question, _READ_BYTES)
            if not piece:
                return None
            text += piece
            if len(text) > _MAX_QUESTION_BYTES:
                raise PushRefused("This push changes too many refs at once.")
        return text

    def accept(self) -> None:
        """Let git move the refs."""
        self._decide(_ACCEPTED)

    def refuse(self, reason: str) -> None:
        """Make git drop everything and show the reason."""
        text = "\n".join(("", *reason.splitlines(), "", ""))
        self._decide(_REFUSED + text.encode("utf-8", "replace")[:_MAX_ANSWER_BYTES])

    def wait_for_end(self) -> None:
        """Wait until receive-pack has ended, and every process that it started."""
        while os.read(self._question, _READ_BYTES):
            pass

    def close(self) -> None:
        """Close whatever is open. A hook that waits for an answer refuses."""
        for descriptor in tuple(self._open):
            self._close(descriptor)

    def _decide(self, answer: bytes) -> None:
        self.is_decided = True
        with suppress(BrokenPipeError):  # receive-pack was killed meanwhile
            os.write(self._answer, answer)
        self._close(self._answer)

    def _close(self, descriptor: int) -> None:
        if descriptor in self._open:
            self._open.discard(descriptor)
            os.close(descriptor)
