"""The Hub and its jobs on PostgreSQL: a story from the first account to a restart, by the unmodified client."""

from __future__ import annotations

import sys

import pytest
from huggingface_hub import CommitOperationAdd, HfApi

from tests.end_to_end.raw_client import RawClient
from tests.live_server import LiveServer, User, holdfast, seed, start
from tests.postgresql import shared_server
from tests.sandboxes import jobs_environment

ALICE, BOB = User("alice"), User("bob")
CARD = "---\nlicense: mit\npipeline_tag: text-classification\n---\n# Naïve sentiment\nReads café reviews.".encode()


@pytest.fixture
def environment() -> dict[str, str]:
    server = shared_server()
    return {**jobs_environment(), "HOLDFAST_DATABASE_URL": server.url(server.create())}


def test_a_hub_on_postgresql(tmp_path, environment):
    data_dir = tmp_path / "data"
    seed(data_dir, [ALICE, BOB], environment=environment)
    assert not list(data_dir.glob("*.sqlite*"))
    server = start(data_dir, environment=environment)
    try:
        _fill(HfApi(endpoint=server.url, token=ALICE.token))
        _find(HfApi(endpoint=server.url, token=BOB.token))
        _talk(server.url)
        _run_a_job(HfApi(endpoint=server.url, token=ALICE.token))
    finally:
        server.stop()
    assert "It is whole" in holdfast("doctor", data_dir=data_dir, environment=environment)
    assert "No problems" in holdfast("fsck", data_dir=data_dir, environment=environment)
    _look(start(data_dir, environment=environment), BOB.token, likes=1)
    # What git and the files know is enough to begin on an empty database.
    empty = {**environment, "HOLDFAST_DATABASE_URL": shared_server().url(shared_server().create())}
    assert "Restored model alice/caf" in holdfast("fsck", "--rebuild", data_dir=data_dir, environment=empty)
    _look(start(data_dir, environment=empty), None, likes=0)


def _look(server: LiveServer, token: str | None, likes: int) -> None:
    try:
        info = HfApi(endpoint=server.url, token=token or False).model_info("alice/caf")
        assert (info.likes, len(info.siblings or [])) == (likes, 3)
    finally:
        server.stop()


def _fill(api: HfApi) -> None:
    api.create_repo("alice/caf")
    api.create_repo("alice/secret-caf", private=True)
    files = {"README.md": CARD, "model.bin": b"x" * 200_000}
    operations = [CommitOperationAdd(path, content) for path, content in files.items()]
    api.create_commit("alice/caf", operations, commit_message="First")
    api.upload_file(path_or_fileobj=CARD, path_in_repo="README.md", repo_id="alice/secret-caf")


def _find(api: HfApi) -> None:
    def names(**query) -> list[str]:
        return [model.id for model in api.list_models(**query)]

    assert names() == names(search="CAF") == names(filter="license:mit") == names(author="alice") == ["alice/caf"]
    assert names(search="naive café") == ["alice/caf"], "words of the card, without accents"
    assert names(search="nothing of the kind") == []


def _talk(url: str) -> None:
    bob = RawClient(url, BOB.token)
    bob.request("POST", "/api/models/alice/caf/like").expect()
    bob.request("POST", "/api/models/alice/caf/like").expect()
    opened = bob.post_json("/api/models/alice/caf/discussions", {"title": "Why?", "description": "So."}).json()
    bob.post_json(f"/api/models/alice/caf/discussions/{opened['num']}/comment", {"comment": "Because."})
    found = bob.get("/api/models/alice/caf/discussions").json()["discussions"]
    assert [each["title"] for each in found] == ["Why?"]
    bob.close()


def _run_a_job(api: HfApi) -> None:
    image = f"python:3.{sys.version_info.minor}"
    job = api.run_job(image=image, command=["python", "-c", "print(6 * 7)"])
    api.wait_for_job(job.id, namespace="alice", timeout=120, poll_interval=0.2)
    assert [line.strip() for line in api.fetch_job_logs(job_id=job.id)][-1] == "42"
