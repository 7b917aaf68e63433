"""The live board of `holdfast train`: rewritten in place in a terminal, a line for each trial elsewhere."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from holdfast.training.domain.events import Event
    from holdfast.training.domain.trials import Trial

_BEST = 5
_BAR_WIDTH = 24
_MARKS = {"ok": "✓", "pruned": "–", "failed": "✗", "skipped": "·"}


class LiveBoard:
    """Hears a run and shows how it goes.

    Args:
        out: where to write.
        quiet: whether to write nothing.
    """

    def __init__(self, out: TextIO, *, quiet: bool = False) -> None:
        self._out, self._quiet = out, quiet
        self._live = out.isatty()
        self._trials = 0
        self._best: list[Trial] = []
        self._running = ""
        self._drawn = 0
        self._stage = ""

    def say(self, sentence: str) -> None:
        """A sentence above the board."""
        if self._quiet:
            return
        self._erase()
        print(sentence, file=self._out, flush=True)

    def hear(self, event: Event) -> None:
        """Take what a run tells."""
        if event.started:
            number, plan = event.started
            self._running = f"trial {number}: {plan.family}"
        if event.ended:
            self._trials += 1
            self._running = ""
            if not self._live:
                self.say(_line(event.ended))
        if event.message:
            self.say(event.message)
        elif event.stage.value != self._stage:
            self._stage = event.stage.value
            if not self._live:
                self.say(f"{event.seconds:5.0f} s  {self._stage}")
        if self._live and not self._quiet:
            self._draw(event)

    def _draw(self, event: Event) -> None:
        self._erase()
        filled = round(event.share * _BAR_WIDTH)
        lines = [f"{'█' * filled}{'░' * (_BAR_WIDTH - filled)} {event.seconds:4.0f} s  {event.stage.value}"]
        self._best = event.board.finished()[:_BEST] if event.board else self._best
        lines += [_line(trial) for trial in self._best]
        lines.append(f"{self._trials} trials  {self._running}" if self._trials or self._running else "")
        width = shutil.get_terminal_size().columns
        for line in lines:
            print(line[: width - 1], file=self._out)
        self._out.flush()
        self._drawn = len(lines)

    def _erase(self) -> None:
        if self._drawn:
            self._out.write(f"\x1b[{self._drawn}A\x1b[J")
            self._drawn = 0


def _line(trial: Trial) -> str:
    score = "" if trial.outcome is None else f"{trial.outcome.score:.5g}"
    parameters = ", ".join(f"{name}={value}" for name, value in trial.plan.parameters.items())
    words = trial.reason or parameters
    mark = _MARKS[trial.status.value]
    return f"{mark} {trial.number:4d}  {trial.plan.family:24.24s} {score:>10s} {trial.seconds:6.1f} s  {words}"
