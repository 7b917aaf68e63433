"""A case for every trainer: data as people bring them, the command's words, and a question for what comes out.

Data are those that the repository has, or drawn here. Base models are tiny and are pushed to the server first.
"""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image
from sklearn import datasets

from holdfast.inference.runtime.sounds import encode_wav
from tests.factories import tiny_models
from tests.factories.training_texts import reviews

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "src" / "holdfast" / "app" / "demo" / "data" / "datasets"
RECIPES = ROOT / "examples" / "recipes" / "data"


@dataclass(frozen=True)
class Case:
    """A trainer's whole work.

    Args:
        name: of the case, and of the repo that the model goes to.
        task: that is trained.
        data: writes data into a folder; gives what `--data` takes.
        asked: inputs of a request to the model; None takes the report's own example.
        words: more words of the command line.
        spec: more of the spec, which the command line has no words for.
        base: one of `BASES` to start from.
        has_rows: whether the data are rows; those that learn by trying have none.
    """

    name: str
    task: str
    data: Callable[[Path], str]
    asked: Any
    words: tuple[str, ...] = ()
    spec: Mapping[str, Any] = field(default_factory=dict)
    base: str | None = None
    has_rows: bool = True


def written(frame: pd.DataFrame, folder: Path, name: str) -> str:
    """Rows as a file of the kind that its name says."""
    path = folder / name
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_json(path, orient="records", lines=True)
    return str(path)


def bundled(name: str, rows: int | None = None, *, target: bool = True) -> Callable[[Path], str]:
    """One of scikit-learn's own tables."""

    def write(folder: Path) -> str:
        frame = getattr(datasets, f"load_{name}")(as_frame=True).frame.head(rows)
        return written(frame if target else frame.drop(columns="target"), folder, f"{name}.csv")

    return write


def there(path: Path) -> Callable[[Path], str]:
    """A file of the repository."""
    return lambda _folder: str(path)


def named(name: str) -> Callable[[Path], str]:
    """No data, but an environment."""
    return lambda _folder: name


def drawn(name: str, rows: int, line: Callable[[random.Random, int], Mapping[str, Any]]) -> Callable[[Path], str]:
    """So many rows, each drawn."""

    def write(folder: Path) -> str:
        chance = random.Random(0)
        return written(pd.DataFrame([line(chance, row) for row in range(rows)]), folder, name)

    return write


WORDS = tiny_models.WORDS.split()[:60]


def said(chance: random.Random, words: int = 6) -> str:
    return " ".join(chance.choice(WORDS) for _ in range(words))


def _moods(chance: random.Random, row: int) -> Mapping[str, Any]:
    """A text with several labels, or none."""
    good, dog = row % 2 == 0, chance.random() < 0.5
    words = [*(["great"] * 2 if good else ["awful"] * 2), *(["dog"] * 2 if dog else []), *said(chance, 4).split()]
    chance.shuffle(words)
    return {"text": " ".join(words), "labels": [*(["happy"] if good else ["sad"]), *(["animal"] if dog else [])]}


def _relation(chance: random.Random, row: int) -> Mapping[str, Any]:
    """Whether the second text says what the first does."""
    one, other = chance.sample(["red", "green", "blue", "big", "small"], 2)
    said_first, same = said(chance, 3), row % 2 == 0
    return {
        "premise": f"{said_first} the dog is {one}",
        "hypothesis": f"the dog is {one if same else other}",
        "relation": "entails" if same else "contradicts",
    }


def _stars(chance: random.Random, _row: int) -> Mapping[str, Any]:
    stars = chance.randint(0, 4)
    return {"text": said(chance, 5) + " good" * stars + " bad" * (4 - stars), "stars": stars + chance.random() / 10}


