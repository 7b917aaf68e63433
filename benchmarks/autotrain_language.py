"""AutoTrain on the other tasks of language, once each: is the budget kept, is the baseline beaten, is there a model.

    python -m benchmarks.autotrain_language --data FOLDER [--seconds 60] [--tasks NAME …] [--clock cpu] [--json FILE]

`--data` names a folder with ner_drugs_*.jsonl, uner_ewt_*.jsonl, xquad_en.jsonl, xquad_de.parquet, scitldr_*.parquet,
sentiment_sentences.csv and edos_sexism.parquet; tasks whose files are missing are left out. Nothing is downloaded:
summaries and translations have their baselines only, as no package brings a model that writes. `--clock cpu`: see
`autotrain_text`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

HERE = Path(__file__).resolve().parent
OVERRUN, LONGEST, LONGEST_OF_CPU = 1.1, 4.0, 30.0


@dataclass(frozen=True)
class Task:
    """A run's data.

    Args:
        name: to ask for it.
        task: of AutoTrain.
        columns: by role.
        train: makes its rows from the folder.
        test: those to judge by; None seals a part.
    """

    name: str
    task: str
    columns: dict[str, str]
    train: Callable[[Path], pd.DataFrame]
    test: Callable[[Path], pd.DataFrame] | None = None


def _lines(name: str) -> Callable[[Path], pd.DataFrame]:
    return lambda folder: pd.read_json(folder / name, lines=True)


def _parquet(name: str) -> Callable[[Path], pd.DataFrame]:
    return lambda folder: pd.read_parquet(folder / name)


def _numbers(folder: Path) -> pd.DataFrame:
    rows = pd.read_csv(folder / "sentiment_sentences.csv").sample(1_000, random_state=0)
    return pd.DataFrame({"text": rows["text"], "number": (rows["label"].astype(str) == "positive").astype(float)})


def _several(folder: Path) -> pd.DataFrame:
    rows = pd.read_parquet(folder / "edos_sexism.parquet").sample(1_500, random_state=0)
    labels = [
        [one] if kind == "none" else [one, kind]
        for one, kind in zip(rows["label_sexist"], rows["label_category"], strict=True)
    ]
    return pd.DataFrame({"text": rows["text"], "labels": labels})


def _translated(folder: Path) -> pd.DataFrame:
    english = pd.read_json(folder / "xquad_en.jsonl", lines=True)[["id", "question"]]
    german = pd.read_parquet(folder / "xquad_de.parquet")[["id", "question"]]
    return english.merge(german, on="id", suffixes=("_en", "_de"))


SPANS = {"text": "text", "spans": "spans"}
TASKS = (
    Task("drugs", "token-classification", SPANS, _lines("ner_drugs_train.jsonl"), _lines("ner_drugs_test.jsonl")),
    Task(
        "names",
        "token-classification",
        {"tokens": "tokens", "tags": "ner_tags"},
        _lines("uner_ewt_dev.jsonl"),
        _lines("uner_ewt_test.jsonl"),
    ),
    Task(
        "answers",
        "question-answering",
        {"question": "question", "context": "context", "answers": "answers"},
        _lines("xquad_en.jsonl"),
    ),
    Task("meanings", "sentence-similarity", {"text": "title", "text_pair": "summary"}, _parquet("scitldr_dev.parquet")),
    Task("numbers", "text-regression", {"text": "text", "target": "number"}, _numbers),
    Task("several labels", "text-classification", {"text": "text", "target": "labels"}, _several),
    Task("summaries", "summarization", {"text": "text", "target": "summary"}, _parquet("scitldr_dev.parquet")),
    Task("translations", "translation", {"text": "question_en", "target": "question_de"}, _translated),
)


def run(task: Task, data: Path, folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """One run in a process of its own."""
    paths: dict[str, str | None] = {"data": None, "test": None}
    for name, make in (("data", task.train), ("test", task.test)):
        if make is not None:
            paths[name] = str(folder / f"{name}.jsonl")
            make(data).to_json(paths[name], orient="records", lines=True, force_ascii=False)
    job = {"task": task.task, "columns": task.columns, "seconds": asked.seconds, **paths}
    (folder / "job.json").write_text(json.dumps(job))
    words = [sys.executable, str(HERE / "automl" / "run_language.py"), str(folder / "job.json"), asked.clock]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    longest = (LONGEST_OF_CPU if asked.clock == "cpu" else LONGEST) * asked.seconds
    began = time.monotonic()
    try:
        subprocess.run(
            [*words, str(folder / "out.json")],
            env={**os.environ, **threads},
            check=True,
            capture_output=True,
            timeout=longest,
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"ended after {time.monotonic() - began:.0f} s"}
    except subprocess.CalledProcessError as error:
        return {"failed": error.stderr.decode()[-300:]}
    found: dict[str, Any] = json.loads((folder / "out.json").read_text())
    return found


def misses(name: str, found: dict[str, Any], seconds: float) -> list[str]:
    """What is not as it should be, in words."""
    if "failed" in found:
        return [f"{name}: no model ({found['failed']})"]
    missed = []
    if found["seconds"]["all"] > OVERRUN * seconds:
        missed.append(f"{name}: {found['seconds']['all']:.0f} s of {seconds:.0f} s")
    if found["best"] < found["baseline"]:
        missed.append(f"{name}: {found['best']:.3f} where the baseline has {found['baseline']:.3f}")
    return missed


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--tasks", nargs="*", default=[])
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    results, missed = {}, []
    for task in TASKS:
        if asked.tasks and task.name not in asked.tasks:
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                found = run(task, asked.data, Path(folder), asked)
            except FileNotFoundError:
                continue
        results[task.name] = found
        missed += misses(task.name, found, asked.seconds)
        print(task.name, json.dumps(found), flush=True)
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=1))
    print("\n".join(f"MISSED {line}" for line in missed) or "All gates are met.")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
