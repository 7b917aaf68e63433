import subprocess

import pytest

from holdfast.base.errors import TooLarge
from holdfast.base.ids import RepoType
from holdfast.hub.repos.metadata.card_rules import validate_card
from holdfast.hub.repos.metadata.upload_mode import (
    REGULAR_LIMIT_BYTES,
    UploadMode,
    UploadRules,
    add_large_file_rules,
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


ODD_PATHS = [
    "train.json",
    "data/train.json",
    "two words.txt",
    "a/ leading and trailing /x.txt",
    "#hash",
    "!bang",
    'say "hi".txt',
    '"quoted"',
    "back\\slash",
    "[a-c]*?.txt",
    "문서/é.txt",
    "wide\u3000space",
]


@pytest.mark.parametrize("path", ODD_PATHS)
def test_a_rule_added_for_a_large_file_says_so_to_git_and_to_us(path, tmp_path):
    rules = add_large_file_rules(b"*.bin filter=lfs\n*.txt text", [path, "w.bin"])
    (tmp_path / ".gitattributes").write_bytes(rules)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    asked = ["git", "-C", str(tmp_path), "check-attr", "-z", "filter", "--", path, f"other/{path}"]
    words = subprocess.run(asked, check=True, capture_output=True).stdout.decode().split("\0")
    assert (words[2], words[5]) == ("lfs", "unspecified")
    assert UploadRules.parse(rules.decode(), None).attributes.is_lfs(path) is True
    assert rules.count(b"\n") == 3


def test_rules_stay_as_they_are_where_none_is_missing():
    rules = default_gitattributes(RepoType.MODEL).encode()
    assert add_large_file_rules(rules, ["w.bin", "a/b.safetensors"]) is rules
    assert add_large_file_rules(b"", ["x"]) == b"/x filter=lfs diff=lfs merge=lfs -text\n"


def test_rules_do_not_grow_beyond_what_can_be_read():
    with pytest.raises(TooLarge):
        add_large_file_rules(b"", [f"[{number}].txt" for number in range(2_001)])
    with pytest.raises(TooLarge):
        add_large_file_rules(b"", ["x" * 250 + str(number) for number in range(5_000)])