def _page(chance: random.Random, row: int) -> Mapping[str, Any]:
    name, city = chance.choice(["sarah", "john"]), chance.choice(["paris", "berlin", "london"])
    context = f"{said(chance, 3)} . my name is {name} . i live in {city} ."
    question, answer = (("what is my name ?", name), ("where ?", city))[row % 2]
    answers = {"text": [answer], "answer_start": [context.index(answer)]}
    return {"id": str(row), "question": question, "context": context, "answers": answers}


def _article(chance: random.Random, _row: int) -> Mapping[str, Any]:
    first = said(chance)
    return {"text": f"{first}. {said(chance, 12)}. {said(chance, 12)}.", "summary": first}


def _two_tongues(chance: random.Random, _row: int) -> Mapping[str, Any]:
    pairs = {"red": "rot", "green": "grün", "blue": "blau", "dog": "hund", "cat": "katze", "big": "groß"}
    words = [chance.choice(list(pairs)) for _ in range(4)]
    return {"english": " ".join(words), "german": " ".join(pairs[word] for word in words)}


def _alike(chance: random.Random, _row: int) -> Mapping[str, Any]:
    words = said(chance, 5).split()
    return {"question": " ".join(words), "answer": " ".join(reversed(words))}


def _lesson(_chance: random.Random, row: int) -> Mapping[str, Any]:
    return {"messages": [{"role": "user", "content": f"say {row}"}, {"role": "assistant", "content": "aba " * 3}]}


def _pair(_chance: random.Random, row: int) -> Mapping[str, Any]:
    return {"prompt": f"say {row}", "chosen": "aba aba aba", "rejected": "xyz"}


def _verdict(_chance: random.Random, row: int) -> Mapping[str, Any]:
    return {"prompt": f"say {row}", "completion": ("aba aba", "xyz")[row % 2], "label": row % 2 == 0}


def _digits_please(_chance: random.Random, row: int) -> Mapping[str, Any]:
    return {"prompt": f"a number of {row}", "answer": "7"}


def _tale(chance: random.Random, _row: int) -> Mapping[str, Any]:
    return {"text": " ".join(f"the {chance.choice(WORDS)} is {chance.choice(WORDS)} ." for _ in range(12))}


def few_reviews(rows: int) -> Callable[[Path], str]:
    return lambda folder: written(reviews(rows), folder, "reviews.csv")


def _letters(chance: random.Random, row: int) -> Mapping[str, Any]:
    """The order tells, not the words."""
    words = ["one", "two"] if row % 2 else ["two", "one"]
    return {"text": " ".join([*said(chance, 3).split(), *words]), "kind": ("falls", "rises")[row % 2]}


def png(levels: np.ndarray[Any, Any], size: int = 32) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(levels.astype(np.uint8)).resize((size, size)).save(buffer, "PNG")
    return buffer.getvalue()


def _digit(row: int) -> bytes:
    return png(255 - 15 * datasets.load_digits().images[row])


def pictures(rows: int) -> Callable[[Path], str]:
    """Handwritten digits, a folder for each."""

    def write(folder: Path) -> str:
        digits = datasets.load_digits()
        for row in range(rows):
            place = folder / "digits" / f"digit-{digits.target[row]}"
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{row}.png").write_bytes(png(255 - 15 * digits.images[row]))
        return str(folder / "digits")

    return write


def tone(chance: np.random.Generator, *, rises: bool) -> bytes:
    moments = np.arange(int(8_000 * chance.uniform(0.3, 0.5))) / 8_000
    low = chance.uniform(300, 2_000)
    pitch = np.linspace(*((low, low + 500) if rises else (low + 500, low)), len(moments))
    return encode_wav(0.5 * np.sin(2 * np.pi * np.cumsum(pitch) / 8_000) + chance.normal(0, 0.01, len(moments)), 8_000)


def sounds(rows: int) -> Callable[[Path], str]:
    """Tones that rise or fall, a folder for each."""

    def write(folder: Path) -> str:
        chance = np.random.default_rng(0)
        for row in range(rows):
            place = folder / "tones" / ("rising" if row % 2 else "falling")
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{row}.wav").write_bytes(tone(chance, rises=bool(row % 2)))
        return str(folder / "tones")

    return write


