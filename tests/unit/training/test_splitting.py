"""Parts of the data: every row in one of them, labels shared out, groups whole, time in order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from holdfast.training.splitting import folds, seal


def table(rows: int = 100) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "row": range(rows),
            "label": ["rare" if row % 20 == 0 else "common" for row in range(rows)],
            "customer": [row // 4 for row in range(rows)],
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(rows)[::-1] // 2, unit="D"),
        }
    )


@pytest.mark.parametrize("how", [{}, {"target": "label"}, {"groups": "customer"}, {"order": "day"}])
def test_every_row_is_in_one_part(how) -> None:
    train, test = seal(table(), 0.2, seed=3, **how)
    assert sorted([*train["row"], *test["row"]]) == list(range(100))
    assert train.index.tolist() == list(range(len(train)))
    assert 10 <= len(test) <= 30


def test_labels_are_shared_out() -> None:
    _train, test = seal(table(), 0.2, seed=0, target="label")
    assert (test["label"] == "rare").sum() == 1


def test_groups_stay_whole() -> None:
    for here, there in folds(table(), 5, seed=0, groups="customer"):
        assert not set(table()["customer"].iloc[here]) & set(table()["customer"].iloc[there])


def test_later_rows_judge() -> None:
    train, test = seal(table(), 0.2, seed=0, order="day")
    assert train["day"].max() < test["day"].min()
    assert len(folds(table(), 5, seed=0, order="day")) == 1


def test_one_moment_for_all_rows_still_splits() -> None:
    frame = table().assign(day=pd.Timestamp("2024-01-01"))
    train, test = seal(frame, 0.2, seed=0, order="day")
    assert (len(train), len(test)) == (80, 20)


def test_the_same_seed_splits_alike_and_another_does_not() -> None:
    one, again, other = (seal(table(), 0.2, seed=seed)[1]["row"].tolist() for seed in (1, 1, 2))
    assert one == again
    assert one != other


def test_folds_judge_every_row_once() -> None:
    judged = np.concatenate([there for _here, there in folds(table(), 5, seed=0, target="label")])
    assert sorted(judged) == list(range(100))


def test_two_rows_are_enough() -> None:
    train, test = seal(table(2), 0.2, seed=0)
    assert (len(train), len(test)) == (1, 1)
