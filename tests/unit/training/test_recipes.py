"""The recipes of `examples/recipes` say what there is, and their data pass the check."""

from pathlib import Path

import pytest

pytest.importorskip("pandas")

from holdfast.training.checking.check import check_data
from holdfast.training.domain.spec_files import read_spec
from holdfast.training.reading.read import read
from holdfast.training.trainers import registry

ROOT = Path(__file__).parents[3]
RECIPES = sorted((ROOT / "examples" / "recipes").glob("*.yaml"))
DATA = ROOT / "examples" / "recipes" / "data"


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_can_be_run(recipe, monkeypatch):
    monkeypatch.chdir(ROOT)
    spec = read_spec(recipe.read_text())
    test = read(spec.test).frame if spec.test else None
    checked = check_data(read(spec.data).frame, spec, test)
    checked.require()
    assert checked.task == spec.task
    assert spec.metric in {metric.name for metric in registry.plan_of(spec.task).metrics}


def test_every_recipe_is_in_the_guide_and_every_file_has_its_licence():
    guide = (ROOT / "docs" / "how-to" / "recipes.md").read_text()
    licences = (DATA / "README.md").read_text()
    assert RECIPES
    assert all(f"`{recipe.name}`" in guide for recipe in RECIPES)
    assert all(f"`{path.name}`" in licences for path in DATA.iterdir() if path.suffix != ".md")
