"""Small things stay small: lines of a file, lines of a function body, and names that say something."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(path for path in (ROOT / "src" / "holdfast").rglob("*.py") if "migrations" not in path.parts)
MAX_FILE_LINES = 400
MAX_BODY_LINES = 30
SAYS_NOTHING = {"utils", "helpers", "common", "manager", "misc", "util", "helper", "managers"}
LONGER_FOR_A_REASON = {
    "base/errors.py": 700,  # one tree, drawn at its top, read from top to bottom
}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src" / "holdfast")))
def test_file(path):
    name = str(path.relative_to(ROOT / "src" / "holdfast"))
    assert path.read_text().count("\n") <= LONGER_FOR_A_REASON.get(name, MAX_FILE_LINES)
    assert not set(path.relative_to(ROOT).with_suffix("").parts) & SAYS_NOTHING
    assert not list(_long_bodies(path))


def _long_bodies(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
            if lines > MAX_BODY_LINES:
                yield f"{node.name}: {lines} lines"
