"""Jobs as the unmodified huggingface_hub and `hf jobs` know them: run, watch, wait, cancel, run again, schedule."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from huggingface_hub import HfApi, JobInfo, JobStage
from huggingface_hub.errors import HfHubHTTPError

from tests.compat.client import Client
from tests.live_server import LiveServer, Org, User, live_server, start
from tests.sandboxes import jobs_environment

ALICE, BOB = User("alice"), User("bob")
ACME = Org("acme", owner="alice")
IMAGE = f"python:3.{sys.version_info.minor}"
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "jobs.md"
DEADLINE_SECONDS = 120
TICKS = "import time\nfor n in range(6000): print('tick', n, flush=True); time.sleep(0.1)"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    users, folder = [ALICE, BOB], tmp_path_factory.mktemp("jobs")
    with live_server(folder / "data", users=users, orgs=[ACME], environment=jobs_environment()) as running:
        yield running


@pytest.fixture
def api(server: LiveServer) -> HfApi:
    return HfApi(endpoint=server.url, token=ALICE.token)


@pytest.fixture
def bobs(server: LiveServer) -> HfApi:
    return HfApi(endpoint=server.url, token=BOB.token)


def python(api: HfApi, code: str, **more: object) -> JobInfo:
    """A job that runs a line of Python."""
    return api.run_job(image=IMAGE, command=["python", "-c", code], **more)


def finished(api: HfApi, job: JobInfo) -> JobInfo:
    return api.wait_for_job(job.id, namespace=job.owner.name, timeout=DEADLINE_SECONDS, poll_interval=0.2)


def running(api: HfApi, job: JobInfo) -> JobInfo:
    wanted = [JobStage.RUNNING]
    return api.wait_for_job(
        job.id, namespace=job.owner.name, timeout=DEADLINE_SECONDS, poll_interval=0.1, stages=wanted
    )


def refusal(action: Callable[[], object]) -> tuple[int, str]:
    """The status and the sentence with which something is refused."""
    with pytest.raises(HfHubHTTPError) as caught:
        action()
    return caught.value.response.status_code, caught.value.server_message or ""


def hf_environment(server: LiveServer, home: Path, user: User) -> dict[str, str]:
    """What somebody's shell exports."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "HF_HOME": str(home / "hub"),
        "HF_ENDPOINT": server.url,
        "HF_TOKEN": user.token,
        "HF_HUB_DISABLE_UPDATE_CHECK": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "NO_COLOR": "1",
        "COLUMNS": "250",
    }


def hf(server: LiveServer, home: Path, *words: str, user: User = ALICE, fails: bool = False) -> str:
    """Run `hf jobs …` as somebody; both outputs together."""
    environment = hf_environment(server, home, user)
    command = [sys.executable, "-m", "huggingface_hub.cli.hf", "jobs", *words]
    done = subprocess.run(
        command, env=environment, cwd=home, capture_output=True, text=True, check=False, timeout=DEADLINE_SECONDS
    )
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done.stdout + done.stderr


