"""A server that answers 501 to everything: a listed test that passes on it proves nothing about a Hub."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BODY = b'{"error": "Not implemented"}'


class Unimplemented(BaseHTTPRequestHandler):
    """Reads the body of any request and declines."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(501)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(BODY)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def log_message(self, *_: Any) -> None:
        """Stay silent."""


@contextlib.contextmanager
def unimplemented_server() -> Iterator[str]:
    """Serve on a free port of the loopback interface; gives the endpoint."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Unimplemented)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
