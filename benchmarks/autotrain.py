"""AutoTrain on tables beside FLAML and AutoGluon: the same splits, the same wall time, one thread each.

    python -m benchmarks.autotrain --install     # FLAML and AutoGluon, each in an environment of its own in .venvs/
    python -m benchmarks.autotrain [--quick] [--seconds 60] [--splits 3] [--data FOLDER] [--only TABLE]
                                   [--without NAME ...] [--json FILE]

Needs the training extra. `--data` names a folder with telco_churn.csv, diamonds.csv and housing.csv (California), or
some of them; the other tables come with scikit-learn. Contenders take turns on each split, so that a busy machine
disturbs all alike; those that are not installed are left out. Beside them stand single estimators of scikit-learn with
the settings they come with (`baseline …`); these need no environment and have no rank. Memory is the proportional set
size of the whole process tree, looked at four times a second. `--quick`: one split of three small tables, 20 s.

Gates: mean rank ahead of each contender; on no table worse in the mean than the best single baseline there, by more
than chance could do (one standard error over rows that all had to answer); always a model; at most 5 % over the budget;
at most half of AutoGluon's memory; the tables' own gates at 60 s.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from benchmarks.automl.baselines import KINDS, Answers, worse_than
from benchmarks.automl.tables import TARGET, Table, score, tables
from benchmarks.harness import process_tree

HERE = Path(__file__).resolve().parent
VENVS = HERE.parent / ".venvs"
OURS = "Holdfast"
BASELINE = "baseline"
ENVIRONMENTS = {
    "bench-flaml": ["flaml==2.7.0", "lightgbm==4.7.0", "xgboost-cpu==3.2.0", "scikit-learn", "pandas<3"],
    "bench-autogluon": ["autogluon.tabular[lightgbm,catboost,xgboost,fastai]==1.6.3"],
}
QUICK_TABLES = ("breast cancer", "wine", "diabetes")
OVERRUN = 1.05
FEW_ROWS, MORE_OF_FEW_ROWS = 1_000, 2
"""Tables of fewer rows are split so many times as often: 45 sealed rows of wine tell little."""
LONGEST = 4.0


@dataclass(frozen=True)
class Contender:
    """Somebody who trains: a script, run by the Python of its environment."""

    name: str
    script: str
    python: Path
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """What came of one split. `score` None means: no model."""

    table: str
    split: int
    contender: str
    score: float | None
    seconds: float
    peak_mb: float
    family: str = ""
    artefact_mb: float | None = None
    own_seconds: float | None = None
    problem: str = ""
    answers: Answers | None = field(default=None, repr=False)


def contenders() -> list[Contender]:
    """Those that are installed; ours first, the baselines last."""
    flaml, autogluon = (VENVS / name / "bin" / "python" for name in ENVIRONMENTS)
    found = [Contender(OURS, "run_holdfast.py", Path(sys.executable))]
    found += [Contender("FLAML", "run_flaml.py", flaml)]
    found += [Contender(f"AutoGluon {preset}", "run_autogluon.py", autogluon, (preset,)) for preset in PRESETS]
    own = Path(sys.executable)
    found += [Contender(f"{BASELINE} {kind}", "run_baseline.py", own, (kind,)) for kind in KINDS]
    return [contender for contender in found if contender.python.exists()]


PRESETS = ("medium_quality", "best_quality")


def install() -> None:
    """Make the contenders' environments."""
    for name, requirements in ENVIRONMENTS.items():
        subprocess.run([sys.executable, "-m", "venv", VENVS / name], check=True)
        pip = [VENVS / name / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *requirements], check=True)


def measure(contender: Contender, table: Table, split: int, seconds: float) -> Result:
    """One contender on one split."""
    train, test = table.split(split)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        train.to_csv(folder / "train.csv", index=False)
        test.to_csv(folder / "test.csv", index=False)
        wall, peak_mb, problem = _run(contender, folder, table.metric, seconds, split)
        if problem:
            return Result(table.name, split, contender.name, None, wall, peak_mb, problem=problem)
        told = json.loads((folder / "told.json").read_text())
        answers = np.load(folder / "answers.npy")
        found = score(table, test[TARGET], answers, told["labels"])
        own = told.get("seconds", {}).get("all")
        mb = told.get("artefact_mb")
        said = Answers(answers, told["labels"])
        return Result(
            table.name, split, contender.name, found, wall, peak_mb, told.get("family", ""), mb, own, answers=said
        )


def _run(contender: Contender, folder: Path, metric: str, seconds: float, seed: int) -> tuple[float, float, str]:
    """Wall seconds, peak memory, and what went wrong; empty for nothing."""
    script = str(HERE / "automl" / contender.script)
    command = [str(contender.python), script, str(folder), metric, str(seconds), str(seed), *contender.words]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    began, peak_mb = time.monotonic(), 0.0
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **threads}, cwd=folder)
        while process.poll() is None:
            peak_mb = max(peak_mb, proportional_mb(process.pid))
            if time.monotonic() - began > LONGEST * seconds + 60:
                process.kill()
            time.sleep(0.25)
    wall = time.monotonic() - began
    lines = (folder / "log.txt").read_text(errors="replace").strip().splitlines()
    failed = process.returncode != 0 or not (folder / "answers.npy").exists()
    return wall, peak_mb, (lines or [f"status {process.returncode}"])[-1] if failed else ""


