"""What every runner promises: one suite, run on every driver."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from holdfast.backends.runners.factory import open_local_runner
from holdfast.backends.runners.protocol import EndReason, Run, RunState, Stream, Task
from holdfast.backends.sandboxes.bubblewrap import BubblewrapSandbox
from holdfast.backends.sandboxes.unconfined import Unconfined
from holdfast.base.errors import Conflict, InvalidInput, NoSandbox, NotFound

PATIENCE_SECONDS = 60
POLITE = """
import signal, sys, time
def leave(*_):
    print("bye")
    sys.exit(7)
signal.signal(signal.SIGTERM, leave)
print("ready")
time.sleep(300)
"""
RUN = Run("job-1", 1)


def open_runner(folder, sandbox=None, *, max_log_bytes=1_000_000, orphan_seconds=300.0, grace_seconds=0.5, **more):
    return open_local_runner(
        folder,
        sandbox or Unconfined(),
        max_log_bytes=max_log_bytes,
        orphan_seconds=orphan_seconds,
        grace_seconds=grace_seconds,
        **more,
    )


@pytest.fixture(params=["local"])
def folder(request, tmp_path):
    return tmp_path / request.param


@pytest.fixture
def runner(folder):
    runner = open_runner(folder)
    yield runner
    for started in list((folder).glob("*/*/runs/*")):
        if started.name.isdecimal():
            run = Run(started.parent.parent.name, int(started.name))
            runner.stop(run)
            wait_for_end(runner, run)


def python(code, **more):
    return Task((sys.executable, "-c", code), confined=False, **more)


def shell(script, **more):
    return Task(("/bin/sh", "-c", script), confined=False, **more)


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := condition()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)
    return found


def wait_for_end(runner, run=RUN):
    def ended():
        status = runner.status(run)
        if status.state is RunState.LOST:
            runner.stop(run)
        return status if status.state is RunState.ENDED else None

    return wait_until(ended)


def run_to_end(runner, task, run=RUN):
    runner.start(run, task)
    return wait_for_end(runner, run)


def log(runner, folder="job-1", start=0, limit=10_000):
    return [line.text for line in runner.read_lines(folder, Stream.LOG, start, limit)]


def is_alive(process_id):
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def numbers_in(runner, count):
    return wait_until(lambda: [int(text) for text in log(runner)] if len(log(runner)) >= count else None)


class TestEnds:
    def test_a_command_that_succeeds(self, runner):
        status = run_to_end(runner, shell("echo one; echo two >&2", first_lines=("zero",)))
        assert (status.reason, status.exit_code) == (EndReason.EXITED, 0)
        assert status.started_at <= status.finished_at
        assert log(runner) == ["zero", "one", "two"]

    def test_a_command_that_fails(self, runner):
        assert run_to_end(runner, shell("exit 3")).exit_code == 3

    def test_a_command_that_is_killed(self, runner):
        assert run_to_end(runner, shell("kill -9 $$")).exit_code == -9

    def test_a_program_that_there_is_not(self, runner):
        status = run_to_end(runner, Task(("no-such-program",), confined=False))
        assert (status.reason, status.exit_code) == (EndReason.UNSTARTABLE, None)
        assert "no-such-program" in status.problem

    def test_time_runs_out(self, runner):
        status = run_to_end(runner, shell("trap '' TERM; sleep 300 & wait; sleep 300", timeout_seconds=0.3))
        assert status.reason is EndReason.TIMED_OUT

    def test_memory_runs_out(self, runner):
        hungry = "import time\nx = bytearray(300_000_000)\nfor i in range(0, len(x), 4096): x[i] = 1\ntime.sleep(300)"
        status = run_to_end(runner, python(hungry, memory_bytes=60_000_000))
        assert status.reason is EndReason.OUT_OF_MEMORY
        assert "57 MB" in status.problem

    def test_the_disk_is_nearly_full(self, folder):
        runner = open_runner(folder, min_free_bytes=1 << 60)
        status = run_to_end(runner, shell("sleep 300"))
        assert status.reason is EndReason.OUT_OF_DISK
        assert "disk" in status.problem

    def test_an_unknown_run(self, runner):
        assert runner.status(RUN).state is RunState.UNKNOWN

    def test_a_run_starts_once(self, runner):
        run_to_end(runner, shell("true"))
        with pytest.raises(Conflict):
            runner.start(RUN, shell("true"))

    def test_of_many_that_start_the_same_one_does(self, runner, folder):
        refused = []

        def start():
            try:
                open_runner(folder).start(RUN, shell("echo once"))
            except Conflict:
                refused.append(True)

        threads = [threading.Thread(target=start) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wait_for_end(runner)
        assert len(refused) == 5
        assert log(runner) == ["once"]


class TestStop:
    def test_the_command_is_asked(self, runner):
        runner.start(RUN, python(POLITE))
        wait_until(lambda: log(runner) == ["ready"])
        runner.stop(RUN)
        status = wait_for_end(runner)
        assert (status.reason, status.exit_code) == (EndReason.STOPPED, 7)
        assert log(runner) == ["ready", "bye"]

    def test_who_does_not_listen_is_made_to(self, runner):
        runner.start(RUN, python("import signal, time; signal.signal(15, signal.SIG_IGN); print(1); time.sleep(300)"))
        wait_until(lambda: log(runner))
        runner.stop(RUN)
        assert wait_for_end(runner).exit_code == -9

    def test_it_reaches_everything_that_was_started(self, runner):
        """Children in groups and sessions of their own, and orphans that nobody waits for."""
        runner.start(RUN, shell("setsid sleep 300 & echo $!; (trap '' TERM; sleep 300 & echo $!) & echo $$; wait"))
        process_ids = numbers_in(runner, 3)
        assert all(is_alive(process_id) for process_id in process_ids)
        runner.stop(RUN)
        wait_for_end(runner)
        assert not any(is_alive(process_id) for process_id in process_ids)

    def test_what_outlives_its_parent_ends_with_the_run(self, runner):
        status = run_to_end(runner, shell("setsid sleep 300 >/dev/null 2>&1 & echo $!"))
        assert status.exit_code == 0
        assert not is_alive(numbers_in(runner, 1)[0])

    def test_before_it_was_started_it_never_will_be(self, runner):
        runner.stop(RUN)
        assert runner.status(RUN).reason is EndReason.INTERRUPTED
        with pytest.raises(Conflict):
            runner.start(RUN, shell("true"))

    def test_afterwards_nothing_happens(self, runner):
        run_to_end(runner, shell("exit 3"))
        runner.stop(RUN)
        assert runner.status(RUN).exit_code == 3


class TestDeaths:
    def test_it_goes_on_without_who_started_it(self, runner, folder):
        starter = (
            "import sys; from tests.contract.test_runners import *; from pathlib import Path;"
            " open_runner(Path(sys.argv[1])).start(RUN, shell('echo begun; sleep 1; echo done'));"
            " os.kill(os.getpid(), 9)"
        )
        path = os.pathsep.join(["src", "."])
        subprocess.run([sys.executable, "-c", starter, str(folder)], check=False, env={"PYTHONPATH": path})
        assert wait_for_end(runner).exit_code == 0
        assert log(runner) == ["begun", "done"]

    def test_nobody_waits_for_it(self, folder):
        runner = open_runner(folder, orphan_seconds=0.1)
        status = run_to_end(runner, shell("sleep 300"))
        assert status.reason is EndReason.INTERRUPTED

    def test_somebody_does(self, folder):
        runner = open_runner(folder, orphan_seconds=1)
        runner.start(RUN, shell("sleep 8"))

        def ended():
            runner.renew([RUN])
            status = runner.status(RUN)
            return status if status.state is RunState.ENDED else None

        assert wait_until(ended).reason is EndReason.EXITED

    def test_the_machine_goes_down(self, runner):
        """The supervisor is killed: nothing of the run lives on, and it is told once somebody asked."""
        runner.start(RUN, shell("setsid sleep 300 & echo $!; echo $PPID; wait"))
        sleeper, supervisor = numbers_in(runner, 2)
        os.kill(supervisor, signal.SIGKILL)
        wait_until(lambda: runner.status(RUN).state is RunState.LOST)
        status = wait_for_end(runner)
        assert status.reason is EndReason.INTERRUPTED
        assert not is_alive(sleeper)

    def test_the_supervisor_is_asked_to_end(self, runner):
        runner.start(RUN, shell("echo $PPID; sleep 300"))
        os.kill(numbers_in(runner, 1)[0], signal.SIGTERM)
        assert wait_for_end(runner).reason is EndReason.INTERRUPTED

    def test_its_folder_is_removed(self, runner, folder):
        runner.start(RUN, shell("echo $$; sleep 300"))
        process_id = numbers_in(runner, 1)[0]
        runner.forget("job-1")
        wait_until(lambda: not is_alive(process_id))
        runner.forget("job-1")  # what was written at the very end
        assert runner.read_lines("job-1", Stream.LOG, 0, 10) == []


class TestWorld:
    def test_environment_and_files(self, runner):
        task = shell("echo $A $HOLDFAST_JOB_ATTEMPT; cat a.txt", environment={"A": "ä"}, files={"a.txt": "in it\n"})
        run_to_end(runner, task)
        assert log(runner) == ["ä 1", "in it"]

    def test_nothing_of_the_servers_own(self, runner, monkeypatch):
        monkeypatch.setenv("HOLDFAST_SECRET", "x")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
        run_to_end(runner, shell("env"))
        assert not [line for line in log(runner) if "SECRET" in line]

    def test_the_next_run_finds_what_the_last_one_left(self, runner):
        run_to_end(runner, shell("echo checkpoint > kept; exit 1"))
        run_to_end(runner, shell("cat kept; echo $HOLDFAST_JOB_ATTEMPT"), Run("job-1", 2))
        assert log(runner) == ["checkpoint", "2"]

    def test_threads_are_as_many_as_processors(self, runner):
        run_to_end(runner, shell("echo $OMP_NUM_THREADS $OPENBLAS_NUM_THREADS", cpus=3))
        assert log(runner) == ["3 3"]

    def test_confined(self, folder):
        runner = open_runner(folder, BubblewrapSandbox())
        secret = folder.parent / "secret"
        secret.write_text("x")
        script = f"cat {secret}; echo x > $HOLDFAST_JOB_ARTEFACTS/a; echo '{{}}' >> $HOLDFAST_JOB_EVENTS; id -u"
        status = run_to_end(runner, Task(("/bin/sh", "-c", script)))
        assert status.exit_code == 0, log(runner)
        assert log(runner)[-1] == "1000"
        assert "No such file" in log(runner)[0]
        assert [file.path for file in runner.list_files("job-1")] == ["a"]

    def test_confined_commands_are_asked_to_end_too(self, folder):
        runner = open_runner(folder, BubblewrapSandbox(), grace_seconds=30)
        runner.start(RUN, Task((sys.executable, "-c", POLITE)))
        wait_until(lambda: log(runner) == ["ready"])
        runner.stop(RUN)
        assert wait_for_end(runner).exit_code == 7, log(runner)
        assert log(runner) == ["ready", "bye"]

    def test_a_machine_that_cannot_confine_refuses(self, folder):
        class Broken(Unconfined):
            def problem(self):
                return "install it"

        runner = open_runner(folder, Broken())
        with pytest.raises(NoSandbox, match="install it"):
            runner.start(RUN, Task(("true",)))
        assert runner.status(RUN).state is RunState.UNKNOWN

    def test_usage(self, runner):
        runner.start(RUN, python("x = bytearray(50_000_000)\nwhile True: pass"))
        wait_until(lambda: runner.status(RUN).cpu_seconds > 0.2 and runner.status(RUN).memory_bytes > 40_000_000)
        runner.stop(RUN)
        assert wait_for_end(runner).cpu_seconds > 0.2

    def test_names_lead_nowhere_else(self, runner):
        for name in ("../x", "a/b", "", "x" * 65):
            with pytest.raises(InvalidInput):
                runner.status(Run(name, 1))


class TestLog:
    def test_pieces_of_it(self, runner):
        run_to_end(runner, shell("for i in 0 1 2 3 4; do echo $i; done"))
        assert log(runner, start=1, limit=2) == ["1", "2"]
        assert log(runner, start=-2) == ["3", "4"]
        assert log(runner, start=-99) == ["0", "1", "2", "3", "4"]
        assert log(runner, start=5) == []
        lines = runner.read_lines("job-1", Stream.LOG, 3, 10)
        assert [line.number for line in lines] == [3, 4]
        assert lines[0].at <= lines[1].at

    def test_it_can_be_read_while_it_grows(self, runner):
        runner.start(RUN, shell("echo first; sleep 300"))
        wait_until(lambda: log(runner) == ["first"])
        assert runner.status(RUN).state is RunState.RUNNING

    def test_progress_bars_and_half_lines(self, runner):
        run_to_end(runner, shell(r"printf '10%%\r20%%\r30%%\n\nhalf'"))
        assert log(runner) == ["10%", "20%", "30%", "", "half"]

    def test_no_utf8(self, runner):
        run_to_end(runner, shell(r"printf 'a\377b\n'"))
        assert log(runner) == ["a\ufffdb"]

    def test_secrets_are_masked(self, runner):
        secrets = {"KEY": "hunter22", "PEM": "line-one\nline-two", "LONGER": "hunter22-and-more"}
        run_to_end(runner, shell('echo "<$KEY> <$PEM> $LONGER"; printf "hunt"; sleep 0.5; echo er22', secrets=secrets))
        assert log(runner) == ["<***> <***", "***> ***", "***"]

    def test_no_secret_reaches_the_disk(self, runner, folder):
        runner.start(RUN, shell("echo ready; sleep 300", secrets={"KEY": "hunter22"}))
        wait_until(lambda: log(runner) == ["ready"])
        assert [path for path in folder.rglob("*") if path.is_file() and b"hunter22" in path.read_bytes()] == []

    def test_too_much(self, folder):
        runner = open_runner(folder, max_log_bytes=1000)
        assert run_to_end(runner, shell("i=0; while [ $i -lt 1000 ]; do echo line $i; i=$((i+1)); done")).exit_code == 0
        lines = log(runner)
        assert lines[0] == "line 0"
        assert "not kept" in lines[-1]
        assert 900 < sum(len(line) + 1 for line in lines) < 1100
        run_to_end(runner, shell("echo more"), Run("job-1", 2))
        assert log(runner) == lines, "what is full stays so"

    def test_a_very_long_line(self, runner):
        run_to_end(runner, python("print('x' * 200_000)"))
        assert "".join(log(runner)) == "x" * 200_000
        assert max(map(len, log(runner))) <= 65536


class TestTold:
    def test_events(self, runner):
        script = "echo '{\"progress\": 0.5}' >> $HOLDFAST_JOB_EVENTS; echo other >> $HOLDFAST_JOB_EVENTS"
        run_to_end(runner, shell(script))
        run_to_end(runner, shell("echo third >> $HOLDFAST_JOB_EVENTS"), Run("job-1", 2))
        lines = runner.read_lines("job-1", Stream.EVENTS, 0, 10)
        assert [line.text for line in lines] == ['{"progress": 0.5}', "other", "third"]

    def test_artefacts(self, runner):
        run_to_end(runner, shell("cd $HOLDFAST_JOB_ARTEFACTS; mkdir -p a/b; echo hello > a/b/c.txt; echo > d"))
        found = runner.list_files("job-1")
        assert [(file.path, file.size_bytes) for file in found] == [("a/b/c.txt", 6), ("d", 1)]
        with runner.open_file("job-1", "a/b/c.txt") as file:
            assert file.read() == b"hello\n"

    def test_artefacts_lead_nowhere_else(self, runner, folder):
        (folder.parent / "secret").write_text("x")
        links = f"ln -s {folder.parent}/secret link; ln -s / root; mkfifo pipe; mkdir folder"
        run_to_end(runner, shell(f"cd $HOLDFAST_JOB_ARTEFACTS; {links}"))
        assert runner.list_files("job-1") == []
        root = str(folder.parent).lstrip("/")
        for path in ("link", f"root/{root}/secret", "pipe", "folder", "../told", "../../x", "/etc/passwd", "", "a\0b"):
            with pytest.raises(NotFound):
                runner.open_file("job-1", path)

    def test_files_are_written_over_links(self, runner, folder):
        (folder.parent / "mine").write_text("untouched")
        run_to_end(runner, shell(f"ln -s {folder.parent}/mine spec.json"))
        run_to_end(runner, shell("cat spec.json", files={"spec.json": "new"}), Run("job-1", 2))
        assert log(runner) == ["new"]
        assert (folder.parent / "mine").read_text() == "untouched"

    def test_the_work_folder_alone_is_forgotten(self, runner):
        run_to_end(runner, shell("echo x | tee kept $HOLDFAST_JOB_ARTEFACTS/a; mkdir locked; ln -s / root"))
        runner.forget("job-1", work_only=True)
        run_to_end(runner, shell("ls"), Run("job-1", 2))
        assert log(runner) == ["x"]
        assert [file.path for file in runner.list_files("job-1")] == ["a"]

    def test_forgotten(self, runner):
        run_to_end(runner, shell("echo x"))
        runner.forget("job-1")
        runner.forget("job-1")
        assert runner.status(RUN).state is RunState.UNKNOWN
        assert log(runner) == []
        assert runner.list_files("job-1") == []
