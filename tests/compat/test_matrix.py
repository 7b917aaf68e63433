"""Every supported huggingface_hub, with and without Xet, sends and fetches the same bytes."""

import pytest

JOURNEYS = ["edit_and_reupload", "folder_and_snapshot", "file_system", "branches_and_pull_request", "open_handles"]


@pytest.mark.parametrize("journey", JOURNEYS)
def test_journey(journey, client, new_repo, tmp_path):
    client.script("journeys", journey, new_repo, str(tmp_path))


@pytest.mark.heavy
def test_upload_large_folder(client, client_name, new_repo, tmp_path):
    if client_name.startswith("hub-2."):
        pytest.skip("2.x has folded upload_large_folder into upload_folder")
    client.script("journeys", "large_folder", new_repo, str(tmp_path))


def test_what_one_client_sends_another_fetches(client_of, new_repo, tmp_path):
    """Xet up, LFS down, and the other way round, across the newest and the oldest client."""
    content = bytes(range(256)) * 8_000
    (tmp_path / "weights.bin").write_bytes(content)
    newest, oldest = client_of("hub-2.4.0"), client_of("hub-0.36.2", xet=False)
    for sender, receiver, name in ((newest, oldest, "a.bin"), (oldest, newest, "b.bin")):
        sender.hf("upload", new_repo, str(tmp_path / "weights.bin"), name)
        receiver.hf("download", new_repo, name, "--local-dir", str(tmp_path / name))
        assert (tmp_path / name / name).read_bytes() == content
