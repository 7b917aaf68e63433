"""What the client asks of a server and makes of its answers; the wire is a plain http.server in this process."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from holdfast import pipeline
from holdfast.base.errors import InvalidInput, ServerRefused


@pytest.fixture
def server():
    """Answers what it is told to, and remembers what it was asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            httpd.asked.append((self.path, self.headers["Authorization"], body))
            status, media_type, answer = httpd.answers.pop(0)
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_args):
            pass

    httpd = HTTPServer(("127.0.0.1", 0), Handler)
    httpd.asked, httpd.answers = [], []
    httpd.url = f"http://127.0.0.1:{httpd.server_port}"
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    yield httpd
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def answer(value, status=200):
    return status, "application/json", json.dumps(value).encode()


def test_one_question(server):
    server.answers = [answer([[{"label": "good", "score": 0.9}]])]
    ask = pipeline("sentiment-analysis", "org/name", endpoint=server.url, access_token="hf_x")
    assert ask("I like it", top_k=1) == [{"label": "good", "score": 0.9}]
    body = {"inputs": "I like it", "parameters": {"top_k": 1}}
    assert server.asked == [("/models/org/name/pipeline/text-classification", "Bearer hf_x", body)]


def test_shapes_of_the_wire_are_undone(server):
    best = {"answer": "Paris", "score": 0.5, "start": 0, "end": 5}
    server.answers = [answer(best), answer([{"summary_text": "short"}]), answer([{"summary_text": "short"}])]
    ask = pipeline("question-answering", "org/name", endpoint=server.url)
    assert ask(question="where?", context="Paris it is") == best
    summarize = pipeline("summarization", "org/name", endpoint=server.url)
    assert summarize("long") == [{"summary_text": "short"}]
    assert summarize(["long"]) == [{"summary_text": "short"}]


def test_media_travel_as_base64(server):
    server.answers = [answer([{"label": "cat", "mask": "eHg="}])]
    ask = pipeline("image-segmentation", "org/name", endpoint=server.url)
    assert ask(b"pixels") == [{"label": "cat", "mask": b"xx"}]
    assert server.asked[0][2]["inputs"] == "cGl4ZWxz"


def test_the_servers_words_are_passed_on(server):
    server.answers = [answer({"error": "This model is loading"}, 503)]
    with pytest.raises(ServerRefused, match="This model is loading") as caught:
        pipeline("fill-mask", "org/name", endpoint=server.url)("[MASK]")
    assert caught.value.status == 503


def test_wrong_inputs_are_not_even_sent(server):
    with pytest.raises(InvalidInput, match="inputs"):
        pipeline("fill-mask", "org/name", endpoint=server.url)(7)
    assert server.asked == []


def test_a_stream_is_read_as_it_comes(server):
    lines = [b'data:{"token": 1}\n\n', b": still there\n\n", b'data: {"token": 2}\n\n', b"data: [DONE]\n\n"]
    server.answers = [(200, "text/event-stream", b"".join(lines))]
    ask = pipeline("text-generation", "org/name", endpoint=server.url)
    assert list(ask.stream("Once")) == [{"token": 1}, {"token": 2}]
    assert server.asked[0][2]["stream"] is True


def test_nobody_there():
    with pytest.raises(ServerRefused, match="cannot be reached"):
        pipeline("fill-mask", "org/name", endpoint="http://127.0.0.1:9")("[MASK]")
