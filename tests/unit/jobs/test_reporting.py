from __future__ import annotations

import json
import subprocess
import sys

from holdfast.jobs import reporting


def test_inside_of_a_job(tmp_path, monkeypatch):
    monkeypatch.setenv(reporting.EVENTS, str(tmp_path / "told"))
    monkeypatch.setenv(reporting.ARTEFACTS, str(tmp_path / "artefacts"))
    monkeypatch.setenv(reporting.ATTEMPT, "3")
    (tmp_path / "artefacts").mkdir()
    (tmp_path / "model.bin").write_text("x")
    reporting.progress(0.4, "Trying", eta_seconds=3)
    reporting.metric({"loss": 0.5})
    reporting.refuse("No rows.")
    assert reporting.artefact(tmp_path / "model.bin", "models/best.bin") == tmp_path / "artefacts/models/best.bin"
    kept = tmp_path / "artefacts" / "own"
    kept.write_text("y")
    reporting.artefact(kept)
    assert [json.loads(line) for line in (tmp_path / "told").read_text().splitlines()] == [
        {"progress": 0.4, "sentence": "Trying", "eta_seconds": 3},
        {"metric": {"loss": 0.5}},
        {"refused": "No rows."},
        {"artefact": "models/best.bin"},
        {"artefact": "own"},
    ]
    assert (tmp_path / "artefacts/models/best.bin").read_text() == "x"
    assert kept.read_text() == "y"
    assert reporting.attempt() == 3


def test_outside_of_a_job_nothing_happens(monkeypatch):
    for name in (reporting.EVENTS, reporting.ARTEFACTS, reporting.ATTEMPT):
        monkeypatch.delenv(name, raising=False)
    reporting.progress(1.0)
    assert reporting.artefact("nowhere") is None
    assert reporting.attempt() == 1


def test_it_brings_nothing_of_the_server():
    code = "import sys; from holdfast.jobs import reporting; print(*sys.modules)"
    names = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    ours = {name for name in names if name.startswith("holdfast")}
    assert ours == {"holdfast", "holdfast.jobs", "holdfast.jobs.reporting"}
    assert "sqlalchemy" not in names
