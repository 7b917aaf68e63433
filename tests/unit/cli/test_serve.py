"""`holdfast serve` as a person runs it: a process of its own, known by what it prints."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from holdfast.base.errors import StorageFull
from tests.live_server import COMMAND, free_port
from tests.unit.app.conftest import open_instance

SECONDS = 120  # on a busy machine a start takes its time


class Serving:
    """A started server. `until` reads what it prints."""

    def __init__(self, data_dir, *words, **variables):
        environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path), "HOLDFAST_DATA_DIR": str(data_dir)}
        self.process = subprocess.Popen(
            [*COMMAND, "serve", *words],
            env={**environment, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.printed = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def until(self, text):
        watchdog = threading.Timer(SECONDS, self.process.kill)
        watchdog.start()
        while text not in self.printed:
            line = self.process.stdout.readline()
            assert line, f"ended without saying {text!r}:\n{self.printed}"
            self.printed += line
        watchdog.cancel()
        return self.printed

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=SECONDS)
        self.printed += rest
        return self.process.returncode


def ready(data_dir, *words, **variables):
    serving = Serving(data_dir, "--port", "0", *words, **variables)
    serving.until("Ctrl-C stops the server.")
    return serving


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def port_of(printed):
    return int(re.search(r"HF_ENDPOINT=http://127.0.0.1:(\d+)", printed)[1])


def test_the_first_start_shows_all_that_is_needed_and_the_next_ones_no_secrets(data_dir, services):
    with ready(data_dir) as serving:
        port, token = port_of(serving.printed), re.search(r"HF_TOKEN=(hf_\w+)", serving.printed)[1]
        assert re.search(r"user +admin\n +password +\S{12,}\n", serving.printed)
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            """Somebody listens as soon as it says so."""
        assert services.authentication.authenticate(f"Bearer {token}", None).is_site_admin
        assert serving.stop() == 0
    services.authentication.flush_last_used()
    with ready(data_dir) as serving:
        assert "HF_TOKEN" not in serving.printed
        assert "password" not in serving.printed
        assert "holdfast token create" in serving.printed
        assert serving.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_quietly(data_dir, number):
    with ready(data_dir) as serving:
        before = serving.printed
        assert serving.stop(number) == 0
        assert serving.printed == before


def test_a_second_start_takes_less_than_three_seconds_and_little_memory(data_dir):
    with ready(data_dir) as serving:
        serving.stop()
    with ready(data_dir) as serving:
        seconds = cpu_seconds(serving.process.pid)
        resident = int(re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{serving.process.pid}/status").read_text())[1])
        assert serving.stop() == 0
    assert seconds < 3  # of work, for other tests may run beside this one; a start waits for nothing
    assert resident < 200 * 1024


def test_options_count_more_than_variables(tmp_path):
    port = free_port()
    with Serving(tmp_path / "a", "--data-dir", str(tmp_path / "b"), "--port", str(port), HOLDFAST_PORT="1") as serving:
        serving.until("Ctrl-C")
        assert port_of(serving.printed) == port
        assert serving.stop() == 0
    assert (tmp_path / "b" / "holdfast.sqlite").exists()
    assert not (tmp_path / "a").exists()


def test_the_external_url_is_the_one_to_use(data_dir):
    with ready(data_dir, HOLDFAST_EXTERNAL_URL="https://hub.example.org/x") as serving:
        assert "export HF_ENDPOINT=https://hub.example.org/x\n" in serving.printed


def test_a_port_that_is_taken_is_named_with_a_remedy(data_dir):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with Serving(data_dir, "--port", str(port)) as serving:
            output, _ = serving.process.communicate(timeout=SECONDS)
    assert serving.process.returncode == 1
    assert output == (
        f"holdfast: `--port` {port} on 127.0.0.1 is taken by another program. "
        f"Stop it, or choose another: holdfast serve --port {port + 1}\n"
    )


def test_a_data_directory_that_cannot_be_is_named(tmp_path):
    (tmp_path / "file").touch()
    with Serving(tmp_path / "file", "--port", "0") as serving:
        output, _ = serving.process.communicate(timeout=SECONDS)
    assert serving.process.returncode == 1
    assert output == f"holdfast: `HOLDFAST_DATA_DIR` {tmp_path / 'file'} is a file. Name a directory.\n"


def test_a_full_disk_is_said(run, data_dir, monkeypatch):
    def refuse(_):
        raise StorageFull

    data_dir.mkdir()
    monkeypatch.setattr("holdfast.app.data_dir.check_data_dir", refuse)
    status, _, errors = run("serve", "--port", "0")
    assert status == 1
    assert f"the disk of {data_dir} is full" in errors


def test_what_a_crash_left_is_put_right_and_told(data_dir):
    instance = open_instance(data_dir)
    repo = instance.create_repo()
    with instance.services.database.write() as connection:
        connection.exec_driver_sql("UPDATE repo SET index_pending = 1")
        connection.exec_driver_sql("DELETE FROM repo_ref")
    instance.services.close()
    with ready(data_dir) as serving:
        assert "Read again and put right: model alice/bert." in serving.printed
        with instance.services.database.read() as connection:
            found = connection.exec_driver_sql("SELECT name FROM repo_ref WHERE repo_key = ?", (repo.key,)).scalars()
            assert list(found) == ["refs/heads/main"]
    instance.services.database.close()


def test_a_database_that_lost_its_repos_is_not_served(data_dir):
    folder = data_dir / "repos" / "07" / "7.git"
    folder.mkdir(parents=True)
    with Serving(data_dir, "--port", "0") as serving:
        output, _ = serving.process.communicate(timeout=SECONDS)
    assert serving.process.returncode == 1
    assert "holdfast fsck --rebuild" in output
