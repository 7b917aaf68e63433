"""What runs next in a model's process: questions that came meanwhile go together, streams take turns with them.

No waiting and no I/O: whoever calls `step` does that. First come, first served; a question with many parts is computed
in several batches if need be.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from holdfast.backends.engines.protocol import Question
from holdfast.backends.engines.worker.errors import pack_error
from holdfast.backends.engines.worker.frames import Frame
from holdfast.backends.engines.worker.hosted import HostedModel, Part, Prepared
from holdfast.base.errors import HoldfastError, InternalError

logger = logging.getLogger("holdfast.engines")

Send = Callable[[Frame], None]

MOST_STREAMS = 8
"""At once; the others wait for their turn."""


@dataclass
class _Asked:
    """A question that waits, with the results that its parts have so far."""

    number: int
    prepared: Prepared
    results: list[Any] = field(default_factory=list)

    @property
    def missing(self) -> Sequence[Part]:
        return self.prepared.parts[len(self.results) :]


@dataclass
class Scheduler:
    """Questions in, answers out.

    Args:
        model: what computes.
        send: where answers go.
        batch_size: sum of the sizes of parts that are computed together; one part may be larger.
    """

    model: HostedModel
    send: Send
    batch_size: int
    _asked: deque[_Asked] = field(default_factory=deque)
    _streams: dict[int, Iterator[bytes]] = field(default_factory=dict)
    _next_streams: deque[tuple[int, Prepared]] = field(default_factory=deque)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is to do."""
        return not self._asked and not self._streams and not self._next_streams

    @property
    def waiting(self) -> int:
        """How many questions wait for a whole answer."""
        return len(self._asked)

    def ask(self, number: int, question: Question, *, streamed: bool) -> None:
        """Take a question in, or refuse it at once."""
        try:
            prepared = self.model.prepare(question)
            if streamed:
                self._next_streams.append((number, prepared))
            else:
                self._asked.append(_Asked(number, prepared))
        except Exception as error:  # noqa: BLE001 - one question's trouble is its asker's alone
            self._refuse(number, error)

    def withdraw(self, number: int) -> None:
        """Forget a question, if it is still there."""
        self._asked = deque(asked for asked in self._asked if asked.number != number)
        self._next_streams = deque(each for each in self._next_streams if each[0] != number)
        stream = self._streams.pop(number, None)
        if stream is not None:
            _close(stream)

    def step(self) -> int:
        """Compute one batch, and one chunk of every stream. Returns how many questions the batch served."""
        served = self._run_batch() if self._asked else 0
        while self._next_streams and len(self._streams) < MOST_STREAMS:
            self._begin(*self._next_streams.popleft())
        for number in list(self._streams):
            self._advance(number)
        return served

    def _begin(self, number: int, prepared: Prepared) -> None:
        try:
            self._streams[number] = self.model.stream(prepared)
        except Exception as error:  # noqa: BLE001 - see above
            self._refuse(number, error)

    def _run_batch(self) -> int:
        chosen = self._choose()
        parts = [part for _, some in chosen for part in some]
        try:
            results = self.model.run(parts)
        except Exception as error:  # noqa: BLE001 - see above
            self._after_failure([asked for asked, _ in chosen], error)
            return len(chosen)
        start = 0
        for asked, some in chosen:
            asked.results += results[start : start + len(some)]
            start += len(some)
            if not asked.missing:
                self._asked.remove(asked)
                self._answer(asked)
        return len(chosen)

    def _choose(self) -> list[tuple[_Asked, list[Part]]]:
        """Parts of the first question, and of others as far as they are of its group and fit."""
        chosen: list[tuple[_Asked, list[Part]]] = []
        room = self.batch_size
        first = self._asked[0].missing
        group = first[0].group if first else None
        for asked in self._asked:
            some: list[Part] = []
            for part in asked.missing:
                if part.group != group or (part.size > room and (chosen or some)):
                    break
                some.append(part)
                room -= part.size
            if some or not asked.missing:
                chosen.append((asked, some))
            if room <= 0:
                break
        return chosen

    def _after_failure(self, asked: list[_Asked], error: Exception) -> None:
        """A batch failed: each of its questions is tried alone, so that one cannot spoil the others' answers."""
        for one in asked:
            self._asked.remove(one)
            if len(asked) == 1:
                self._refuse(one.number, error)
                return
            try:
                one.results += self.model.run(list(one.missing))
            except Exception as own:  # noqa: BLE001 - see above
                self._refuse(one.number, own)
            else:
                self._answer(one)

    def _answer(self, asked: _Asked) -> None:
        try:
            answer = self.model.finish(asked.prepared, asked.results)
        except Exception as error:  # noqa: BLE001 - see above
            self._refuse(asked.number, error)
            return
        head = {"id": asked.number, "kind": "answer", "type": answer.media_type, "tokens": answer.tokens}
        self.send(Frame(head, answer.body))

    def _advance(self, number: int) -> None:
        stream = self._streams[number]
        try:
            chunk = next(stream, None)
        except Exception as error:  # noqa: BLE001 - see above
            self._streams.pop(number, None)
            self._refuse(number, error)
            return
        if chunk is None:
            self._streams.pop(number, None)
            self.send(Frame({"id": number, "kind": "end"}))
        else:
            self.send(Frame({"id": number, "kind": "chunk"}, chunk))

    def _refuse(self, number: int, error: Exception) -> None:
        if not isinstance(error, HoldfastError):
            logger.error("a question could not be answered", exc_info=error)
            error = InternalError()
        self.send(Frame({"id": number, "kind": "error", **pack_error(error)}))


def _close(stream: Iterator[bytes]) -> None:
    close = getattr(stream, "close", None)
    if close is not None:
        close()