class TestAJob:
    def test_runs_and_is_told_of(self, api: HfApi, server: LiveServer):
        job = python(
            api,
            "import os; print('hello', os.environ['PLACE'], os.environ['KEY'][::-1]); os.write(2, b'aside\\n')",
            env={"PLACE": "world"},
            secrets={"KEY": "terces-drow"},
            labels={"team": "ml"},
            name="greeting",
            timeout="10m",
        )
        assert job.url == f"{server.url}/jobs/alice/{job.id}"
        assert (job.owner.name, job.owner.type, job.initiator.type) == ("alice", "user", "user")
        done = finished(api, job)
        assert (done.status.stage, done.docker_image, done.flavor) == ("COMPLETED", IMAGE, "cpu-basic")
        assert done.labels == {"team": "ml", "name": "greeting"}
        assert done.environment == {"PLACE": "world"}
        assert list(done.secrets) == ["KEY"]
        assert "terces" not in json.dumps(done.secrets)
        assert done.created_at <= done.started_at <= done.finished_at
        assert done.durations.total_secs >= done.durations.running_secs >= 0
        lines = list(api.fetch_job_logs(job_id=job.id))
        assert sorted(lines) == ["aside", "hello world word-secret"]

    def test_that_fails_says_how(self, api: HfApi):
        done = finished(api, python(api, "raise SystemExit(3)"))
        assert done.status.stage == "ERROR"
        assert "3" in done.status.message

    def test_masks_its_secrets_in_the_log(self, api: HfApi):
        job = python(api, "import os; print('the key is', os.environ['KEY'])", secrets={"KEY": "open-sesame-123"})
        finished(api, job)
        assert list(api.fetch_job_logs(job_id=job.id)) == ["the key is ***"]

    def test_is_followed_to_its_end(self, api: HfApi):
        job = python(api, "import time\nfor n in range(5): print(n, flush=True); time.sleep(0.1)")
        assert list(api.fetch_job_logs(job_id=job.id, follow=True)) == ["0", "1", "2", "3", "4"]
        assert list(api.fetch_job_logs(job_id=job.id, tail=2)) == ["3", "4"]
        assert finished(api, job).status.stage == "COMPLETED"

    def test_is_looked_at_and_cancelled(self, api: HfApi):
        job = python(api, TICKS)
        running(api, job)
        assert next(iter(api.fetch_job_metrics(job_id=job.id)))["cpu_millicores"] > 0
        samples = api.fetch_job_metrics(job_id=job.id, follow=True)
        sample = next(sample for sample in samples if sample["memory_used_bytes"])
        assert sample["memory_used_bytes"] <= sample["memory_total_bytes"]
        seen = []
        for line in api.fetch_job_logs(job_id=job.id, follow=True):
            seen.append(line)
            if len(seen) == 3:
                api.cancel_job(job_id=job.id)
        assert seen[:3] == ["tick 0", "tick 1", "tick 2"]
        assert finished(api, job).status.stage == "CANCELED"
        assert list(api.fetch_job_metrics(job_id=job.id)) == []

    def test_ends_at_its_time(self, api: HfApi):
        done = finished(api, python(api, "import time; time.sleep(600)", timeout=1))
        assert done.status.stage == "ERROR"
        assert "second" in done.status.message

    def test_is_tried_again(self, api: HfApi):
        job = python(api, "print('again'); raise SystemExit(1)", attempts=2)
        assert job.retry == 1
        assert finished(api, job).status.stage == "ERROR"
        assert [line for line in api.fetch_job_logs(job_id=job.id) if line == "again"] == ["again", "again"]

    def test_is_run_again(self, api: HfApi):
        first = python(api, "import os; print(os.environ['KEY'][::-1])", secrets={"KEY": "abcdefgh"}, labels={"a": "b"})
        finished(api, first)
        second = api.rerun_job(job_id=first.id)
        assert second.id != first.id
        assert (second.initiator.type, second.initiator.id) == ("duplicated-job", first.id)
        finished(api, second)
        assert list(api.fetch_job_logs(job_id=second.id)) == ["hgfedcba"]

    def test_gets_other_labels(self, api: HfApi):
        job = python(api, "pass", labels={"a": "b"})
        assert api.update_job_labels(job_id=job.id, labels={"c": "d"}).labels == {"c": "d"}
        assert api.inspect_job(job_id=job.id).labels == {"c": "d"}


def test_jobs_are_found_by_stage_and_label(api: HfApi):
    labels = {"set": "found"}
    good, bad = (python(api, code, labels=labels) for code in ("pass", "raise SystemExit(1)"))
    for job in (good, bad):
        finished(api, job)

    def ids(**filters: object) -> list[str]:
        return [job.id for job in api.list_jobs(namespace="alice", labels=labels, **filters)]

    assert ids() == [bad.id, good.id]
    assert ids(status="completed") == [good.id]
    assert ids(status=["ERROR", "CANCELED"]) == [bad.id]
    assert ids(status="RUNNING") == []
    assert [job.id for job in api.list_jobs(namespace="alice", labels={"set": "found", "name": "nobody"})] == []


def test_lists_have_pages(api: HfApi, server: LiveServer):
    """More jobs than one page holds; the client follows the links."""
    answer = api.run_job(image=IMAGE, command=["python", "-c", "pass"], namespace="acme")
    others = [api.run_job(image=IMAGE, command=["python", "-c", "pass"], namespace="acme") for _ in range(2)]
    wanted = [job.id for job in (*others[::-1], answer)]
    found, url = [], f"{server.url}/api/jobs/acme?limit=2"
    while url:
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {ALICE.token}"})
        with urllib.request.urlopen(request) as page:
            found += [job["id"] for job in json.loads(page.read())]
            link = page.headers.get("Link")
        url = link.partition("<")[2].partition(">")[0] if link else None
    assert found == wanted
    for job_id in wanted:
        api.wait_for_job(job_id, namespace="acme", timeout=DEADLINE_SECONDS, poll_interval=0.2)


