from __future__ import annotations

import json


def test_tells_each_check_and_ends_with_0(run, data_dir):
    data_dir.mkdir(mode=0o700)
    status, output, _ = run("doctor")
    assert status == 0
    assert f"{data_dir} is writable" in output
    assert "git version" in output


def test_a_problem_ends_with_1(run, data_dir):
    data_dir.touch()
    status, output, _ = run("doctor", "--json")
    answer = json.loads(output)
    assert status == 1
    assert answer["ok"] is False
    assert answer["checks"][0]["state"] == "problem"
    assert "is not a directory" in answer["checks"][0]["finding"]
