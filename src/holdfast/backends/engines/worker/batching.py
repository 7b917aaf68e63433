"""What runs next in a model's process: questions that came meanwhile go together, and step by step beside each other.

No waiting and no I/O: whoever calls `step` does that. The most urgent come first, among equals who came first; a
question with many parts is computed in several batches if need be. Parts that `join` begin as soon as the model has
room for them, and every step takes each of them one further; so do streams.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

from holdfast.backends.engines.protocol import Question
from holdfast.backends.engines.worker.asked import Asked, Batch, Line
from holdfast.backends.engines.worker.errors import lacks_memory, pack_error
from holdfast.backends.engines.worker.frames import Frame
from holdfast.backends.engines.worker.hosted import HostedModel
from holdfast.base.errors import HoldfastError, InternalError, OutOfMemory

logger = logging.getLogger("holdfast.engines")

Send = Callable[[Frame], None]


@dataclass(eq=False)
class _Ongoing:
    """A stream, or the steps of one part."""

    asked: Asked
    index: int
    pieces: Iterator[bytes] | Generator[None, None, Any]

    def close(self) -> None:
        close = getattr(self.pieces, "close", None)
        if close is not None:
            close()


@dataclass
class Scheduler:
    """Questions in, answers out.

    Args:
        model: what computes.
        send: where answers go.
        batch_size: sum of the sizes of parts that are computed together; one part may be larger.
        clock: seconds that only go forward.
    """

    model: HostedModel
    send: Send
    batch_size: int
    clock: Callable[[], float] = time.monotonic
    _line: Line = field(default_factory=Line)
    _ongoing: list[_Ongoing] = field(default_factory=list)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is to do."""
        return not self._line and not self._ongoing

    @property
    def waiting(self) -> int:
        """How many questions wait for their turn, or for a part of their answer."""
        return len(self._line)

    def ask(self, number: int, question: Question, *, streamed: bool) -> None:
        """Take a question in, or refuse it at once."""
        try:
            prepared = self.model.prepare(question)
        except Exception as error:  # noqa: BLE001 - one question's trouble is its asker's alone
            self._refuse(number, error)
        else:
            self._line.add(Asked(number, prepared, question.urgency, self.clock(), streamed))

    def withdraw(self, number: int) -> None:
        """Forget a question, if it is still there."""
        self._line.remove(number)
        for one in [one for one in self._ongoing if one.asked.number == number]:
            self._ongoing.remove(one)
            one.close()

    def step(self) -> int:
        """Compute one batch, and one piece of all that is on its way. Returns how many questions the batch served."""
        batch = self._look_through_line()
        if batch.chosen:
            self._run(batch)
        for one in list(self._ongoing):
            if one in self._ongoing:  # the trouble of another part of its question may have ended it
                self._advance(one)
        return len(batch.chosen)

    def _look_through_line(self) -> Batch:
        """Begin whatever there is room for; the others fill the next batch."""
        batch, has_room = Batch(self.batch_size), True
        for asked in self._line.in_order(self.clock()):
            part = asked.next_part
            if part is not None and (asked.is_streamed or self.model.joins(part)):
                has_room = has_room and self._begin(asked)  # nobody overtakes who does not fit yet
            elif part is not None or not asked.prepared.parts:
                batch.add(asked)
        return batch

    def _begin(self, asked: Asked) -> bool:
        """Begin a stream, or parts of a question. Returns whether there was room for it all."""
        try:
            while (part := asked.next_part) is not None:
                if not self.model.has_room(part):
                    return False
                pieces = self.model.stream(asked.prepared) if asked.is_streamed else self.model.steps(part)
                self._ongoing.append(_Ongoing(asked, asked.begun, pieces))
                asked.begun = len(asked.prepared.parts) if asked.is_streamed else asked.begun + 1
                next(pieces, None)
        except Exception as error:  # noqa: BLE001 - see above
            self._give_up(asked, error)
        return True

    def _run(self, batch: Batch) -> None:
        try:
            batch.share(self.model.run(batch.parts))
        except Exception as error:  # noqa: BLE001 - see above
            self._after_failure(batch, error)
        for asked, _ in batch.chosen:
            if asked.is_answered and asked in self._line:
                self._answer(asked)

    def _after_failure(self, batch: Batch, error: Exception) -> None:
        """A batch failed: each of its questions is tried alone, so that one cannot spoil the others' answers."""
        for asked, some in batch.chosen:
            if len(batch.chosen) == 1:
                self._give_up(asked, error)
                return
            try:
                asked.take(self.model.run(some))
            except Exception as own:  # noqa: BLE001 - see above
                self._give_up(asked, own)

    def _advance(self, one: _Ongoing) -> None:
        try:
            chunk = next(one.pieces)
        except StopIteration as end:
            self._ongoing.remove(one)
            self._after_last_piece(one, end.value)
        except Exception as error:  # noqa: BLE001 - see above
            self._give_up(one.asked, error)
        else:
            if chunk:
                self.send(Frame({"id": one.asked.number, "kind": "chunk"}, chunk))

    def _after_last_piece(self, one: _Ongoing, result: Any) -> None:
        asked = one.asked
        if asked.is_streamed:
            self._line.remove(asked.number)
            self.send(Frame({"id": asked.number, "kind": "end"}))
            return
        asked.results[one.index] = result
        if asked.is_answered:
            self._answer(asked)

    def _answer(self, asked: Asked) -> None:
        self._line.remove(asked.number)
        try:
            answer = self.model.finish(asked.prepared, [asked.results[index] for index in sorted(asked.results)])
        except Exception as error:  # noqa: BLE001 - see above
            self._refuse(asked.number, error)
            return
        head = {"id": asked.number, "kind": "answer", "type": answer.media_type, "tokens": answer.tokens}
        self.send(Frame(head, answer.body))

    def _give_up(self, asked: Asked, error: Exception) -> None:
        self.withdraw(asked.number)
        self._refuse(asked.number, error)

    def _refuse(self, number: int, error: Exception) -> None:
        if not isinstance(error, HoldfastError):
            logger.error("a question could not be answered", exc_info=error)
            error = OutOfMemory() if lacks_memory(error) else InternalError()
        self.send(Frame({"id": number, "kind": "error", **pack_error(error)}))