def proportional_mb(pid: int) -> float:
    """Memory of a process tree; pages that its processes share count once."""
    total = 0
    for each in process_tree(pid):
        try:
            lines = Path(f"/proc/{each}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def ranks(results: list[Result], tables_: dict[str, Table]) -> dict[str, float]:
    """Mean rank by contender over the splits; who has no model is last."""
    found: dict[str, list[float]] = {}
    ranked = [result for result in results if not result.contender.startswith(BASELINE)]
    for key in sorted({(result.table, result.split) for result in ranked}):
        same = [result for result in ranked if (result.table, result.split) == key]
        sign = -1 if tables_[key[0]].greater_is_better else 1
        values = {result.contender: np.inf if result.score is None else sign * result.score for result in same}
        for name, value in values.items():
            better = sum(other < value for other in values.values())
            equal = sum(other == value for other in values.values())
            found.setdefault(name, []).append(better + (equal + 1) / 2)
    return {name: statistics.mean(places) for name, places in found.items()}


def gates(results: list[Result], tables_: dict[str, Table], seconds: float) -> list[tuple[str, bool]]:
    """What must hold, and whether it does."""
    ours = [result for result in results if result.contender == OURS]
    peers = sorted({result.contender for result in results if not result.contender.startswith(BASELINE)} - {OURS})
    places = ranks(results, tables_)
    found = [
        (f"mean rank ahead of {peer}: {places[OURS]:.2f} / {places[peer]:.2f}", places[OURS] < places[peer])
        for peer in peers
    ]
    found.append(("always a model", all(result.score is not None for result in ours)))
    longest = max((result.own_seconds or result.seconds for result in ours), default=0.0)
    found.append((f"at most 5 % over {seconds:.0f} s: {longest:.1f} s", longest <= OVERRUN * seconds))
    gluon = [result.peak_mb for result in results if result.contender.startswith("AutoGluon")]
    peak = max((result.peak_mb for result in ours), default=0.0)
    found.append((f"peak memory at most 500 MB: {peak:.0f} MB", peak <= 500))
    if gluon:
        mine = statistics.mean(result.peak_mb for result in ours)
        found.append(
            (
                f"half of AutoGluon's memory: {mine:.0f} / {statistics.mean(gluon):.0f} MB",
                mine <= statistics.mean(gluon) / 2,
            )
        )
    found += [beside_baselines(table, results) for table in tables_.values() if _answers(results, table, BASELINE)]
    for name, table in tables_.items():
        known = [result.score for result in ours if result.table == name and result.score is not None]
        if table.gate is not None and known and seconds >= 60:
            mean = statistics.mean(known)
            good = mean >= table.gate if table.greater_is_better else mean <= table.gate
            found.append((f"{name} {table.metric} {table.gate:g}: {mean:.5g}", good))
    return found


def beside_baselines(table: Table, results: list[Result]) -> tuple[str, bool]:
    """Whether ours is as good as the best single baseline of a table, but for chance."""
    ours = _answers(results, table, OURS).get(OURS, {})
    named = _answers(results, table, BASELINE)
    gaps = {name: worse_than(table, ours, theirs) for name, theirs in named.items() if set(ours) & set(theirs)}
    if not gaps:
        return f"{table.name}: no model to hold against the baselines", False
    best = max(gaps, key=lambda name: gaps[name][0])
    gap, error = gaps[best]
    words = f"{table.name} {table.metric}, best {best}: {abs(gap):.4g} {'worse' if gap > 0 else 'better'} ± {error:.2g}"
    return words, gap <= error


def _answers(results: list[Result], table: Table, prefix: str) -> dict[str, dict[int, Answers]]:
    """Answers by contender and split, of those whose name begins so."""
    found: dict[str, dict[int, Answers]] = {}
    for result in results:
        if result.table == table.name and result.contender.startswith(prefix) and result.answers is not None:
            found.setdefault(result.contender, {})[result.split] = result.answers
    return found


def main() -> int:
    """Run and print; the status is 1 when a gate is missed."""
    options = _options()
    if options.install:
        install()
        return 0
    seconds = 20.0 if options.quick else options.seconds
    chosen = {table.name: table for table in tables(options.data) if _wanted(table.name, options)}
    results: list[Result] = []
    for split in range(1 if options.quick else MORE_OF_FEW_ROWS * options.splits):
        for table in (one for one in chosen.values() if split < options.splits or len(one.frame) < FEW_ROWS):
            for contender in (one for one in contenders() if one.name not in options.without):
                result = measure(contender, table, split, seconds)
                results.append(result)
                print(_line(result, table.metric), flush=True)
    checked = gates(results, chosen, seconds)
    for name, place in sorted(ranks(results, chosen).items(), key=lambda pair: pair[1]):
        print(f"mean rank {place:.2f}  {name}")
    for words, good in checked:
        print(f"{'ok  ' if good else 'MISS'} {words}")
    if options.json:
        options.json.write_text(json.dumps([asdict(replace(one, answers=None)) for one in results], indent=1))
    return int(not all(good for _words, good in checked))


def _line(result: Result, metric: str) -> str:
    shown = result.problem[:80] if result.score is None else f"{metric} {result.score:.5g}  {result.family}"
    where = f"{result.table:14s} {result.split} {result.contender:26s}"
    return f"{where} {result.seconds:6.1f} s {result.peak_mb:6.0f} MB  {shown}"


def _wanted(name: str, options: argparse.Namespace) -> bool:
    return name == options.only if options.only else not options.quick or name in QUICK_TABLES


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--only")
    parser.add_argument("--without", nargs="*", default=(), help="contenders that take too long for today")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