def test_hardware(api: HfApi):
    flavors = {flavor.name: flavor for flavor in api.list_jobs_hardware()}
    assert "cpu-basic" in flavors
    assert flavors["cpu-basic"].unit_cost_usd == 0


class TestRefusals:
    def test_hardware_that_is_not_here(self, api: HfApi):
        status, message = refusal(lambda: python(api, "pass", flavor="h200x8"))
        assert (status, "cpu-basic" in message) == (400, True)

    def test_an_image_that_needs_docker(self, api: HfApi):
        status, message = refusal(lambda: api.run_job(image="pytorch/pytorch:2.6.0", command=["true"]))
        assert (status, "python:3" in message) == (422, True)

    def test_a_space_of_this_server(self, api: HfApi, server: LiveServer):
        image = f"{server.url}/spaces/alice/app"
        status, message = refusal(lambda: api.run_job(image=image, command=["true"]))
        assert status == 422
        assert "alice/app" in message

    @pytest.mark.parametrize(
        ("more", "said"),
        [
            ({"expose": [8000]}, "port"),
            ({"ssh": True}, "SSH"),
            ({"network_group": "train"}, "network"),
        ],
    )
    def test_what_is_not_served(self, api: HfApi, more: dict[str, object], said: str):
        status, message = refusal(lambda: python(api, "pass", **more))
        assert status in (422, 501)
        assert said in message

    def test_nonsense(self, api: HfApi):
        assert refusal(lambda: api.run_job(image=IMAGE, command=[]))[0] == 400
        assert refusal(lambda: python(api, "pass", labels={"a": "b" * 101}))[0] == 400
        assert refusal(lambda: python(api, "pass", env={"A=B": "c"}))[0] == 400
        assert refusal(lambda: python(api, "pass", attempts=1000))[0] == 400

    def test_other_peoples_jobs_are_not_there(self, api: HfApi, bobs: HfApi):
        job = python(api, "pass")
        finished(api, job)
        asked = (
            lambda: bobs.inspect_job(job_id=job.id, namespace="alice"),
            lambda: bobs.inspect_job(job_id=job.id, namespace="bob"),
            lambda: bobs.cancel_job(job_id=job.id, namespace="alice"),
            lambda: bobs.rerun_job(job_id=job.id, namespace="alice"),
            lambda: bobs.update_job_labels(job_id=job.id, labels={}, namespace="alice"),
            lambda: list(bobs.fetch_job_logs(job_id=job.id, namespace="alice")),
            lambda: list(bobs.fetch_job_metrics(job_id=job.id, namespace="alice")),
            lambda: bobs.inspect_job(job_id="0" * 24, namespace="alice"),
            lambda: list(bobs.list_jobs(namespace="alice")),
            lambda: list(bobs.list_jobs(namespace="nobody-there")),
        )
        assert {refusal(action)[0] for action in asked} == {404}
        assert refusal(lambda: python(bobs, "pass", namespace="alice"))[0] in (403, 404)

    def test_a_token_that_names_nobody(self, server: LiveServer):
        wrong = HfApi(endpoint=server.url, token="hf_no_longer_valid")
        assert refusal(lambda: wrong.run_job(image=IMAGE, command=["true"], namespace="alice"))[0] == 401
        assert refusal(lambda: wrong.inspect_job(job_id="0" * 24, namespace="alice"))[0] == 401


