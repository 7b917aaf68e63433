"""The harness itself: what it reads from lists and reports, and what it calls a pass."""

import urllib.error
import urllib.request

import pytest

from tests.conformance.__main__ import unexpected
from tests.conformance.listing import Listed, Rule, read_lists, read_plan
from tests.conformance.results import PASSED, Outcome, dotted, read_report, table
from tests.conformance.unimplemented import unimplemented_server
from tests.conformance.workspace import OVERLAY_FILES, OVERLAYS

REPORT = """\
<testsuites><testsuite>
<testcase classname="tests.test_a.TestB" name="test_good"/>
<testcase classname="tests.test_a.TestB" name="test_bad[x.y]"><failure message="no">first
last line</failure></testcase>
<testcase classname="tests.test_a" name="test_skipped"><skipped message="why"/></testcase>
<testcase classname="tests.test_a" name="test_teardown"/>
<testcase classname="tests.test_a" name="test_teardown"><error message="in teardown"/></testcase>
</testsuite></testsuites>
"""
IDS = [
    "tests/test_a.py::TestB::test_good",
    "tests/test_a.py::TestB::test_bad[x.y]",
    "tests/test_a.py::test_skipped",
    "tests/test_a.py::test_teardown",
    "tests/test_a.py::test_never_ran",
]


@pytest.fixture
def outcomes(tmp_path):
    (tmp_path / "report.xml").write_text(REPORT)
    return read_report(tmp_path / "report.xml")


def test_reports_are_read_by_node_id(outcomes):
    assert outcomes[dotted(IDS[0])] == Outcome(PASSED)
    assert outcomes[dotted(IDS[1])] == Outcome("failed", "last line")
    assert outcomes[dotted(IDS[3])].status == "error"


def test_only_what_ran_and_passed_has_passed(outcomes):
    tests = [Listed("suite", "group", node_id) for node_id in IDS]
    rows = unexpected(tests, outcomes, {}, should_pass=True)
    assert [row.split(": ")[0] for row in rows] == IDS[1:]
    assert table(tests, outcomes, {IDS[1]: "why"}).split("\n")[1].split() == ["group", "1", "3", "1"]


def test_on_a_server_that_can_nothing_a_pass_is_the_surprise(outcomes):
    tests = [Listed("suite", "group", node_id) for node_id in IDS]
    rows = unexpected(tests, outcomes, {}, should_pass=False)
    assert [row.split(": ")[0] for row in rows] == [IDS[0], IDS[4]]


def test_rules_take_brackets_literally():
    assert Rule("tests/test_a.py::*[x]", "").applies_to("tests/test_a.py::test_b[x]")
    assert not Rule("tests/test_a.py::*[x]", "").applies_to("tests/test_a.py::test_bx")


def test_every_leg_has_tests_and_every_list_a_leg():
    suites = {test.suite for test in read_lists()}
    assert suites == {leg.suite for leg in read_plan().legs.values()}


def test_every_overlay_file_exists():
    assert all((OVERLAYS / source).exists() for files in OVERLAY_FILES.values() for source in files)
    assert {leg.overlay for leg in read_plan().legs.values()} == set(OVERLAY_FILES)


def test_the_baseline_server_declines_everything():
    with unimplemented_server() as endpoint, pytest.raises(urllib.error.HTTPError, match="501"):
        urllib.request.urlopen(f"{endpoint}/api/models", timeout=5)
