"""The floors of the house: who may import whom (contracts in pyproject.toml)."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src" / "holdfast").rglob("*.py"))


def test_import_contracts_hold():
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout[-4000:] + finished.stderr[-2000:]


MAY_SEE_THE_ENVIRONMENT = {
    "backends/runners/local/environment.py",  # hands on what libraries of jobs need, and nothing of the server's own
    "backends/engines/worker/process.py",  # hands on what libraries of models need, and nothing of the server's own
    "base/settings.py",  # the one place that reads configuration
    "cli/train.py",  # configs of the old AutoTrain name variables: ${HF_USERNAME}
    "cli/serve.py",  # chooses, before numpy is loaded, how many threads its libraries start
    "jobs/mounting.py",  # runs beside the processes of jobs: the server talks to it so
    "jobs/reporting.py",  # runs in the processes of jobs: the server talks to them so
    "hub/repos/git_storage/processes.py",  # hands PATH on to git, and nothing else
}


def test_the_environment_is_read_in_one_place():
    """Drivers and services get values; only the settings know where these come from."""
    readers = {str(path.relative_to(ROOT / "src" / "holdfast")) for path in SOURCES if _reads_environment(path)}
    assert readers <= MAY_SEE_THE_ENVIRONMENT


def _reads_environment(path: Path) -> bool:
    text = path.read_text()
    if "environ" not in text and "getenv" not in text:
        return False  # to parse all of them takes seconds
    return any(
        isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv") and _is_os(node.value)
        for node in ast.walk(ast.parse(text))
    )


def _is_os(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "os"


def test_the_hub_starts_without_heavy_libraries():
    """`import holdfast.app.server` in a fresh interpreter brings none of them along."""
    heavy = {"torch", "transformers", "ray", "boto3", "pandas", "pyarrow", "huggingface_hub"}
    code = "import sys, holdfast.app.server; print(*{name.partition('.')[0] for name in sys.modules})"
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not heavy & set(finished.stdout.split())