def entities(folder: Path) -> str:
    """The first texts of a recipe."""
    lines = (RECIPES / "ner_fashion_brands_train.jsonl").read_text(encoding="utf-8").splitlines()
    path = folder / "brands.jsonl"
    path.write_text("\n".join(lines[:400]), encoding="utf-8")
    return str(path)


BASES: Mapping[str, Callable[[Path], Path]] = {
    "gpt2": tiny_models.gpt2,
    "bert": tiny_models.bert,
    "t5": tiny_models.t5,
    "encoder": tiny_models.sentence_encoder,
    "vit": tiny_models.vit,
}
"""Models to start from, by the name of the repo that they are pushed to."""

IRIS = {"table": {f"{part} {kind} (cm)": ["5.1"] for part in ("sepal", "petal") for kind in ("length", "width")}}
PENGUIN = {"table": {
    "island": ["Torgersen"], "bill_length_mm": ["39.1"], "bill_depth_mm": ["18.7"], "flipper_length_mm": ["181"],
    "body_mass_g": ["3750"], "sex": ["male"], "year": ["2007"],
}}  # fmt: skip
TALK = [{"role": "user", "content": "say 1"}]
TRIES = {"rewards": "digits", "num_generations": 4, "max_completion_length": 12, "beta": 0.0}

