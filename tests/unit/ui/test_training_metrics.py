"""Charts of training: what stands where."""

import pytest

from holdfast.ui.line_charts import HEIGHT, WIDTH
from holdfast.ui.training_metrics import MAX_LINES, RunScalars, groups_of, number


def test_quantities_are_grouped_and_training_comes_first():
    run = RunScalars(
        "runs/a", {tag: [(1, 1.0), (2, 0.5)] for tag in ("eval/loss", "train/loss", "train/accuracy", "x")}
    )
    groups = groups_of([run])
    assert [group.name for group in groups] == ["train", "eval", ""]
    assert [chart.tag for chart in groups[0].charts] == ["train/loss", "train/accuracy"]


def test_what_was_told_once_is_written_and_how_fast_it_went_stands_apart():
    steps = [(1, 1.0), (2, 2.0)]
    runs = [
        RunScalars("a", {"train/loss": steps, "train/epoch": steps, "train/total_flos": [(2, 2.5e9)]}),
        RunScalars("b", {"train/loss": [(1, 1.0)], "eval/runtime": steps}),
    ]
    train, evaluated = groups_of(runs)
    assert [chart.tag for chart in train.charts] == ["train/loss"]
    assert len(train.charts[0].lines) == 2, "a run that has only begun is drawn with the others"
    assert [chart.tag for chart in train.speed] == ["train/epoch"]
    assert [(each.tag, each.run, each.value) for each in train.told] == [("train/total_flos", "a", "2.5e9")]
    assert (evaluated.charts, [chart.tag for chart in evaluated.speed]) == ((), ["eval/runtime"])


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
    runs = [RunScalars(f"r{i}", {"loss": [(1, float(i)), (2, 0.0)]}) for i in range(MAX_LINES + 3)]
    (chart,) = groups_of(runs)[0].charts
    assert len(chart.lines) == MAX_LINES
    assert chart.hidden == 3


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.0, "0"), (0.12345, "0.1235"), (1e-7, "1e-7"), (12345.6, "12,346"), (1.5e12, "1.5e12"), (-3.0, "-3")],
)
def test_figures_in_words(value, words):
    assert number(value) == words
