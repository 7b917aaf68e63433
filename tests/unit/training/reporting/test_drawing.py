"""Exhibits as pictures: well-formed, within their borders, with everything said in words."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from holdfast.training.domain.exhibits import Drawing, Exhibit
from holdfast.training.domain.judgements import Judgement
from holdfast.training.reporting import of_labels, of_numbers
from holdfast.training.reporting.drawing import picture

NASTY = '<script>"&`'


def drawn(exhibit: Exhibit, *, standalone: bool = True) -> ElementTree.Element:
    text = picture(exhibit, standalone=standalone)
    assert text is not None
    return ElementTree.fromstring(text)


EXHIBITS = [
    Exhibit("a", NASTY, NASTY, ("line", "x", "y"), ((NASTY, 0, 1.0), (NASTY, 5, 2.0), ("b", 1, 1.5)), Drawing.LINES),
    Exhibit("b", "t", "s", ("line", "x", "y"), (("one", 3.0, 3.0),), Drawing.LINES, diagonal=True),
    Exhibit("c", "t", "s", ("x", "y"), ((-5.0, 1e9), (7.0, -1e9)), Drawing.POINTS, diagonal=True),
    Exhibit("d", "t", "s", ("n", "v"), ((NASTY, -0.5), ("none", 0.0), ("much", 1e12)), Drawing.BARS),
    Exhibit("e", "t", "s", ("n", "v", "from", "to"), (("a", 0.5, 0.4, 0.6), ("b", 0.1, None, None)), Drawing.BARS),
    Exhibit("f", "t", "s", ("is", NASTY, "b"), ((NASTY, 3, 0), ("b", 0, 0)), Drawing.MATRIX),
]


@pytest.mark.parametrize("exhibit", EXHIBITS, ids=lambda exhibit: exhibit.name)
def test_every_kind_is_well_formed_and_within_its_borders(exhibit: Exhibit):
    svg = drawn(exhibit)
    width, height = map(float, svg.attrib["viewBox"].split()[2:])
    for element in svg.iter():
        for name, most in (("x", width), ("cx", width), ("y", height), ("cy", height)):
            if name in element.attrib:
                assert -1 <= float(element.attrib[name]) <= most + 1, element.attrib
    assert svg.attrib["aria-label"] == f"{exhibit.title}. {exhibit.sentence}"


def test_no_style_and_no_script():
    for exhibit in EXHIBITS:
        text = picture(exhibit) or ""
        assert not re.search(r"<script|style=|<style|href|onload", text)
        assert 'class="picture"' in text


def test_a_table_has_no_picture():
    assert picture(Exhibit("t", "t", "s", ("a",), (("x",),))) is None


def classifier(rows: int = 60) -> Judgement:
    random = np.random.default_rng(0)
    truth = random.choice(["ant", "bee", "cat"], rows).tolist()
    given = random.dirichlet(np.ones(3), rows)
    said = [("ant", "bee", "cat")[place] for place in given.argmax(axis=1)]
    return Judgement({}, {}, rows, truth, said, given, ("ant", "bee", "cat"))


def test_a_classifier_has_all_its_exhibits():
    found = {exhibit.name: exhibit for exhibit in of_labels.exhibits(classifier())}
    assert set(found) == {"confusion", "labels", "roc", "precision-recall", "calibration"}
    assert sum(sum(row[1:]) for row in found["confusion"].rows) == 60
    mean, *labels = found["labels"].rows
    assert mean[1] == pytest.approx(np.mean([row[1] for row in labels]))
    assert sum(row[3] for row in found["calibration"].rows) == 60
    for name in ("roc", "precision-recall", "calibration", "confusion"):
        drawn(found[name])


def test_a_label_that_is_never_said_has_no_precision():
    judgement = Judgement({}, {}, 2, ["a", "b"], ["a", "a"], np.array([[0.9, 0.1], [0.8, 0.2]]), ("a", "b"))
    assert of_labels.by_label(judgement)[1] == ("b", None, 0.0, 0.0, 1, 0)
    assert {exhibit.name for exhibit in of_labels.exhibits(judgement)} >= {"labels", "roc"}


def test_numbers_have_estimates_and_errors_by_size():
    truth = [float(value) for value in range(100)]
    said = [value * 1.1 for value in truth]
    estimates, errors = of_numbers.exhibits(Judgement({}, {}, 100, truth, said))
    assert len(estimates.rows) == 100
    assert errors.sentence.startswith("It is furthest off where the truth is 80 to 99")
    drawn(estimates)
    same = [1.0, 1.0]
    assert [exhibit.name for exhibit in of_numbers.exhibits(Judgement({}, {}, 2, same, same))] == [
        "residuals",
        "errors",
    ]
