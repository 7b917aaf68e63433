"""Files are looked into when somebody asks, once per content, and in a thread of its own."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from holdfast.base.ids import RepoId
from holdfast.hub.repos.service.files import FileSources
from holdfast.hub.repos.service.safety import SafetyStatus
from holdfast.scanning import store
from holdfast.scanning.pickles import READER_VERSION
from holdfast.scanning.service import ScanService
from tests.factories.hub import MODEL, open_hub


class Evil:
    def __reduce__(self):
        return os.system, ("x",)


@pytest.fixture
def hub(tmp_path: Path):
    hub = open_hub(tmp_path)
    yield hub
    hub.database.close()


@pytest.fixture
def scans(hub):
    service = ScanService(hub.database, FileSources(hub.repos.pool, hub.objects), hub.clock)
    service.start()
    yield service
    service.stop()


def entries_of(hub, name):
    page = hub.repos.reads.list_tree(
        hub.alice, MODEL, RepoId.parse(name), "main", "", recursive=True, expand=False, cursor=None, limit=100
    )
    return [item.entry for item in page.entries]


def key_of(hub, name):
    return hub.repos.infos.repo_info(hub.alice, MODEL, RepoId.parse(name), None, parts=()).repo.key


def settled(scans, key, entries):
    """Asks until all is scanned: how long that takes is the machine's affair."""
    for _ in range(100):
        scans.safety_of(key, entries)  # waits for a moment
        if scans.is_idle:
            return scans.safety_of(key, entries)
    raise AssertionError("never scanned")


def test_pickles_are_looked_into(hub, scans):
    files = {
        "good.pkl": pickle.dumps({"a": 1}),
        "bad.pt": pickle.dumps(Evil()),
        "odd.ckpt": b"\xff\xff",
        "w.safetensors": b"x",
        "README.md": b"# hello",
        "numbers.bin": bytes(range(256)),
        "hidden.bin": pickle.dumps(Evil()),
    }
    hub.create("alice/m")
    for path, content in files.items():
        hub.put("alice/m", path, content)
    found = settled(scans, key_of(hub, "alice/m"), entries_of(hub, "alice/m"))
    assert {path: safety.status for path, safety in found.items()} == {
        "good.pkl": SafetyStatus.SAFE,
        "bad.pt": SafetyStatus.UNSAFE,
        "odd.ckpt": SafetyStatus.SUSPICIOUS,
        "w.safetensors": SafetyStatus.SAFE,
        "hidden.bin": SafetyStatus.UNSAFE,
    }
    assert found["bad.pt"].imports[0].name == "system"
    assert found["w.safetensors"].level is None


def test_without_the_thread_files_wait(hub):
    service = ScanService(hub.database, FileSources(hub.repos.pool, hub.objects), hub.clock)
    hub.create("alice/m")
    hub.put("alice/m", "a.pkl", pickle.dumps(1))
    found = service.safety_of(key_of(hub, "alice/m"), entries_of(hub, "alice/m"))
    assert found["a.pkl"].status is SafetyStatus.QUEUED


def test_what_an_older_reader_found_is_not_believed(hub, scans):
    hub.create("alice/m")
    hub.put("alice/m", "a.pkl", pickle.dumps(1))
    (entry,) = (entry for entry in entries_of(hub, "alice/m") if entry.path == "a.pkl")
    settled(scans, key_of(hub, "alice/m"), [entry])
    with hub.database.read() as connection:
        assert store.get_scans(connection, [entry.oid], READER_VERSION)
        assert not store.get_scans(connection, [entry.oid], READER_VERSION + 1)
