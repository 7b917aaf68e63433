"""Recipes of the wizard: tasks of finance, healthcare and e-commerce with what to bring, and how to read the scores.

The same as files with data are in `examples/recipes/`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """A task of a domain.

    Args:
        name: for addresses.
        domain: in a word.
        title: what the model will do.
        bring: what the data must hold.
        task: that is trained.
        metric: that the search goes by.
        minutes: that are worth giving it.
        read: how to read its scores.
    """

    name: str
    domain: str
    title: str
    bring: str
    task: str
    metric: str
    minutes: int
    read: str


RECIPES = (
    Recipe(
        "finance-intents",
        "Finance",
        "Tell what a bank's customer wants",
        "A table with a column of messages and one with the intent of each: ten or more of every intent.",
        "text-classification",
        "macro_f1",
        10,
        "Macro F1 counts rare intents as much as frequent ones. If it lies far below accuracy, a rare intent is "
        "overlooked: give it more messages.",
    ),
    Recipe(
        "finance-risk",
        "Finance",
        "Find customers who will default, or leave",
        "A table with a row for each customer and a column that says what became of them.",
        "tabular-classification",
        "roc_auc",
        10,
        "ROC-AUC says how well customers are put in order of risk; where to draw the line is your decision. Look at "
        "the calibration before you take a probability for a price.",
    ),
    Recipe(
        "healthcare-abstracts",
        "Healthcare",
        "Sort medical texts by what they are about",
        "A table with a column of texts and one with their label.",
        "text-classification",
        "macro_f1",
        10,
        "Compare with the first rung, counts of words: medical texts are often told apart by their words alone.",
    ),
    Recipe(
        "healthcare-drugs",
        "Healthcare",
        "Find names of drugs in texts",
        "CoNLL files (a word and its tag in each line), or JSON Lines with texts and spans.",
        "token-classification",
        "entity_f1",
        10,
        "An entity counts when both its place and its label are right. Accuracy of single words is nearly always high: "
        "don't go by it.",
    ),
    Recipe(
        "ecommerce-brands",
        "E-commerce",
        "Find brands in descriptions of products",
        "CoNLL files, or JSON Lines with texts and spans.",
        "token-classification",
        "entity_f1",
        10,
        "Precision says how many of the found brands are right, recall how many of the right ones were found.",
    ),
    Recipe(
        "ecommerce-pictures",
        "E-commerce",
        "Name what is on pictures of products",
        "A ZIP file with a folder of pictures for each label.",
        "image-classification",
        "macro_f1",
        10,
        "Look at the confusion matrix: labels that are taken for each other are often one label, or wrongly labelled.",
    ),
    Recipe(
        "ecommerce-segments",
        "E-commerce",
        "Find segments of customers",
        "A table with a row for each customer: what they buy, how often, for how much. No labels are needed.",
        "clustering",
        "silhouette",
        1,
        "There is no right number of segments: look at both curves, and take the number that you can name.",
    ),
)


def recipe_named(name: str | None) -> Recipe | None:
    """The recipe of that name; None where there is none."""
    return next((recipe for recipe in RECIPES if recipe.name == name), None)
