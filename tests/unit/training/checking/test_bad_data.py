"""Forty data sets as people bring them: refused or repaired, each with its sentence."""

import re

import pandas as pd
import pytest

from holdfast.base.errors import InvalidInput
from holdfast.training.checking.check import check_data
from holdfast.training.domain.findings import Finding, Severity
from tests.factories.bad_data import BAD, Bad, healthy, texts

_JARGON = re.compile(r"\b(NaN|dtype|NaT|dataframe|TypeError|KeyError|null|None|object)\b", re.I)


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_it_is_told_in_plain_words(bad: Bad):
    rows = bad.rows()
    frame, test = rows if isinstance(rows, tuple) else (rows, None)
    check = check_data(frame, bad.spec, test)
    found = [finding for finding in check.findings if finding.code == bad.code]
    assert found, [(finding.code, finding.sentence) for finding in check.findings]
    for words in bad.says:
        assert any(words in finding.sentence for finding in found), found
    assert check.verdict.value == bad.verdict, check.findings
    for finding in check.findings:
        assert_readable(finding)


def assert_readable(finding: Finding) -> None:
    assert finding.sentence[-1] in ".!?", finding
    assert not _JARGON.search(finding.sentence + finding.advice), finding
    assert "  " not in finding.sentence, finding
    assert finding.advice or finding.severity is not Severity.BLOCKED, finding


def test_there_are_forty_and_more():
    assert len({bad.name for bad in BAD}) >= 40


def test_what_is_blocked_can_not_begin():
    bad = next(bad for bad in BAD if bad.name == "one class")
    with pytest.raises(InvalidInput, match="nothing to tell apart"):
        check_data(bad.rows(), bad.spec).require()


@pytest.mark.parametrize("frame", [healthy(), texts()], ids=["table", "texts"])
def test_nothing_is_said_about_what_is_well(frame: pd.DataFrame):
    bad = Bad("", lambda: frame, "", (), "", task="auto", columns={})
    check = check_data(frame, bad.spec)
    assert check.verdict.value == "ready"
    assert {finding.severity for finding in check.findings} <= {Severity.NOTE}
    pd.testing.assert_frame_equal(check.frame, frame, check_dtype=False)
