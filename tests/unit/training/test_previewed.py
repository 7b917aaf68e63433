"""Looking at data before a run: in a process of its own, whatever the files hold."""

from pathlib import Path

import pytest

from holdfast.base.errors import InvalidInput
from holdfast.training.previewed import check_folder
from holdfast.training.previewing import _checked

TABLE = "size,kind\n" + "".join(f'"{number},5",{("a", "b")[number % 2]}\n' for number in range(40))


def test_what_the_check_says_as_json(tmp_path: Path):
    (tmp_path / "train.csv").write_text(TABLE)
    found = check_folder(tmp_path, "auto", {})
    assert (found["task"], found["columns"], found["verdict"]) == (
        "tabular-classification",
        {"target": "kind"},
        "repaired",
    )
    assert found["shown"] == ["size", "kind"]
    assert found["first"][1] == ["1.5", "b"]
    assert [profile["role"] for profile in found["profiles"]] == ["input", "target"]


def test_in_a_process_of_its_own(tmp_path: Path):
    (tmp_path / "train.csv").write_text(TABLE)
    preview = _checked(tmp_path, "tabular-classification", {"target": "size"})
    assert preview.problem == ""
    assert preview.check["columns"] == {"target": "size"}


def test_an_empty_folder_is_a_sentence(tmp_path: Path):
    with pytest.raises(InvalidInput, match="holds no file with rows"):
        check_folder(tmp_path, "auto", {})
    preview = _checked(tmp_path, "auto", {})
    assert preview.check is None
    assert "holds no file with rows" in preview.problem
