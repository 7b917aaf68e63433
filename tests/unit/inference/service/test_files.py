"""A model's files in a folder: linked, not copied; only what a model needs; nothing left behind."""

import os
from dataclasses import replace

import pytest

from holdfast.base.errors import ObjectNotFound, UnsafeWeights, UnusableModel
from holdfast.hub.repos.domain import AddFile
from holdfast.inference.domain.deployments import FoundModel, ModelKey
from holdfast.inference.runtime.adapters import ADAPTER_FOLDER
from holdfast.inference.service import files as files_module
from holdfast.inference.service.files import ModelFiles
from tests.factories.inference import MODEL, put_adapter, repo_id


@pytest.fixture
def files(hub, tmp_path):
    found = ModelFiles(tmp_path / "inference", hub.repos, hub.objects)
    yield found
    found.close()


def found_model(hub, name="alice/m") -> FoundModel:
    with hub.database.read() as connection:
        repo = hub.gate.look_up(connection, hub.alice, MODEL, repo_id(name))
    return FoundModel(ModelKey(repo.key, repo.head_oid, "fill-mask"), name)


def names(folder) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_weights_are_linked_and_small_files_written(hub, files):
    repo = hub.create("alice/m")
    hub.commit("alice/m", AddFile("config.json", b"{}"), AddFile("1_Pooling/config.json", b"[]"))
    sha256 = hub.put_large(repo, "model.safetensors", b"w" * 5000)
    local = files.bring(found_model(hub))
    assert names(local.folder) == {"config.json", "1_Pooling/config.json", "model.safetensors"}
    assert (local.folder / "1_Pooling/config.json").read_bytes() == b"[]"
    assert local.weight_bytes == 5000
    stored = hub.blobs.path(f"lfs/{sha256[:2]}/{sha256[2:4]}/{sha256}")
    assert os.path.samefile(stored, local.folder / "model.safetensors")
    local.remove()
    assert stored.read_bytes() == b"w" * 5000
    assert not local.folder.exists()


def test_what_cannot_be_linked_is_copied(hub, files, monkeypatch):
    def refuse(*_args, **_options):
        raise OSError

    monkeypatch.setattr(os, "link", refuse)
    repo = hub.create("alice/m")
    hub.put_large(repo, "model.safetensors", b"w" * 5000)
    local = files.bring(found_model(hub))
    assert (local.folder / "model.safetensors").read_bytes() == b"w" * 5000


def test_only_files_of_the_model_come_along(hub, files):
    repo = hub.create("alice/m")
    for path in ("README.md", "model.py", "photo.png", "onnx/config.json", "tokenizer.json", "chat_template.jinja"):
        hub.put("alice/m", path)
    hub.put_large(repo, "model.safetensors", b"w")
    hub.put_large(repo, "pytorch_model.bin", b"p")
    hub.put_large(repo, "consolidated.safetensors", b"ww")
    assert names(files.bring(found_model(hub)).folder) == {"tokenizer.json", "chat_template.jinja", "model.safetensors"}


def test_pickles_alone_are_refused(hub, files):
    repo = hub.create("alice/m")
    hub.put_large(repo, "model.pkl", b"p")
    with pytest.raises(UnsafeWeights, match=r"model\.pkl"):
        files.bring(found_model(hub))


def test_a_repo_of_too_many_files_is_refused_and_nothing_is_left(hub, files, monkeypatch):
    monkeypatch.setattr(files_module, "MAX_FILES", 2)
    hub.create("alice/m")
    hub.commit("alice/m", *(AddFile(f"{index}.json", b"{}") for index in range(3)))
    with pytest.raises(UnusableModel, match="3 files"):
        files.bring(found_model(hub))
    assert not list(files.scratch().iterdir())


def test_a_file_that_is_too_large_for_words_stays_out(hub, files, monkeypatch):
    monkeypatch.setattr(files_module, "MAX_SMALL_BYTES", 10)
    hub.create("alice/m")
    hub.commit("alice/m", AddFile("a.json", b"1" * 11), AddFile("b.json", b"1" * 10))
    assert names(files.bring(found_model(hub)).folder) == {"b.json"}


def test_a_model_whose_bytes_are_missing_leaves_no_folder(hub, files):
    repo = hub.create("alice/m")
    sha256 = hub.put_large(repo, "model.safetensors", b"w")
    hub.blobs.delete(f"lfs/{sha256[:2]}/{sha256[2:4]}/{sha256}")
    with pytest.raises(ObjectNotFound):
        files.bring(found_model(hub))
    assert not list(files.scratch().iterdir())


def test_folders_of_dead_servers_are_removed_and_those_of_living_ones_stay(hub, files, tmp_path):
    other = ModelFiles(tmp_path / "inference", hub.repos, hub.objects)
    living = other.scratch()
    dead = tmp_path / "inference" / "run-dead"
    (dead / "model-x").mkdir(parents=True)
    own = files.scratch()
    assert (own.exists(), living.exists(), dead.exists()) == (True, True, False)
    files.close()
    assert not own.exists()
    other.close()


def test_an_adapter_comes_with_its_base_and_brings_its_own_tokenizer(hub, files):
    base = hub.create("alice/base")
    hub.commit("alice/base", AddFile("config.json", b"base"), AddFile("tokenizer.json", b"base"))
    hub.put_large(base, "model.safetensors", b"w" * 5000)
    put_adapter(hub, "alice/tuned", "alice/base", config__json=b"its own", tokenizer__json=b"its own")
    found, below = found_model(hub, "alice/tuned"), found_model(hub, "alice/base").key
    key = replace(found.key, base=(below.repo_key, below.commit_oid))
    local = files.bring(FoundModel(key, "alice/tuned", "alice/base"))
    own = {f"{ADAPTER_FOLDER}/{name}" for name in ("adapter_config.json", "adapter_model.safetensors", "config.json")}
    assert names(local.folder) == own | {"config.json", "tokenizer.json", "model.safetensors"}
    assert (local.folder / "config.json").read_bytes() == b"base"
    assert (local.folder / "tokenizer.json").read_bytes() == b"its own"
    assert local.weight_bytes == 5500
