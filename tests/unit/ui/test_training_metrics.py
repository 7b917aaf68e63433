"""Charts of training: what stands where."""

import pytest

from holdfast.ui.line_charts import HEIGHT, WIDTH
from holdfast.ui.training_metrics import MAX_LINES, RunScalars, groups_of, number


def test_quantities_are_grouped_and_training_comes_first():
    run = RunScalars(
        "runs/a", {"eval/loss": [(1, 1.0)], "train/loss": [(1, 2.0)], "train/accuracy": [(1, 0.5)], "x": [(1, 1.0)]}
    )
    groups = groups_of([run])
    assert [group.name for group in groups] == ["train", "eval", ""]
    assert [chart.tag for chart in groups[0].charts] == ["train/loss", "train/accuracy"]


def test_runs_share_their_axes():
    runs = [RunScalars("a", {"loss": [(0, 4.0), (100, 0.0)]}), RunScalars("b", {"loss": [(50, 2.0), (100, 1.0)]})]
    (chart,) = groups_of(runs)[0].charts
    assert (chart.low, chart.high, chart.last_step) == ("0", "4", 100)
    first, second = ([tuple(map(float, spot.split())) for spot in line.d.strip("M").split("L")] for line in chart.lines)
    assert first[0][0] == 0
    assert first[-1] == (WIDTH, HEIGHT)
    assert second[0][0] == WIDTH / 2
    assert second[0][1] > first[0][1]


def test_more_runs_than_colours_are_counted():
    runs = [RunScalars(f"r{i}", {"loss": [(1, float(i))]}) for i in range(MAX_LINES + 3)]
    (chart,) = groups_of(runs)[0].charts
    assert len(chart.lines) == MAX_LINES
    assert chart.hidden == 3


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.0, "0"), (0.12345, "0.1235"), (1e-7, "1.000e-07"), (12345.6, "12,346"), (1e12, "1.000e+12"), (-3.0, "-3")],
)
def test_figures_in_words(value, words):
    assert number(value) == words