class TestSchedules:
    def test_a_schedule_from_beginning_to_end(self, api: HfApi):
        made = api.create_scheduled_job(
            image=IMAGE,
            command=["python", "-c", "print('on time')"],
            schedule="0 9 * * 1",
            labels={"set": "weekly"},
            timeout="5m",
        )
        assert (made.schedule, made.suspend, made.status.last_job) == ("0 9 * * 1", False, None)
        assert (made.job_spec.docker_image, made.job_spec.timeout) == (IMAGE, 300)
        assert made.status.next_job_run_at.weekday() == 0
        assert [found.id for found in api.list_scheduled_jobs(labels={"set": "weekly"})] == [made.id]
        api.suspend_scheduled_job(scheduled_job_id=made.id)
        suspended = api.inspect_scheduled_job(scheduled_job_id=made.id)
        assert (suspended.suspend, suspended.status.next_job_run_at) == (True, None)
        api.resume_scheduled_job(scheduled_job_id=made.id)
        assert api.inspect_scheduled_job(scheduled_job_id=made.id).status.next_job_run_at
        assert api.update_scheduled_job_schedule(scheduled_job_id=made.id, schedule="@daily").schedule == "@daily"
        labelled = api.update_scheduled_job_labels(scheduled_job_id=made.id, labels={"set": "daily"})
        assert labelled.job_spec.labels == {"set": "daily"}
        job = api.trigger_scheduled_job(scheduled_job_id=made.id)
        assert (job.initiator.type, job.initiator.id) == ("scheduled-job", made.id)
        assert finished(api, job).status.stage == "COMPLETED"
        assert api.inspect_scheduled_job(scheduled_job_id=made.id).status.last_job.id == job.id
        api.delete_scheduled_job(scheduled_job_id=made.id)
        assert refusal(lambda: api.inspect_scheduled_job(scheduled_job_id=made.id))[0] == 404
        assert api.inspect_job(job_id=job.id).status.stage == "COMPLETED"

    def test_one_at_a_time_unless_wanted(self, api: HfApi):
        made = api.create_scheduled_job(image=IMAGE, command=["python", "-c", TICKS], schedule="@yearly", suspend=True)
        first = api.trigger_scheduled_job(scheduled_job_id=made.id)
        assert refusal(lambda: api.trigger_scheduled_job(scheduled_job_id=made.id))[0] == 409
        api.cancel_job(job_id=first.id)
        finished(api, first)
        second = api.trigger_scheduled_job(scheduled_job_id=made.id)
        api.cancel_job(job_id=second.id)
        assert finished(api, second).status.stage == "CANCELED"
        api.delete_scheduled_job(scheduled_job_id=made.id)

    def test_nonsense_and_strangers(self, api: HfApi, bobs: HfApi):
        def schedule(words: str) -> Callable[[], object]:
            return lambda: api.create_scheduled_job(image=IMAGE, command=["true"], schedule=words)

        for words in ("sometimes", "* * * *", "99 * * * *", "@fortnightly"):
            assert refusal(schedule(words))[0] == 400
        made = api.create_scheduled_job(image=IMAGE, command=["true"], schedule="@yearly")
        asked = (
            lambda: bobs.inspect_scheduled_job(scheduled_job_id=made.id, namespace="alice"),
            lambda: bobs.delete_scheduled_job(scheduled_job_id=made.id, namespace="alice"),
            lambda: bobs.trigger_scheduled_job(scheduled_job_id=made.id, namespace="alice"),
            lambda: bobs.list_scheduled_jobs(namespace="alice"),
        )
        assert {refusal(action)[0] for action in asked} == {404}
        api.delete_scheduled_job(scheduled_job_id=made.id)


@pytest.mark.filterwarnings("ignore:.*is experimental:UserWarning")  # says the client of its own method
class TestUv:
    def test_a_script_at_an_address(self, api: HfApi, server: LiveServer):
        """It lies in a public repo of this server, and is run by uv, which the `jobs` extra brings."""
        pytest.importorskip("uv")
        api.create_repo("alice/scripts")
        script = b"import sys\nprint('hello', sys.argv[1])\n"
        api.upload_file(path_or_fileobj=script, path_in_repo="hello.py", repo_id="alice/scripts")
        address = f"{server.url}/alice/scripts/resolve/main/hello.py"
        job = api.run_uv_job(address, script_args=["you"], namespace="alice")
        assert finished(api, job).status.stage == "COMPLETED", list(api.fetch_job_logs(job_id=job.id))
        assert "hello you" in list(api.fetch_job_logs(job_id=job.id))


