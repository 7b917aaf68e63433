"""Rows to train on and rows to judge by: the same columns in both."""

from __future__ import annotations

from holdfast.training.checking.draft import Draft
from holdfast.training.checking.phrases import several


def check_parts(draft: Draft) -> None:
    """Leave out columns that only one part has."""
    if not draft.has_test:
        return
    if not draft.is_test.any():
        draft.block(
            "no-test-rows",
            "The data to judge by has no rows.",
            "Give rows that the model has not seen, or no test data at all: then a part is set aside.",
        )
        return
    lone = [
        name
        for name in draft.frame.columns
        if draft.frame[name][draft.is_test].isna().all() != draft.frame[name][~draft.is_test].isna().all()
    ]
    asked = [name for name in lone if name in draft.spec.columns.values()]
    if asked:
        draft.block(
            "column-in-one-part",
            f"{several(asked)} {'has' if len(asked) == 1 else 'have'} values in only one of the two files.",
            "Both files need the same columns.",
        )
    elif lone:
        draft.repaired(
            "column-in-one-part",
            f"{several(lone)} {'has' if len(lone) == 1 else 'have'} values in only one of the two files; left out.",
        )
        draft.frame = draft.frame.drop(columns=lone)
