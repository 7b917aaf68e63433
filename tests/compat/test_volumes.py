"""Buckets and repos mounted into jobs, as the unmodified client asks; local scripts of uv travel in a bucket."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import HfApi, JobInfo, Volume
from huggingface_hub.errors import HfHubHTTPError

from holdfast.backends.sandboxes.factory import open_sandbox
from tests.compat.client import Client
from tests.live_server import LiveServer, User, live_server

ALICE, BOB = User("alice"), User("bob")
IMAGE = f"python:3.{sys.version_info.minor}"
DEADLINE_SECONDS = 180
SCRIPT = """
import pathlib, sys
print("hello", sys.argv[1], pathlib.Path(sys.argv[2]).read_text())
pathlib.Path("/data/result.txt").write_text("made by the job")
"""
CHANGES = """
import os, pathlib
work, data = pathlib.Path("/work"), pathlib.Path("/inputs/data")
print("found", sorted(str(path.relative_to(work)) for path in work.rglob("*")), (data / "rows.csv").read_text())
(work / "kept.txt").write_text("changed")
(work / "gone.txt").unlink()
(work / "deep" / "er").mkdir(parents=True)
(work / "deep" / "er" / "new.txt").write_text("new")
(work / "trap").symlink_to("/etc/passwd")
(work / "folder-trap").symlink_to("/etc")
try:
    (data / "rows.csv").write_text("broken")
except OSError as error:
    print("read-only:", error.strerror)
