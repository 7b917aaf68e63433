"""What every sandbox promises: one suite, run on every driver that confines."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from holdfast.backends.sandboxes import bubblewrap, system_calls
from holdfast.backends.sandboxes.factory import open_sandbox
from holdfast.backends.sandboxes.protocol import Mounted, Rules
from holdfast.base.errors import InvalidInput, NoSandbox


@pytest.fixture(params=["bubblewrap"])
def sandbox(request):
    sandbox = open_sandbox(request.param)
    if sandbox.problem() is not None:
        pytest.skip(f"this machine can't: {sandbox.problem()}")
    return sandbox


@pytest.fixture
def inside(sandbox, tmp_path):
    """Runs Python code confined in a work folder; returns what it printed, errors too."""
    work = tmp_path / "work"
    work.mkdir()

    def run(code, *, network=False, writable=(), mounts=()):
        rules = Rules(work, writable, network=network, mounts=mounts)
        command = sandbox.wrap([sys.executable, "-I", "-c", code], rules)
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=60, check=False, env={"PATH": "/usr/bin"}
        )
        return done.stdout.strip() + done.stderr.strip()

    return run


def test_it_works_in_its_folder(inside, tmp_path):
    assert inside("import os; open('kept', 'w').write('x'); print(os.path.basename(os.getcwd()))") == "work"
    assert (tmp_path / "work" / "kept").read_text() == "x"


def test_it_writes_what_it_is_given(inside, tmp_path):
    file = tmp_path / "told"
    file.touch()
    assert inside(f"open({str(file)!r}, 'a').write('y')", writable=(file,)) == ""
    assert file.read_text() == "y"


def test_it_finds_folders_elsewhere(sandbox, inside, tmp_path):
    assert sandbox.can_mount
    for name in ("shown", "given"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").write_text(name)
    mounts = (Mounted(tmp_path / "shown", "/data/in", True), Mounted(tmp_path / "given", "/tmp/out", False))
    said = inside("print(open('/data/in/a').read()); open('/tmp/out/b', 'w').write('b')", mounts=mounts)
    assert said == "shown"
    assert (tmp_path / "given" / "b").read_text() == "b"
    assert "Read-only file system" in inside("open('/data/in/a', 'w')", mounts=mounts)
    assert "Read-only file system" in inside("open('/data/b', 'w')", mounts=mounts)


def test_it_sees_nothing_else(inside, tmp_path):
    secret = tmp_path / "secret.key"
    secret.write_text("s3cret")
    assert "FileNotFoundError" in inside(f"print(open({str(secret)!r}).read())")
    assert "FileNotFoundError" in inside("print(open('/etc/shadow').read())")
    assert "FileNotFoundError" in inside("print(open('/etc/passwd').read())")


@pytest.mark.parametrize(
    "place", ["/usr/bin/x", "/etc/x", "/x", "/dev/x", Path(sys.prefix) / "x", Path(os.__file__).parent / "x.py"]
)
def test_it_cannot_change_the_system(inside, place):
    assert "Read-only file system" in inside(f"open({str(place)!r}, 'w')")
    assert not Path(place).exists()


def test_its_tmp_is_its_own(inside, tmp_path):
    outside = Path("/tmp") / f"holdfast-{tmp_path.name}-{os.getpid()}"
    inside(f"open({str(outside)!r}, 'w').write('x')")
    assert not outside.exists()


def test_it_reaches_no_network(inside):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        code = f"import socket; socket.create_connection(('127.0.0.1', {listener.getsockname()[1]}), 5); print('in')"
        assert "Connection refused" in inside(code) or "unreachable" in inside(code)
        assert inside(code, network=True) == "in"


def test_it_sees_only_its_own_processes(inside):
    code = "import os; print(sum(name.isdecimal() for name in os.listdir('/proc')))"
    assert int(inside(code)) <= 3
    assert "ProcessLookupError" in inside(f"import os; os.kill({os.getpid()}, 0)")


@pytest.mark.parametrize(
    "code",
    [
        "import os; os.setuid(0)",
        "import ctypes, os; assert ctypes.CDLL(None, use_errno=True).mount(b'x', b'/tmp', b'tmpfs', 0, 0) == 0",
        "import ctypes; assert ctypes.CDLL(None, use_errno=True).unshare(0x10000000) == 0",
        "import os; os.chroot('/tmp')",
    ],
    ids=["setuid", "mount", "user namespace", "chroot"],
)
def test_it_gains_no_rights(inside, code):
    assert "Error" in inside(code)


@pytest.mark.parametrize("name", ["ptrace", "keyctl", "io_uring_setup", "bpf", "userfaultfd", "perf_event_open"])
def test_it_makes_no_dangerous_system_calls(inside, name):
    number = system_calls.numbers()[name]
    code = f"import ctypes; libc = ctypes.CDLL(None, use_errno=True); libc.syscall({number}, 0, 0, 0, 0, 0)"
    assert inside(f"{code}; print(ctypes.get_errno())") == "1"


def test_the_filter_of_every_machine_names_every_call():
    for machine in ("x86_64", "aarch64", "riscv64"):
        known = system_calls.numbers(machine)
        assert len({known[name] for name in system_calls.DENIED}) == len(system_calls.DENIED)
        assert len(system_calls.filter_program(machine)) == 8 * (len(system_calls.DENIED) + 6)
    assert system_calls.filter_program("sparc") is None


def test_threads_processes_and_shared_memory_work(inside):
    code = (
        "import multiprocessing as m, threading, subprocess, tempfile, sqlite3, ssl\n"
        "t = threading.Thread(target=print, args=('thread',)); t.start(); t.join()\n"
        "with m.get_context('fork').Pool(2) as pool: print(sum(pool.map(abs, range(3))))\n"
        "print(subprocess.run(['true']).returncode, m.Value('i', 5).value)\n"
    )
    assert inside(code).split() == ["thread", "3", "0", "5"]


def test_it_ends_with_its_parent(sandbox, tmp_path):
    """Nothing is left of it when who started it is killed."""
    command = sandbox.wrap(["/bin/sh", "-c", "echo ready; exec sleep 300"], Rules(tmp_path))
    starter = f"import subprocess; subprocess.Popen({command!r}).wait()"
    parent = subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE)
    with parent.stdout:
        assert parent.stdout.readline() == b"ready\n"
        parent.kill()
        parent.wait()
        assert parent.stdout.read() == b""  # ends when the last process that holds it does


def test_what_it_says_when_it_cannot_confine(monkeypatch):
    monkeypatch.setattr(bubblewrap, "PROGRAM", "no-such-bwrap")
    assert "apt-get install bubblewrap" in bubblewrap.BubblewrapSandbox().problem()


def test_what_it_says_without_user_namespaces(monkeypatch, tmp_path):
    program = tmp_path / "bwrap"
    program.write_text("#!/bin/sh\necho 'No permissions to create new namespace' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(bubblewrap, "PROGRAM", str(program))
    sandbox = bubblewrap.BubblewrapSandbox()
    assert "user namespaces" in sandbox.problem()
    program.write_text("#!/bin/sh\nexit 0\n")
    assert sandbox.problem() is None, "tried again after it was mended"


def test_none_is_a_choice_and_another_word_is_not():
    assert open_sandbox("none").problem() is None
    assert open_sandbox("none").wrap(["a", "b"], Rules(Path("/"))) == ["a", "b"]
    with pytest.raises(NoSandbox):
        open_sandbox("none").wrap(["a"], Rules(Path("/"), mounts=(Mounted(Path("/a"), "/b", True),)))
    with pytest.raises(InvalidInput, match="HOLDFAST_JOBS_SANDBOX"):
        open_sandbox("docker")
