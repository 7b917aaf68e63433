"""Looking at data before a run: in a process of its own, whatever the files hold."""

import base64
import io
import zipfile
from pathlib import Path

import pytest

from holdfast.base.errors import InvalidInput
from holdfast.training.previewed import check_folder
from holdfast.training.previewing import Asked, _checked
from holdfast.training.thumbnails import by_label

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
    preview = _checked(tmp_path, Asked("tabular-classification", {"target": "size"}))
    assert preview.problem == ""
    assert preview.check["columns"] == {"target": "size"}


def test_an_empty_folder_is_a_sentence(tmp_path: Path):
    with pytest.raises(InvalidInput, match="holds no file with rows"):
        check_folder(tmp_path, "auto", {})
    preview = _checked(tmp_path, Asked())
    assert preview.check is None
    assert "holds no file with rows" in preview.problem


def test_pictures_are_shown_small_by_label(tmp_path: Path):
    image = pytest.importorskip("PIL.Image")
    with zipfile.ZipFile(tmp_path / "shapes.zip", "w") as archive:
        for number in range(12):
            written = io.BytesIO()
            image.new("RGB", (200, 100), (20 * number, 0, 0)).save(written, "PNG")
            archive.writestr(f"{'dark' if number < 7 else 'light'}/{number}.png", written.getvalue())
    found = _checked(tmp_path, Asked()).check
    assert (found["task"], found["columns"]["image"]) == ("image-classification", "image")
    assert found["counts"] == [["dark", 7], ["light", 5]]
    assert [(each["label"], each["rows"], len(each["pictures"])) for each in found["pictures"]] == [
        ("dark", 7, 4),
        ("light", 5, 4),
    ]
    with image.open(io.BytesIO(base64.b64decode(found["pictures"][0]["pictures"][0].partition(",")[2]))) as small:
        assert small.size == (96, 48)


def test_what_is_no_picture_has_none():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"image": [b"\x89PNG", b"", None], "label": ["a", "a", "b"]})
    assert [each["pictures"] for each in by_label(frame, "image", "label")] == [[], []]
