"""A Hub that refuses, is full, or is not there: the run ends with a sentence, and says where the model lies."""

from __future__ import annotations

import errno
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

pytest.importorskip("huggingface_hub")

import huggingface_hub as hub

from holdfast.base.errors import TrainingFailed
from holdfast.inference.runtime.libraries import hub_failures
from holdfast.training import publishing, running
from holdfast.training.domain.artefacts import Artefact
from holdfast.training.domain.judgements import Judgement
from holdfast.training.domain.reports import Report
from holdfast.training.domain.specification import DataSource, Output, TrainingSpec
from holdfast.training.domain.trials import Board, Metric

FULL = "The disk of this server is full"


@pytest.fixture
def report(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    return Report(
        spec=TrainingSpec("tabular-regression", DataSource(path="a.csv"), output=Output(repo_id="lab/model")),
        folder=Path(tmp_path),
        artefact=Artefact("tabular-regression", "ridge", {}, "sklearn", {"table": {"a": [1]}}),
        board=Board(Metric("rmse", greater_is_better=False)),
        judgement=Judgement({"rmse": 0.9}),
        baseline=None,
        findings=(),
        rows=(160, 40),
        data=("a.csv", "c" * 40),
        seconds={"all": 3.0},
        peak_memory_mb=None,
    )


@pytest.fixture
def full_hub():
    """Answers 507 to everything, as ours does when its disk is full."""

    class Full(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            self.send_response(507)
            self.send_header("X-Error-Message", FULL)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Full) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def publish_to(url, report, monkeypatch):
    api = hub.HfApi
    monkeypatch.setattr(hub, "HfApi", lambda token=None: api(url, token=token))
    return publishing.publish(report, "hf_token", lambda _stage: None)


def test_a_full_hub_says_so_and_the_model_is_kept(full_hub, report, monkeypatch):
    with pytest.raises(TrainingFailed) as failed:
        publish_to(full_hub, report, monkeypatch)
    assert FULL in failed.value.message
    assert str(report.folder) in failed.value.message


def test_a_hub_that_is_not_there_is_no_traceback(report, monkeypatch):
    unreachable = hub_failures()[0]("Connection refused")
    monkeypatch.setattr(hub.HfApi, "create_repo", _raising(unreachable))
    with pytest.raises(TrainingFailed, match=r"did not take the model: Connection refused\. The model is made"):
        publishing.publish(report, None, lambda _stage: None)


def test_whatever_the_client_sends_requests_with_is_known():
    session = hub.utils.get_session()
    with pytest.raises(hub_failures()):
        session.get("http://127.0.0.1:9/")  # nobody listens there


def test_a_full_disk_of_this_machine_is_not_the_hubs_fault(report, monkeypatch):
    full = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(hub.HfApi, "create_repo", _raising(full))
    with pytest.raises(OSError, match="No space left"):
        publishing.publish(report, None, lambda _stage: None)
    monkeypatch.setattr(running._Run, "report", lambda self: publishing.publish(report, None, lambda _stage: None))
    with pytest.raises(TrainingFailed, match="The disk is full"):
        running.train(replace(report.spec), folder=report.folder)


def _raising(error):
    def fail(*_arguments, **_named):
        raise error

    return fail