"""

pytestmark = pytest.mark.skipif(
    open_sandbox("bubblewrap").problem() is not None, reason="this machine cannot confine, so nothing can be mounted"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("volumes") / "data", users=[ALICE, BOB]) as running:
        yield running


@pytest.fixture
def api(server: LiveServer) -> HfApi:
    return HfApi(endpoint=server.url, token=ALICE.token)


def ended(api: HfApi, job: JobInfo) -> tuple[str, list[str]]:
    """The stage in which a job ends, and its log."""
    done = api.wait_for_job(job.id, namespace=job.owner.name, timeout=DEADLINE_SECONDS, poll_interval=0.2)
    return done.status.stage, list(api.fetch_job_logs(job_id=job.id, namespace=job.owner.name))


def files(api: HfApi, bucket: str) -> list[str]:
    return sorted(item.path for item in api.list_bucket_tree(bucket, recursive=True))


def content(api: HfApi, bucket: str, path: str, folder: Path) -> bytes:
    api.download_bucket_files(bucket, [(path, folder / "fetched")])
    return (folder / "fetched").read_bytes()


def uv_run(client: Client, folder: Path) -> str:
    """`hf jobs uv run local.py`, as it stands in the client's documentation; both outputs together."""
    (folder / "local.py").write_text(SCRIPT)
    (folder / "config.yaml").write_text("size: 3")
    program = [str(client.python.with_name("hf")), "jobs", "uv", "run", "local.py", "you", "config.yaml"]
    done = subprocess.run(
        program,
        env=client.environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class TestLocalScripts:
    def test_hf_jobs_uv_run(self, api: HfApi, server: LiveServer, tmp_path: Path):
        pytest.importorskip("uv")
        variables = {"HF_ENDPOINT": server.url, "HF_TOKEN": ALICE.token}
        said = uv_run(Client(Path(sys.executable), tmp_path, variables), tmp_path)
        assert "hello you size: 3" in said
        folder = files(api, "alice/jobs-artifacts")[0].partition("/")[0]
        wanted = ("config.yaml", "local.py", "result.txt")
        assert files(api, "alice/jobs-artifacts") == [f"{folder}/{name}" for name in wanted]
        assert content(api, "alice/jobs-artifacts", f"{folder}/result.txt", tmp_path) == b"made by the job"
        assert api.bucket_info("alice/jobs-artifacts").private

    @pytest.mark.heavy
    def test_with_the_client_before(self, server: LiveServer, tmp_path: Path):
        pytest.importorskip("uv")
        client = Client.of("hub-1.33.0", tmp_path, endpoint=server.url, token=ALICE.token)
        assert "hello you size: 3" in uv_run(client, tmp_path)

    @pytest.mark.heavy
    @pytest.mark.filterwarnings("ignore:.*is experimental:UserWarning")  # says the client of its own methods
    def test_again_and_again(self, api: HfApi, tmp_path: Path):
        pytest.importorskip("uv")
        (tmp_path / "daily.py").write_text("print('every day')")
        made = api.create_scheduled_uv_job(str(tmp_path / "daily.py"), schedule="@daily")
        assert [volume.mount_path for volume in made.job_spec.volumes] == ["/data"]
        stage, log = ended(api, api.trigger_scheduled_job(scheduled_job_id=made.id))
        assert (stage, "every day" in log) == ("COMPLETED", True), log
        api.delete_scheduled_job(scheduled_job_id=made.id)


class TestVolumes:
    def test_what_is_written_to_a_bucket_is_kept(self, api: HfApi, tmp_path: Path):
        api.create_repo("alice/rows", repo_type="dataset", private=True)
        api.upload_file(
            path_or_fileobj=b"a,b\n", path_in_repo="data/rows.csv", repo_id="alice/rows", repo_type="dataset"
        )
        api.create_bucket("alice/work")
        names = ("kept.txt", "gone.txt", "still.txt")
        api.batch_bucket_files("alice/work", add=[(b"old", f"in/{name}") for name in names] + [(b"x", "out.txt")])
        volumes = [
            Volume(type="dataset", source="alice/rows", mount_path="/inputs"),
            Volume(type="bucket", source="alice/work", mount_path="/work", path="in"),
        ]
        job = api.run_job(image=IMAGE, command=["python", "-c", CHANGES], volumes=volumes)
        assert [(each.type, each.read_only) for each in job.volumes] == [("dataset", True), ("bucket", False)]
        stage, log = ended(api, job)
        assert stage == "COMPLETED", log
        assert log[0] == "found ['gone.txt', 'kept.txt', 'still.txt'] a,b"
        assert log[-1] == "read-only: Read-only file system"
        wanted = ["in/deep/er/new.txt", "in/kept.txt", "in/still.txt", "out.txt"]
        assert files(api, "alice/work") == wanted
        assert content(api, "alice/work", "in/kept.txt", tmp_path) == b"changed"

    @pytest.mark.heavy
    def test_a_job_that_fails_or_is_stopped_keeps_what_it_wrote(self, api: HfApi):
        api.create_bucket("alice/partial")
        volume = Volume(type="bucket", source="alice/partial", mount_path="/out")
        code = "open('/out/a', 'w').write('1'); print('written', flush=True); {}"
        failing = api.run_job(
            image=IMAGE, command=["python", "-c", code.format("raise SystemExit(3)")], volumes=[volume]
        )
        assert ended(api, failing)[0] == "ERROR"
        assert files(api, "alice/partial") == ["a"]
        api.batch_bucket_files("alice/partial", delete=["a"])
        waiting = f"import time; {code.format('time.sleep(600)')}"
        job = api.run_job(image=IMAGE, command=["python", "-c", waiting], volumes=[volume])
        assert "written" in next(iter(api.fetch_job_logs(job_id=job.id, follow=True)))
        api.cancel_job(job_id=job.id)
        assert ended(api, job)[0] == "CANCELED"
        assert files(api, "alice/partial") == ["a"]

    @pytest.mark.heavy
    def test_a_folder_that_is_not_there(self, api: HfApi):
        api.create_bucket("alice/empty")
        volume = Volume(type="bucket", source="alice/empty", mount_path="/in", path="absent", read_only=True)
        stage, log = ended(api, api.run_job(image=IMAGE, command=["true"], volumes=[volume]))
        assert stage == "ERROR"
        assert "no folder 'absent'" in log[-1]

    def test_what_cannot_be_mounted(self, api: HfApi, server: LiveServer):
        bobs = HfApi(endpoint=server.url, token=BOB.token)
        bobs.create_bucket("bob/private", private=True)
        bobs.create_bucket("bob/public", private=False)

        def status(volume: Volume) -> int:
            with pytest.raises(HfHubHTTPError) as caught:
                api.run_job(image=IMAGE, command=["true"], volumes=[volume])
            return caught.value.response.status_code

        assert status(Volume(type="bucket", source="bob/private", mount_path="/in", read_only=True)) == 404
        assert status(Volume(type="bucket", source="bob/absent", mount_path="/in", read_only=True)) == 404
        assert status(Volume(type="bucket", source="bob/public", mount_path="/in")) == 403
        assert status(Volume(type="model", source="bob/absent", mount_path="/in")) == 404
        assert status(Volume(type="bucket", source="bob/public", mount_path="/usr/lib", read_only=True)) == 400
