"""Large files, storage, tensors, tags, tasks and `expand`, as huggingface_hub sees them."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from huggingface_hub import CommitOperationAdd, CommitOperationCopy, EvalResultEntry, HfApi, eval_result_entries_to_yaml
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError
from huggingface_hub.hf_api import ExpandDatasetProperty_T, ExpandModelProperty_T, ExpandSpaceProperty_T

from tests.live_server import LiveServer, User

PATHS = ["bad.pkl", "good.pt", "weights.safetensors", "notes.txt"]


@pytest.fixture
def api(hub: LiveServer, alice: User, monkeypatch: pytest.MonkeyPatch) -> HfApi:
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    return HfApi(endpoint=hub.url, token=alice.token)


@pytest.fixture
def repo(api: HfApi, new_repo: str) -> str:
    return api.create_repo(new_repo).repo_id


def put(api: HfApi, repo: str, path: str, content: bytes, **options: object) -> None:
    api.upload_file(path_or_fileobj=content, path_in_repo=path, repo_id=repo, **options)


def get(hub: LiveServer, path: str, token: str | None = None, method: str = "GET"):
    """Status, headers and body of one request."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(hub.url + path, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def listed(api: HfApi, repo: str) -> dict[str, str | None]:
    return {file.filename: file.ref for file in api.list_lfs_files(repo)}


def test_large_files_are_listed_and_deleted_for_good(api: HfApi, repo: str):
    put(api, repo, "one.bin", b"one")
    put(api, repo, "notes.txt", b"kept")
    put(api, repo, "two.bin", b"two" * 10)
    api.create_branch(repo, branch="side")
    put(api, repo, "side.bin", b"side", revision="side")
    assert listed(api, repo) == {"one.bin": "main", "two.bin": "main", "side.bin": "side"}
    files = {file.filename: file for file in api.list_lfs_files(repo)}
    assert files["two.bin"].size == 30
    assert abs(datetime.now(UTC) - files["two.bin"].pushed_at) < timedelta(minutes=5)
    before = [commit.title for commit in api.list_repo_commits(repo)]

    api.permanently_delete_lfs_files(repo, [file for file in files.values() if file.ref == "main"])

    assert listed(api, repo) == {"side.bin": "side"}
    assert set(api.list_repo_files(repo)) == {".gitattributes", "notes.txt"}
    assert set(api.list_repo_files(repo, revision="side")) == {".gitattributes", "notes.txt", "side.bin"}
    assert [commit.title for commit in api.list_repo_commits(repo)] == before
    with pytest.raises(EntryNotFoundError):
        api.hf_hub_download(repo, "one.bin")


def test_without_rewriting_only_the_bytes_go(hub: LiveServer, api: HfApi, repo: str):
    put(api, repo, "one.bin", b"one")
    api.permanently_delete_lfs_files(repo, list(api.list_lfs_files(repo)), rewrite_history=False)
    assert "one.bin" in api.list_repo_files(repo)
    status, headers, _ = get(hub, f"/{repo}/resolve/main/one.bin")
    assert (status, headers["X-Error-Code"]) == (404, "ObjectNotFound")


def test_strangers_neither_list_nor_delete(hub: LiveServer, api: HfApi, repo: str, bob: User):
    put(api, repo, "one.bin", b"one")
    files = list(api.list_lfs_files(repo))
    stranger = HfApi(endpoint=hub.url, token=bob.token)
    with pytest.raises(HfHubHTTPError, match="403"):
        list(stranger.list_lfs_files(repo))
    with pytest.raises(HfHubHTTPError, match="403"):
        stranger.permanently_delete_lfs_files(repo, files)
    assert listed(api, repo) == {"one.bin": "main"}


def test_files_are_copied_between_repos_without_moving_bytes(hub: LiveServer, api: HfApi, repo: str, tmp_path):
    content = secrets.token_bytes(200_000)
    put(api, repo, "weights.bin", content)
    copy = api.create_repo(f"{repo}-copy").repo_id
    operation = CommitOperationCopy("weights.bin", "again.bin", src_repo_id=repo, src_repo_type="model")
    api.create_commit(copy, [operation], commit_message="copy")
    with open(api.hf_hub_download(copy, "again.bin", cache_dir=tmp_path), "rb") as file:
        assert file.read() == content


def test_strangers_copy_into_a_pull_request(hub: LiveServer, api: HfApi, repo: str, bob: User):
    own = HfApi(endpoint=hub.url, token=bob.token)
    source = own.create_repo(f"bob/{secrets.token_hex(6)}").repo_id
    put(own, source, "weights.bin", secrets.token_bytes(1000))
    operation = CommitOperationCopy("weights.bin", "again.bin", src_repo_id=source, src_repo_type="model")
    pull = own.create_commit(repo, [operation], commit_message="copy", create_pr=True)
    assert "again.bin" in api.list_repo_files(repo, revision=pull.pr_revision)


