"""The `hf` command, as a person types it."""

import pytest


def test_log_in_and_say_who(client_name, client_of, alice):
    client = client_of(client_name)
    del client.variables["HF_TOKEN"]
    client.hf("auth", "login", "--token", alice.token)
    assert alice.name in client.hf("auth", "whoami")


def test_upload_and_download_a_folder(client, new_repo, tmp_path):
    source = tmp_path / "source"
    (source / "sub").mkdir(parents=True)
    (source / "README.md").write_text("---\nlicense: apache-2.0\n---\n# A model\n")
    (source / "sub" / "weights.bin").write_bytes(bytes(range(256)) * 4_000)
    client.hf("upload", new_repo, str(source), ".")
    client.hf("download", new_repo, "--local-dir", str(tmp_path / "copy"))
    for name in ("README.md", "sub/weights.bin"):
        assert (tmp_path / "copy" / name).read_bytes() == (source / name).read_bytes()


def test_a_stranger_is_refused_politely(client_name, client_of, bob, new_repo, tmp_path):
    """Bob cannot write to Alice's repo, and learns it in one sentence."""
    (tmp_path / "a.txt").write_text("a\n")
    client_of(client_name).hf("upload", new_repo, str(tmp_path / "a.txt"), "a.txt")
    stranger = client_of(client_name, user=bob)
    with pytest.raises(AssertionError, match=r"403|Forbidden|permission|rights"):
        stranger.hf("upload", new_repo, str(tmp_path / "a.txt"), "b.txt")
