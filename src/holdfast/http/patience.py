"""How long we wait for a client: connections whose request or download stands still are closed.

uvicorn itself waits for ever, and reads heads of any size; strangers could keep thousands of connections open for
nothing. Time that we need ourselves never counts.
Source: uvicorn protocols/http/httptools_impl.py, whose cycle says whether a body is still expected.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from holdfast.http.direct_bodies import DirectBodyProtocol

_HEAD_TOO_LARGE = "431 Request Header Fields Too Large"
_TOO_SLOW = "408 Request Timeout"


@dataclass(frozen=True)
class Patience:
    """Where it ends.

    Args:
        head_bytes: request line and headers together, beyond what one read from the socket brings.
        head_seconds: from the first byte of a request, or from a new connection, to the end of its headers.
        body_seconds: silence in the middle of a body.
        taking_seconds: an answer of which nothing is taken.
        look_seconds: how often to look.
    """

    head_bytes: int = 64 * 1024
    head_seconds: float = 60.0
    body_seconds: float = 300.0
    taking_seconds: float = 300.0
    look_seconds: float = 15.0


class PatientProtocol(DirectBodyProtocol):
    """Give it to uvicorn as `http=`."""

    patience: ClassVar[Patience] = Patience()

    _timer: asyncio.TimerHandle | None = None
    _heard_at = 0.0
    _is_in_head = True
    _head_began_at: float | None = None
    _head_bytes = 0
    _stuck: tuple[object, float] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to look at the clock."""
        super().connection_made(transport)
        self._heard_at = self._head_began_at = self.loop.time()
        self._timer = self.loop.call_later(self.patience.look_seconds, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Note that the client is alive, and refuse a head without end."""
        self._heard_at = self.loop.time()
        if self._is_in_head:
            self._head_bytes += len(data)
            self._head_began_at = self._head_began_at or self._heard_at
        super().data_received(data)
        if self._is_in_head and self._head_bytes > self.patience.head_bytes:
            self._refuse(_HEAD_TOO_LARGE)

    def heard(self) -> None:
        """Note that the client is alive."""
        self._heard_at = self.loop.time()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._is_in_head = False
        self._head_bytes = 0
        self._head_began_at = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """What comes now is the next head."""
        self._is_in_head = True
        super().on_message_complete()

    def _look(self) -> None:
        now = self.loop.time()
        if self._head_began_at is not None and now - self._head_began_at > self.patience.head_seconds:
            self._refuse(_TOO_SLOW)
        elif self._is_silent(now) or self._is_stuck(now):
            self.transport.abort()
        else:
            self._timer = self.loop.call_later(self.patience.look_seconds, self._look)

    def _is_silent(self, now: float) -> bool:
        awaits_body = self.cycle is not None and self.cycle.more_body and not self.flow.read_paused
        return awaits_body and now - self._heard_at > self.patience.body_seconds

    def _is_stuck(self, now: float) -> bool:
        if self._stalled is None and not self.flow.write_paused:
            self._stuck = None
            return False
        state = (self._stalled, self.transport.get_write_buffer_size())
        if self._stuck is None or self._stuck[0] != state:
            self._stuck = (state, now)
        return now - self._stuck[1] > self.patience.taking_seconds

    def _refuse(self, status: str) -> None:
        if not self.transport.is_closing():
            head = f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            self.transport.write(head.encode())
            self.transport.close()
