"""`conftest.py` for the tests that datasets 5.x carries in its source distribution."""

import io
import os
import zipfile
from pathlib import Path

import datasets
import pytest
from PIL import Image

pytest_plugins = ["tests.fixtures.hub"]

ROWS = "col_1,col_2,col_3\n0,0,0.0\n1,1,1.0\n2,2,2.0\n3,3,3.0\n"


def pytest_configure():
    """Tests name this picture by its path, so it must lie there before any of them starts."""
    path = Path(__file__).parent / "features" / "data" / "test_image_rgb.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")  # several workers may do this at once
    Image.linear_gradient("L").resize((64, 48)).convert("RGB").save(draft, "JPEG")
    draft.replace(path)


@pytest.fixture(autouse=True)
def fresh_client_state(tmp_path_factory, monkeypatch):
    """Empty caches, and no token but the one a test passes or asks for."""
    cache = tmp_path_factory.mktemp("hf-datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", cache)
    monkeypatch.setattr(datasets.config, "DOWNLOADED_DATASETS_PATH", cache / "downloads")
    monkeypatch.setattr(datasets.config, "EXTRACTED_DATASETS_PATH", cache / "downloads" / "extracted")
    monkeypatch.setattr(datasets.config, "SAVE_ORIGINAL_SHARD_LENGTHS", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_IMPLICIT_TOKEN", True)


@pytest.fixture(autouse=True, scope="session")
def quiet():
    datasets.disable_progress_bars()


@pytest.fixture(scope="session")
def text_file_content():
    return "first line\nsecond line\nthird line, end\n"  # a test knows that it has 39 bytes


@pytest.fixture(scope="session")
def text_file(tmp_path_factory, text_file_content):
    path = tmp_path_factory.mktemp("text") / "file.txt"
    path.write_text(text_file_content)
    return path


@pytest.fixture(scope="session")
def csv_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("csv") / "dataset.csv"
    path.write_text(ROWS)
    return str(path)


@pytest.fixture(scope="session")
def zip_csv_with_dir_path(tmp_path_factory):
    """A zip of two small csv files below one folder."""
    path = tmp_path_factory.mktemp("zip-csv") / "dataset_with_dir.csv.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("dataset.csv", "dataset2.csv"):
            archive.writestr(f"main_dir/{name}", ROWS)
    return path


@pytest.fixture(scope="session")
def zip_image_path(tmp_path_factory):
    """A zip of two small pictures."""
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), (200, 30, 90)).save(picture, "JPEG")
    path = tmp_path_factory.mktemp("zip-images") / "dataset.img.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("one.jpg", "two.jpg"):
            archive.writestr(name, picture.getvalue())
    return path
