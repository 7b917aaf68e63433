"""The build breaks when the documentation falls behind the code."""

import importlib.util
import inspect
import re
from pathlib import Path

import pytest

from holdfast.base import errors
from tests.conformance.listing import read_lists, read_plan

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def generate():
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_pages_are_current(generate):
    assert generate.stale_pages() == [], "run ./dev docs"


def test_every_error_has_a_code_a_status_and_a_meaning(generate):
    page = (ROOT / "docs" / "reference" / "errors.md").read_text()
    for cls in generate.error_classes():
        assert f"`{cls.code}`" in page
        assert inspect.getdoc(cls), cls


def test_the_error_tree_drawn_on_top_is_complete(generate):
    drawn = set(re.findall(r"\b([A-Z]\w+)\b(?= \d{3})", errors.__doc__))
    assert {cls.__name__ for cls in generate.error_classes()} <= drawn | set(re.findall(r"── (\w+)", errors.__doc__))


def test_every_conformance_rule_takes_something_out():
    """A rule that matches no listed test is left over, and hides nothing only by luck."""
    plan, tests = read_plan(), read_lists()
    rules = [*plan.out_of_scope, *(rule for leg in plan.legs.values() for rule in leg.skipped)]
    assert [rule.match for rule in rules if not any(rule.applies_to(test.node_id) for test in tests)] == []


def test_links_between_pages_lead_somewhere():
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    links = [
        (page, target) for page in pages for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
    ]
    local = [(page, target) for page, target in links if not re.match(r"[a-z]+:", target)]
    assert [f"{page.relative_to(ROOT)} → {to}" for page, to in local if not (page.parent / to).exists()] == []