CASES = (
    Case("table-labels", "tabular-classification", there(DEMO / "penguins" / "penguins.csv"), PENGUIN,
         ("--target", "species")),
    Case("table-numbers", "tabular-regression", bundled("diabetes"), None, ("--target", "target")),
    Case("segments", "clustering", bundled("iris", target=False), IRIS),
    Case("anomalies", "anomaly-detection", bundled("breast_cancer", target=False), None),
    Case("maps", "dimensionality-reduction", bundled("digits", 600), None, ("--target", "target")),
    Case("text-labels", "text-classification", there(DEMO / "sms-spam" / "sms_spam.csv"), "you won a prize",
         ("--target", "label", "--column", "text=text")),
    Case("text-many-labels", "text-classification", drawn("moods.jsonl", 200, _moods), "great dog",
         ("--target", "labels", "--column", "text=text")),
    Case("text-numbers", "text-regression", drawn("stars.csv", 200, _stars), "good good bad",
         ("--target", "stars", "--column", "text=text")),
    Case("text-pairs", "text-classification", drawn("pairs.csv", 200, _relation),
         {"text": "the dog is red", "text_pair": "the dog is blue"},
         ("--target", "relation", "--column", "text=premise", "--column", "text_pair=hypothesis"), base="bert"),
    Case("text-fine-tuned", "text-classification", few_reviews(500), "love this movie",
         ("--target", "label", "--candidates", "majority,fine-tuned"), base="bert"),
    Case("text-lora", "text-classification", few_reviews(500), "love this movie",
         ("--target", "label", "--candidates", "majority,fine-tuned"), {"params": {"peft": True, "lora_r": 4}}, "bert"),
    Case("few-shot", "few-shot-text-classification", few_reviews(16), "love this movie", ("--target", "label")),
    Case("zero-shot", "zero-shot-classification", few_reviews(100), "love this movie", ("--target", "label"),
         {"labels": {"good": "a good movie that people love", "bad": "an awful movie that people hate"}}),
    Case("entities", "token-classification", entities, "I like Nike shoes",
         ("--column", "text=text", "--column", "spans=spans")),
    Case("entities-tuned", "token-classification", entities, "I like Nike shoes",
         ("--column", "text=text", "--column", "spans=spans"), base="bert"),
    Case("answers", "question-answering", drawn("pages.jsonl", 200, _page),
         {"question": "what is my name ?", "context": "my name is sarah ."}, base="bert"),
    Case("summaries", "summarization", drawn("articles.csv", 120, _article), "the dog sat. the cat sat on a mat.",
         ("--column", "text=text", "--target", "summary"), base="t5"),
    Case("translations", "translation", drawn("tongues.csv", 120, _two_tongues), "red dog",
         ("--column", "text=english", "--target", "german"), base="t5"),
    Case("meanings", "sentence-similarity", drawn("alike.csv", 200, _alike),
         {"source_sentence": "a red dog", "sentences": ["a dog", "london"]},
         ("--column", "text=question", "--column", "text_pair=answer"), base="encoder"),
    Case("pictures", "image-classification", pictures(600), _digit(3)),
    Case("pictures-transformer", "image-classification", pictures(300), _digit(3), ("--candidates", "majority,vit")),
    Case("pictures-further", "image-classification", pictures(200), _digit(3),
         ("--candidates", "majority,embeddings-linear,fine-tuning"), base="vit"),
    Case("sounds", "audio-classification", sounds(80), tone(np.random.default_rng(1), rises=True)),
    Case("sequences", "sequence-classification", drawn("letters.csv", 200, _letters), "one two",
         ("--column", "text=text", "--target", "kind")),
    Case("tales", "language-modeling", drawn("tales.csv", 200, _tale), "the dog", ("--column", "text=text")),
    Case("sft", "llm-sft", drawn("lessons.jsonl", 120, _lesson), TALK, base="gpt2"),
    Case("sft-lora", "llm-sft", drawn("lessons.jsonl", 120, _lesson), TALK,
         spec={"params": {"peft": True, "lora_r": 4}}, base="gpt2"),
    Case("sft-qlora", "llm-sft", drawn("lessons.jsonl", 120, _lesson), TALK,
         spec={"params": {"quantization": "int4", "lora_r": 4}}, base="gpt2"),
    Case("pretraining", "llm-pretraining", drawn("tales.csv", 200, _tale), "the dog",
         ("--column", "text=text"), base="gpt2"),
    Case("reward-model", "llm-reward", drawn("pairs.jsonl", 120, _pair), "say 1", base="gpt2"),
    Case("dpo", "llm-dpo", drawn("pairs.jsonl", 120, _pair), TALK, base="gpt2"),
    Case("kto", "llm-kto", drawn("verdicts.jsonl", 120, _verdict), TALK, base="gpt2"),
    Case("grpo", "llm-grpo", drawn("digits.jsonl", 60, _digits_please), TALK, spec={"params": TRIES}, base="gpt2"),
    Case("rloo", "llm-rloo", drawn("digits.jsonl", 60, _digits_please), TALK, spec={"params": TRIES}, base="gpt2"),
    Case("ppo", "llm-ppo", drawn("digits.jsonl", 60, _digits_please), TALK, spec={"params": TRIES}, base="gpt2"),
    Case("balancing", "reinforcement-learning", named("CartPole-v1"), {"observation": [0.0, 0.1, 0.0, 0.1]},
         ("--candidates", "ppo"), has_rows=False),
    Case("balancing-dqn", "reinforcement-learning", named("CartPole-v1"), {"observation": [0.0, 0.1, 0.0, 0.1]},
         ("--candidates", "dqn"), has_rows=False),
    Case("pricing", "reinforcement-learning", named("dynamic-pricing"), None, has_rows=False),
)  # fmt: skip


def command(case: Case, data: str, folder: Path, budget: int, repo_id: str, owner: str) -> list[str]:
    """The words of `holdfast train` for a case, written as a person would."""
    words = ["train", "--task", case.task, "--data", data, "--budget", f"{budget}s", *case.words]
    if case.spec:
        spec = folder / "spec.yaml"
        spec.write_text(json.dumps({"task": case.task, "data": data, **case.spec}))
        words += ["--spec", str(spec)]
    if case.base:
        words += ["--base-model", f"{owner}/{case.base}"]
    return [*words, "--push", repo_id, "--json", str(folder / "report.json"), "--folder", str(folder / "run")]
