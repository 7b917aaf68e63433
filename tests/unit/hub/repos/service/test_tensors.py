"""Headers of all shards of a model."""

from __future__ import annotations

import json
import struct

import pytest

from holdfast.base.errors import CorruptObject, EntryNotFound, GatedRepo, InvalidInput, ObjectNotFound, TooLarge
from holdfast.base.ids import RepoId
from holdfast.hub.repos.domain import Gating
from holdfast.hub.repos.service import tensors
from holdfast.hub.repos.service.lifecycle import SettingsChange
from tests.factories.hub import MODEL, Hub

INDEX = "model.safetensors.index.json"
M = RepoId("alice", "m")


def shard(*names: str, padding: int = 0) -> bytes:
    header = {"__metadata__": {"format": "pt"}} | {
        name: {"dtype": "F32", "shape": [2], "data_offsets": [8 * at, 8 * at + 8]} for at, name in enumerate(names)
    }
    words = json.dumps(header).encode() + b" " * padding
    return struct.pack("<Q", len(words)) + words + bytes(8 * len(names))


def index(**weight_map: str) -> bytes:
    return json.dumps({"metadata": {"total_size": 24}, "weight_map": weight_map}).encode()


def test_headers_by_shard_and_the_index_without_its_map(hub: Hub):
    repo = hub.create()
    hub.put_large(repo, "one.safetensors", shard("a", "b", padding=100_000))
    hub.put_large(repo, "two.safetensors", shard("c"))
    hub.put("alice/m", INDEX, index(a="one.safetensors", b="one.safetensors", c="two.safetensors"))
    found = hub.repos.tensors.sharded_tensors(hub.bob, M, INDEX)
    assert found.index == {"metadata": {"total_size": 24}}
    assert {name: sorted(header) for name, header in found.headers.items()} == {
        "one.safetensors": ["__metadata__", "a", "b"],
        "two.safetensors": ["__metadata__", "c"],
    }


def test_shards_lie_beside_their_index(hub: Hub):
    repo = hub.create()
    hub.put_large(repo, "unet/one.safetensors", shard("a"))
    hub.put("alice/m", f"unet/{INDEX}", index(a="one.safetensors"))
    assert list(hub.repos.tensors.sharded_tensors(hub.alice, M, f"unet/{INDEX}").headers) == ["one.safetensors"]


def test_what_is_missing_is_named(hub: Hub):
    hub.create()
    with pytest.raises(EntryNotFound, match=INDEX) as missing:
        hub.repos.tensors.sharded_tensors(hub.alice, M, INDEX)
    assert missing.value.commit_oid is not None
    hub.put("alice/m", INDEX, index(a="gone.safetensors"))
    with pytest.raises(EntryNotFound, match="gone"):
        hub.repos.tensors.sharded_tensors(hub.alice, M, INDEX)
    with pytest.raises(InvalidInput, match="path"):
        hub.repos.tensors.sharded_tensors(hub.alice, M, "README.md")


@pytest.mark.parametrize("content", [b"{", b"[]", b"{}", b'{"weight_map": {"a": "../../other"}}'])
def test_a_broken_index_is_told(hub: Hub, content: bytes):
    hub.create()
    hub.put("alice/m", INDEX, content)
    with pytest.raises(CorruptObject):
        hub.repos.tensors.sharded_tensors(hub.alice, M, INDEX)


def test_a_broken_shard_is_told(hub: Hub):
    repo = hub.create()
    hub.put_large(repo, "one.safetensors", b"\xff" * 100)
    hub.put("alice/m", INDEX, index(a="one.safetensors"))
    with pytest.raises(CorruptObject):
        hub.repos.tensors.sharded_tensors(hub.alice, M, INDEX)


def test_no_more_is_read_than_one_answer_may_hold(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    repo = hub.create()
    for name in ("one", "two"):
        hub.put_large(repo, f"{name}.safetensors", shard(name, padding=40_000))
    hub.put("alice/m", INDEX, index(a="one.safetensors", b="two.safetensors"))
    assert len(hub.repos.tensors.sharded_tensors(hub.alice, M, INDEX).headers) == 2
    monkeypatch.setattr(tensors._MeteredReader, "__init__", limited(50_000))
    with pytest.raises(TooLarge):
        hub.repos.tensors.sharded_tensors(hub.alice, M, INDEX)


def limited(left_bytes: int):
    original = tensors._MeteredReader.__init__
    return lambda self, *arguments: original(self, *arguments, left_bytes=left_bytes)


def test_gated_files_keep_their_headers(hub: Hub):
    repo = hub.create()
    hub.repos.lifecycle.update_settings(hub.alice, MODEL, repo.id, SettingsChange(private=None, gated=Gating.AUTO))
    with pytest.raises(GatedRepo):
        hub.repos.tensors.sharded_tensors(hub.bob, M, INDEX)


def test_a_pointer_alone_gives_no_headers(hub: Hub):
    """The bytes are here, in a repo that this one's readers may not see."""
    content = shard("secret")
    hub.store_object(hub.create("bob/m", private=True), content)
    repo = hub.create()
    sha256 = hub.put_large(repo, "one.safetensors", content)
    hub.put("alice/m", INDEX, index(secret="one.safetensors"))
    hub.repos.large_files.delete_large_files(hub.alice, MODEL, repo.id, {sha256}, rewrite_history=False)
    with pytest.raises(ObjectNotFound):
        hub.repos.tensors.sharded_tensors(hub.alice, M, INDEX)