def shard(*names: str) -> bytes:
    header = {
        name: {"dtype": "F16", "shape": [4], "data_offsets": [8 * at, 8 * at + 8]} for at, name in enumerate(names)
    }
    words = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    return len(words).to_bytes(8, "little") + words + bytes(8 * len(names))


def test_sharded_tensors_are_told_in_one_request(api: HfApi, repo: str):
    files = {"model-1.safetensors": shard("a", "b"), "model-2.safetensors": shard("c")}
    weight_map = {"a": "model-1.safetensors", "b": "model-1.safetensors", "c": "model-2.safetensors"}
    files["model.safetensors.index.json"] = json.dumps(
        {"metadata": {"total_size": 24}, "weight_map": weight_map}
    ).encode()
    operations = [CommitOperationAdd(path, content) for path, content in files.items()]
    api.create_commit(repo, operations, commit_message="weights")
    quick = api.get_sharded_safetensors_metadata(repo)
    assert quick == api.get_safetensors_metadata(repo)
    assert quick.weight_map == weight_map
    assert quick.parameter_count == {"F16": 12}
    assert api.model_info(repo).safetensors.total == 12


def test_own_repos_with_the_room_they_take(hub: LiveServer, api: HfApi, repo: str, alice: User, bob: User):
    put(api, repo, "one.bin", b"x" * 1000)
    api.update_repo_settings(repo, private=True)
    found = {item.id: item for item in api.list_user_repos()}
    assert (found[repo].type, found[repo].visibility, found[repo].storage) == ("model", "private", 1000)
    assert 0 < found[repo].storage_percent <= 100
    assert found[repo].updated_at.tzinfo is not None
    name = f"acme/{secrets.token_hex(6)}"
    api.create_repo(name, repo_type="dataset")
    assert (name, "dataset") in {(item.id, item.type) for item in api.list_user_repos("acme")}
    with pytest.raises(HfHubHTTPError, match="403"):
        list(HfApi(endpoint=hub.url, token=bob.token).list_user_repos("acme"))
    with pytest.raises(HfHubHTTPError, match="401"):
        list(HfApi(endpoint=hub.url, token=False).list_user_repos())


