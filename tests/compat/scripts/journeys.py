"""What a person does with huggingface_hub, for every version from 0.36 on: `journeys.py NAME REPO_ID FOLDER`.

Runs inside the client's environment, so it imports nothing but huggingface_hub and the standard library.
A journey that finds anything but the very bytes it sent ends with an AssertionError.
"""

import hashlib
import random
import sys
from pathlib import Path

from huggingface_hub import HfApi, HfFileSystem, hf_hub_download, snapshot_download

BIG_BYTES = 3_000_000
REVISION_BYTES = 40


def noise(size, seed):
    return random.Random(seed).randbytes(size)


def checksum(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def assert_served(repo_id, files, cache, **where):
    """Download each file into an empty cache and compare every byte."""
    for name, content in files.items():
        path = hf_hub_download(repo_id, name, cache_dir=cache, **where)
        assert Path(path).read_bytes() == content, f"{name} came back different"


def edited(content, at, patch):
    return content[:at] + patch + content[at + len(patch) :]


def edit_and_reupload(api, repo_id, folder):
    """Upload, download, edit in the middle, upload again, download again; the old commit still serves the old bytes."""
    files = {"model.safetensors": noise(BIG_BYTES, repo_id), "config.json": b'{"hidden_size": 8}\n', "empty.txt": b""}
    api.create_repo(repo_id)
    for name, content in files.items():
        (folder / name).write_bytes(content)
        api.upload_file(path_or_fileobj=str(folder / name), path_in_repo=name, repo_id=repo_id)
    assert_served(repo_id, files, folder / "first")
    before = api.model_info(repo_id).sha
    assert len(before) == REVISION_BYTES

    changed = {
        "model.safetensors": edited(files["model.safetensors"], BIG_BYTES // 2, b"edited in the middle"),
        "config.json": b'{"hidden_size": 16}\n',
    }
    for name, content in changed.items():
        (folder / name).write_bytes(content)
        api.upload_file(path_or_fileobj=str(folder / name), path_in_repo=name, repo_id=repo_id)
    assert_served(repo_id, {**files, **changed}, folder / "second")
    assert_served(repo_id, files, folder / "third", revision=before)


def folder_and_snapshot(api, repo_id, folder):
    """`upload_folder` into a dataset, `snapshot_download` of all and of a part, deletion of what is gone."""
    source = folder / "source"
    files = {f"data/part-{i:02}.bin": noise(300_000, i) for i in range(3)}
    files |= {f"docs/nested/page {i} é.md": f"# Page {i}\n".encode() for i in range(8)}
    for name, content in files.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(content)
    api.create_repo(repo_id, repo_type="dataset")
    api.upload_folder(folder_path=str(source), repo_id=repo_id, repo_type="dataset", commit_message="All of it")
    copy = Path(snapshot_download(repo_id, repo_type="dataset", cache_dir=folder / "all"))
    for name, content in files.items():
        assert (copy / name).read_bytes() == content, name
    part = Path(snapshot_download(repo_id, repo_type="dataset", cache_dir=folder / "part", allow_patterns=["docs/*"]))
    assert not (part / "data").exists()
    assert (part / "docs/nested/page 0 é.md").exists()

    api.upload_folder(folder_path=str(source / "docs"), repo_id=repo_id, repo_type="dataset", delete_patterns="data/*")
    left = set(api.list_repo_files(repo_id, repo_type="dataset"))
    assert not any(name.startswith("data/") for name in left), left
    assert "nested/page 0 é.md" in left


def large_folder(api, repo_id, folder):
    """`upload_large_folder` (until 1.x), which commits in several steps from several threads."""
    source = folder / "source"
    files = {f"shard-{i:02}.bin": noise(200_000, i + 100) for i in range(6)}
    files |= {f"text/{i:03}.txt": f"line {i}\n".encode() for i in range(60)}
    for name, content in files.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(content)
    api.upload_large_folder(repo_id=repo_id, folder_path=str(source), repo_type="model", print_report=False)
    copy = Path(snapshot_download(repo_id, cache_dir=folder / "copy"))
    for name, content in files.items():
        assert (copy / name).read_bytes() == content, name


def file_system(api, repo_id, folder):
    """`HfFileSystem`: write, list, glob, read a range, copy, remove."""
    api.create_repo(repo_id)
    fs = HfFileSystem(skip_instance_cache=True)
    content = noise(BIG_BYTES // 3, "fs")
    with fs.open(f"{repo_id}/weights/a.bin", "wb") as sink:
        sink.write(content)
    with fs.open(f"{repo_id}/notes.txt", "w") as sink:
        sink.write("one\ntwo\n")
    fs.invalidate_cache()
    assert fs.read_text(f"{repo_id}/notes.txt") == "one\ntwo\n"
    assert fs.info(f"{repo_id}/weights/a.bin")["size"] == len(content)
    assert fs.glob(f"{repo_id}/**/*.bin") == [f"{repo_id}/weights/a.bin"]
    with fs.open(f"{repo_id}/weights/a.bin", "rb") as source:
        source.seek(500_000)
        assert source.read(1000) == content[500_000:501_000]
    fs.cp_file(f"{repo_id}/weights/a.bin", f"{repo_id}/weights/b.bin")
    fs.rm(f"{repo_id}/weights/a.bin")
    fs.invalidate_cache()
    assert fs.read_bytes(f"{repo_id}/weights/b.bin") == content
    assert not fs.exists(f"{repo_id}/weights/a.bin")


def branches_and_pull_request(api, repo_id, folder):
    """Branches, tags, a pull request as a ref, history, and a private repo that strangers do not see."""
    api.create_repo(repo_id, private=True)
    api.create_branch(repo_id, branch="dev")
    api.upload_file(path_or_fileobj=b"dev\n", path_in_repo="a.txt", repo_id=repo_id, revision="dev")
    api.create_tag(repo_id, tag="v1", revision="dev")
    commit = api.upload_file(path_or_fileobj=b"pr\n", path_in_repo="a.txt", repo_id=repo_id, create_pr=True)
    assert commit.pr_revision == "refs/pr/1"
    assert_served(repo_id, {"a.txt": b"dev\n"}, folder / "tag", revision="v1")
    assert_served(repo_id, {"a.txt": b"pr\n"}, folder / "pr", revision=commit.pr_revision)
    assert not api.file_exists(repo_id, "a.txt")
    refs = api.list_repo_refs(repo_id)
    assert {branch.name for branch in refs.branches} == {"main", "dev"}
    assert {tag.name for tag in refs.tags} == {"v1"}
    assert [entry.title for entry in api.list_repo_commits(repo_id)][-1] == "initial commit"
    assert not HfApi(token=False).repo_exists(repo_id)


def open_handles(api, repo_id, folder):
    """A file object is sent through LFS even by clients that have Xet; both ways must meet in one store."""
    content = noise(BIG_BYTES, "handle")
    (folder / "weights.bin").write_bytes(content)
    api.create_repo(repo_id)
    with (folder / "weights.bin").open("rb") as handle:
        api.upload_file(path_or_fileobj=handle, path_in_repo="by-handle.bin", repo_id=repo_id)
    api.upload_file(path_or_fileobj=str(folder / "weights.bin"), path_in_repo="by-path.bin", repo_id=repo_id)
    assert_served(repo_id, {"by-handle.bin": content, "by-path.bin": content}, folder / "copy")
    shas = {entry.lfs.sha256 for entry in api.get_paths_info(repo_id, ["by-handle.bin", "by-path.bin"])}
    assert shas == {checksum(folder / "weights.bin")}


JOURNEYS = {
    journey.__name__: journey
    for journey in (
        edit_and_reupload,
        folder_and_snapshot,
        large_folder,
        file_system,
        branches_and_pull_request,
        open_handles,
    )
}

if __name__ == "__main__":
    name, repo_id, folder = sys.argv[1:]
    JOURNEYS[name](HfApi(), repo_id, Path(folder))
    print(f"{name}: ok")
