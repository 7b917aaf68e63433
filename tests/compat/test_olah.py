"""olah, a caching mirror of the Hub, with Holdfast as the Hub behind it."""

from __future__ import annotations

import subprocess
import time
import urllib.error
import urllib.request

import pytest

from tests.live_server import free_port

pytestmark = pytest.mark.heavy

START_TIMEOUT_SECONDS = 60


@pytest.fixture
def mirror(hub, client_of, tmp_path):
    """The address of a fresh mirror of `hub`."""
    client = client_of("olah")
    port = free_port()
    origin, own = hub.url.removeprefix("http://"), f"127.0.0.1:{port}"
    command = [str(client.python.with_name("olah-cli")), "--host", "127.0.0.1", "--port", str(port)]
    command += ["--hf-scheme", "http", "--hf-netloc", origin, "--hf-lfs-netloc", origin]
    command += ["--mirror-scheme", "http", "--mirror-netloc", own, "--mirror-lfs-netloc", own]
    command += ["--repos-path", str(tmp_path / "mirrored"), "--log-path", str(tmp_path / "logs")]
    with (tmp_path / "olah.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=tmp_path, env=client.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        _wait_until_listening(f"http://{own}", process)
        yield f"http://{own}"
    finally:
        process.kill()
        process.wait()


def _wait_until_listening(url, process):
    give_up = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < give_up and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError(f"olah did not start (status {process.poll()})")


def test_downloads_through_a_mirror(mirror, client_of, new_repo, tmp_path):
    """What was uploaded to Holdfast arrives through the mirror, from its cache the second time."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "config.json").write_text('{"hidden_size": 8}')
    (source / "weights.bin").write_bytes(bytes(range(256)) * 5_000)
    client_of("hub-2.4.0").hf("upload", new_repo, str(source), ".")

    reader = client_of("hub-2.4.0", xet=False)
    reader.variables["HF_ENDPOINT"] = mirror
    for attempt in ("first", "second"):
        reader.hf("download", new_repo, "--local-dir", str(tmp_path / attempt))
        for name in ("config.json", "weights.bin"):
            assert (tmp_path / attempt / name).read_bytes() == (source / name).read_bytes()