def test_hf_repos_ls(hub: LiveServer, repo: str, alice: User, tmp_path):
    words = ["repos", "ls", "--type", "model", "--search", repo.partition("/")[2], "--limit", "0", "--format", "json"]
    environment = {"HF_ENDPOINT": hub.url, "HF_TOKEN": alice.token, "HF_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", "huggingface_hub.cli.hf", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert [(item["id"], item["type"]) for item in json.loads(done.stdout)] == [(repo, "model")]


def test_tags_by_type(api: HfApi, repo: str):
    word = f"word-{secrets.token_hex(4)}"
    put(api, repo, "README.md", f"---\nlicense: mit\ntags: [{word}]\n---\n".encode())
    tags = api.get_model_tags()
    assert {"id": word, "label": word, "type": "other", "count": 1} in tags["other"]
    assert {"license", "library", "pipeline_tag"} <= set(tags)
    assert {"task_categories", "license", "size_categories"} <= set(api.get_dataset_tags())


def test_tasks_recommend_no_model(hub: LiveServer, tmp_path):
    script = (
        "from huggingface_hub.inference._providers.hf_inference import HFInferenceTask, _fetch_recommended_models\n"
        "assert 'text-classification' in _fetch_recommended_models()\n"
        "try:\n    HFInferenceTask('unknown-task')._prepare_mapping_info(None)\n"
        "except ValueError as error:\n    print(error)\n"
    )
    environment = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert "Task unknown-task has no recommended model" in done.stdout


def test_the_size_of_a_tree(hub: LiveServer, api: HfApi, repo: str):
    put(api, repo, "deep/er/a.bin", b"x" * 70)
    put(api, repo, "deep/b.txt", b"y" * 7)
    _, _, body = get(hub, f"/api/models/{repo}/treesize/main/deep")
    assert json.loads(body) == {"path": "deep", "size": 77}
    _, _, body = get(hub, f"/api/models/{repo}/treesize/main/deep%2Fer")
    assert json.loads(body) == {"path": "deep/er", "size": 70}
    _, _, body = get(hub, f"/api/models/{repo}/treesize/main/")
    assert json.loads(body)["size"] > 77
    status, headers, _ = get(hub, f"/api/models/{repo}/treesize/main/nowhere")
    assert (status, headers["X-Error-Code"]) == (404, "EntryNotFound")


def test_every_field_of_a_model_can_be_asked_for(api: HfApi, repo: str):
    put(api, repo, "README.md", b"---\nlicense: mit\nlanguage: en\npipeline_tag: fill-mask\n---\n# Card\n")
    child = api.create_repo(f"{repo}-child").repo_id
    put(api, child, "README.md", f"---\nbase_model: {repo}\n---\n".encode())
    every = api.model_info(repo, expand=list(ExpandModelProperty_T.__args__))
    assert (every.id, every.author, every.children_model_count) == (repo, "alice", 1)
    assert every.inference_provider_mapping == []
    assert every.inference is None
    assert every.gated is False
    assert every.spaces == []
    assert every.card_data.license == "mit"
    assert api.model_info(repo, expand=["gated"]).sha is None
    assert api.model_info(child, expand=["baseModels"]).base_models["models"] == [{"id": repo}]
    plain = api.model_info(repo, files_metadata=True, securityStatus=True)
    assert plain.security_repo_status == {"scansDone": True, "filesWithIssues": []}
    assert {sibling.rfilename for sibling in plain.siblings} == {".gitattributes", "README.md"}
    assert all(sibling.size is not None and sibling.blob_id for sibling in plain.siblings)


def test_evaluation_results(api: HfApi, repo: str):
    entry = EvalResultEntry(dataset_id="cais/hle", task_id="default", value=20.9, source_url="https://x", notes="tools")
    content = json.dumps(eval_result_entries_to_yaml([entry])).encode()
    put(api, repo, ".eval_results/hle.yaml", content)
    put(api, repo, ".eval_results/broken.yaml", b"- 1")
    assert api.model_info(repo, expand=["evalResults"]).eval_results == [entry]


def test_every_field_of_a_dataset_and_a_space_can_be_asked_for(api: HfApi, new_repo: str):
    api.create_repo(new_repo, repo_type="dataset")
    put(api, new_repo, "data.csv", b"a,b\n1,2\n", repo_type="dataset")
    every = api.dataset_info(new_repo, expand=list(ExpandDatasetProperty_T.__args__))
    assert every.main_size > 8
    assert every.downloads_all_time == 0
    assert isinstance(every.tags, list)
    api.create_repo(new_repo, repo_type="space", space_sdk="gradio")
    space = api.space_info(new_repo, expand=list(ExpandSpaceProperty_T.__args__))
    assert (space.sdk, space.private, space.disabled) == ("gradio", False, False)
    assert (space.models, space.datasets) == ([], [])


def test_head_works_wherever_get_does(hub: LiveServer, api: HfApi, repo: str, alice: User):
    put(api, repo, "one.bin", b"one")
    paths = [
        "/api/tasks",
        "/api/models",
        "/api/models-tags-by-type",
        "/api/whoami-v2",
        "/api/settings/repositories",
        f"/api/models/{repo}",
        f"/api/models/{repo}/revision/main",
        f"/api/models/{repo}/tree/main",
        f"/api/models/{repo}/refs",
        f"/api/models/{repo}/commits/main",
        f"/api/models/{repo}/lfs-files",
        f"/api/models/{repo}/treesize/main/",
        f"/api/models/{repo}/xet-read-token/main",
        f"/{repo}/resolve/main/one.bin",
    ]
    for path in paths:
        status, headers, body = get(hub, path, alice.token)
        head_status, head_headers, head_body = get(hub, path, alice.token, "HEAD")
        assert (head_status, head_body) == (status, b"") == (200, b""), path
        assert head_headers["Content-Type"] == headers["Content-Type"]
        assert head_headers["Content-Length"] == headers["Content-Length"] == str(len(body)), path


def test_space_storage_of_old_clients_is_not_served_and_says_so(hub: LiveServer, alice: User, new_repo: str):
    for method in ("POST", "DELETE"):
        status, headers, _ = get(hub, f"/api/spaces/{new_repo}/storage", alice.token, method)
        assert (status, headers["X-Error-Code"]) == (501, "NotImplemented")


def test_what_files_would_run(api: HfApi, repo: str):
    put(api, repo, "bad.pkl", b"\x80\x02cos\nsystem\n(X\x01\x00\x00\x00xtR.")
    put(api, repo, "good.pt", b"\x80\x02ccollections\nOrderedDict\n)R.")
    put(api, repo, "weights.safetensors", b"x")
    put(api, repo, "notes.txt", b"nothing to run")

    def scanned():
        found = {file.path: file.security for file in api.get_paths_info(repo, PATHS, expand=True)}
        return None if "queued" in (item.status for item in found.values() if item) else found

    found = until(scanned)
    assert {path: item and (item.safe, item.status) for path, item in found.items()} == {
        "bad.pkl": (False, "unsafe"),
        "good.pt": (True, "safe"),
        "weights.safetensors": (True, "safe"),
        "notes.txt": None,
    }
    assert found["bad.pkl"].pickle_import_scan == {
        "highestSafetyLevel": "dangerous",
        "imports": [{"module": "os", "name": "system", "safety": "dangerous"}],
    }
    assert {file.path: file.security for file in api.list_repo_tree(repo, expand=True)}["bad.pkl"].status == "unsafe"
    info = api.model_info(repo, securityStatus=True)
    assert info.security_repo_status == {
        "scansDone": True,
        "filesWithIssues": [{"path": "bad.pkl", "level": "unsafe"}],
    }
    assert api.model_info(repo).security_repo_status is None


def until(ask):
    """What it says at last; None is no answer yet."""
    give_up = time.monotonic() + 60
    while (answer := ask()) is None and time.monotonic() < give_up:
        time.sleep(0.1)
    assert answer is not None
    return answer