class TestTheCommand:
    def test_run_follows_and_tells_the_outcome(self, server: LiveServer, tmp_path: Path):
        said = hf(server, tmp_path, "run", "--name", "by-hand", IMAGE, "python", "-c", "print('from the command')")
        assert "from the command" in said
        assert "completed" in said
        failed = hf(server, tmp_path, "run", IMAGE, "python", "-c", "raise SystemExit(7)", fails=True)
        assert "ERROR" in failed

    @pytest.mark.heavy
    def test_list_inspect_wait_logs_cancel(self, server: LiveServer, tmp_path: Path):
        job_id = hf(
            server, tmp_path, "run", "-q", "--detach", "--label", "by=cli", IMAGE, "python", "-c", TICKS
        ).split()[0]
        assert job_id in hf(server, tmp_path, "ps", "-q", "--label", "by=cli")
        deadline = time.monotonic() + DEADLINE_SECONDS
        while json.loads(hf(server, tmp_path, "inspect", job_id, "--json"))[0]["status"]["stage"] != "RUNNING":
            assert time.monotonic() < deadline
        assert job_id in hf(server, tmp_path, "stats", job_id, "--json")
        hf(server, tmp_path, "cancel", job_id)
        assert "CANCELED" in hf(server, tmp_path, "wait", job_id, fails=True)
        assert "tick 0" in hf(server, tmp_path, "logs", job_id)
        assert "cpu-basic" in hf(server, tmp_path, "hardware")

    @pytest.mark.heavy
    def test_schedules(self, server: LiveServer, tmp_path: Path):
        made = hf(server, tmp_path, "scheduled", "run", "-q", "@daily", IMAGE, "python", "-c", "print(1)").split()[0]
        assert made in hf(server, tmp_path, "scheduled", "ps")
        hf(server, tmp_path, "scheduled", "reschedule", made, "@weekly")
        assert "@weekly" in hf(server, tmp_path, "scheduled", "inspect", made)
        hf(server, tmp_path, "scheduled", "delete", made)
        assert made not in hf(server, tmp_path, "scheduled", "ps", "-a")


@pytest.mark.heavy
@pytest.mark.parametrize(("version", "sends_scripts"), [("1.33.0", False), ("1.5.0", True)])
def test_older_clients(server: LiveServer, tmp_path: Path, version: str, sends_scripts: bool):
    (tmp_path / "local.py").write_text("import sys\nprint('hello', sys.argv[1])\n")
    client = Client.of(f"hub-{version}", tmp_path, endpoint=server.url, token=ALICE.token)
    scripts = [str(tmp_path / "local.py")] if sends_scripts and find_spec("uv") else []
    client.script("jobs_journey", IMAGE, *scripts)


@pytest.mark.heavy
def test_the_guide_works_as_it_is_written(server: LiveServer, tmp_path: Path):
    """Every shell command of docs/how-to/jobs.md, one after the other, as one script."""
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert len(blocks) > 4
    program = tmp_path / "hf"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m huggingface_hub.cli.hf "$@"\n')
    program.chmod(0o755)
    script = "set -euo pipefail\n" + "\n".join(blocks)
    environment = hf_environment(server, tmp_path, ALICE)
    environment["PATH"] = f"{tmp_path}:{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=3 * DEADLINE_SECONDS,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    for said in ("hello from the server", "hello again", "blue ***", "@daily", "cpu-basic"):
        assert said in done.stdout


def test_a_server_that_is_killed_ends_its_job_once(tmp_path: Path):
    """The server dies the hard way while a job runs; the next one brings it to its end, with every line once."""
    code = "import time\nfor n in range(40): print('line', n, flush=True); time.sleep(0.1)"
    environment = {**jobs_environment(), "HOLDFAST_JOBS_LEASE_SECONDS": "8"}  # the next one waits for it to end
    with live_server(tmp_path / "data", users=[ALICE], environment=environment) as first:
        api = HfApi(endpoint=first.url, token=ALICE.token)
        job = python(api, code, attempts=2)
        seen = []
        for line in api.fetch_job_logs(job_id=job.id, follow=True):
            seen.append(line)
            if len(seen) == 5:
                break
        first.kill()
        second = start(tmp_path / "data", environment=environment)
        try:
            api = HfApi(endpoint=second.url, token=ALICE.token)
            done = finished(api, job)
            lines = list(api.fetch_job_logs(job_id=job.id))
        finally:
            second.stop()
    assert done.status.stage == "COMPLETED"
    assert lines[: len(seen)] == seen
    assert lines[-40:] == [f"line {n}" for n in range(40)]


def test_a_follower_does_not_keep_the_server_from_stopping(tmp_path: Path):
    with live_server(tmp_path / "data", users=[ALICE], environment=jobs_environment()) as server:
        api = HfApi(endpoint=server.url, token=ALICE.token)
        job = python(api, TICKS)
        request = urllib.request.Request(
            f"{server.url}/api/jobs/alice/{job.id}/logs", headers={"Authorization": f"Bearer {ALICE.token}"}
        )
        with urllib.request.urlopen(request) as followed:
            while not followed.readline().startswith(b"data: {"):
                pass
            server.process.terminate()
            assert b"event: end" not in followed.read()  # whoever follows comes back to the next server
            assert server.process.wait(DEADLINE_SECONDS) is not None
        assert "Traceback" not in server.log.read_text()
