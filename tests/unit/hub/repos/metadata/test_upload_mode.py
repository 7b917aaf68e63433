import pytest

from holdfast.base.ids import RepoType
from holdfast.hub.repos.metadata.card_rules import validate_card
from holdfast.hub.repos.metadata.upload_mode import (
    REGULAR_LIMIT_BYTES,
    UploadMode,
    UploadRules,
    default_gitattributes,
    default_space_card,
)

DEFAULTS = UploadRules.parse(default_gitattributes(RepoType.MODEL), None)


@pytest.mark.parametrize(
    ("path", "size_bytes", "sample", "mode"),
    [
        ("lfs.bin", 7, b"content", "lfs"),
        ("nested/model.safetensors", 10, b"{}", "lfs"),
        ("data/train-00000-of-00001.parquet", 10, b"PAR1", "lfs"),
        ("runs/events.out.tfevents.1", 10, b"x", "lfs"),
        ("saved_model/1/variables/x", 10, b"x", "lfs"),
        ("archive.tar.gz", 10, b"x", "lfs"),
        ("README.md", 7, b"# Hello", "regular"),
        ("image.png", 9, b"\x89PNG text", "regular"),
        ("image.png", 9, b"\x89PNG\x00\x00", "lfs"),
        ("huge.txt", REGULAR_LIMIT_BYTES + 1, b"text", "lfs"),
        ("big.txt", REGULAR_LIMIT_BYTES, b"text", "regular"),
        ("empty.bin", 0, b"", "regular"),
        (".gitattributes", 5, b"*\0", "regular"),
    ],
)
def test_mode_in_a_new_model_repo(path, size_bytes, sample, mode):
    assert DEFAULTS.mode(path, size_bytes, sample) is UploadMode(mode)


def test_an_explicit_exception_keeps_a_binary_file_regular_below_the_limit():
    rules = UploadRules.parse("*.bin filter=lfs\ntiny.bin -filter\n", None)
    assert rules.mode("tiny.bin", 4, b"\0") is UploadMode.REGULAR
    assert rules.mode("tiny.bin", REGULAR_LIMIT_BYTES + 1, b"\0") is UploadMode.LFS


def test_gitignore_of_the_clients_tests():
    rules = UploadRules.parse(None, "nested/*\n")
    assert rules.should_ignore("nested/file.bin")
    assert not rules.should_ignore("temp")


def test_datasets_track_media_and_models_do_not():
    assert "*.png" in default_gitattributes(RepoType.DATASET)
    assert "*.png" not in default_gitattributes(RepoType.MODEL)


@pytest.mark.parametrize("title", ["demo", "no", "1.5", "my-space_2"])
@pytest.mark.parametrize("sdk", ["gradio", "streamlit", "docker", "static"])
def test_the_card_of_a_new_space_is_valid(title, sdk):
    report = validate_card(default_space_card(title, sdk, "6.31.0"), RepoType.SPACE)
    assert report.errors == ()
    assert report.warnings == ()
