"""Recipes of the wizard can be run: their tasks and metrics are there; those with a file say the same as the file."""

from pathlib import Path

import pytest
import yaml

from holdfast.training.trainers import registry
from holdfast.ui.training_recipes import RECIPES, recipe_named

FILES = {path.stem: path for path in (Path(__file__).parents[3] / "examples" / "recipes").glob("*.yaml")}


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_a_recipe_can_be_run(recipe):
    assert recipe.metric in {metric.name for metric in registry.plan_of(recipe.task).metrics}
    assert recipe_named(recipe.name) is recipe
    if recipe.name in FILES:
        spec = yaml.safe_load(FILES[recipe.name].read_text())
        assert (spec["task"], spec["metric"]) == (recipe.task, recipe.metric)


def test_every_file_is_in_the_wizard():
    assert FILES
    assert {recipe.name for recipe in RECIPES} >= FILES.keys()


def test_what_is_no_recipe():
    assert recipe_named(None) is None
    assert recipe_named("magic") is None
