"""AutoTrain beyond tables and texts: pictures, agents, rewarded language models, anomalies; a gate for each.

    python -m benchmarks.autotrain_others [--only WORD,WORD] [--seconds 60] [--clock cpu] [--data FOLDER] [--json FILE]

Needs the training extra. Data are scikit-learn's own sets, or an environment; `--data` names a folder that has
`images/clothing`, too. Anomalies are made as ADBench makes them: one class is the usual, and of another only so many
rows are left that they are rare. Each row is one run in a process of its own, with one thread; beside its score stand
wall seconds until its report was there and the CPU seconds of all its processes. `--clock cpu` makes the budget one of
CPU seconds: what a machine of its own would give, found out on a busy one.

| row | gate |
|---|---|
| digits | accuracy ≥ .95 from nothing, and the CNN at least as good as edges or pixels with a linear model or an SVM |
| clothing | the CNN at least as good as these |
| CartPole-v1 | mean reward of 100 episodes ≥ 475 |
| GRPO | share of digits in the answers × 3 after 120 steps |
| anomalies | mean average precision ≥ .50, and not below scikit-learn's own isolation forest |
| all | at most 10 % over the budget |
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
OVERRUN = 1.1
ACCURACY, REWARD, TIMES, PRECISION = 0.95, 475.0, 3.0, 0.5
RARE = 10
NOISE = 0.03


@dataclass(frozen=True)
class Row:
    """One run.

    Args:
        name: of the row.
        spec: what is run, without its budget.
        judge: score, and whether the gate is met, with it in words; takes what `automl.run_spec` wrote.
    """

    name: str
    spec: Mapping[str, Any]
    judge: Callable[[Mapping[str, Any]], Verdict]


@dataclass(frozen=True)
class Verdict:
    """What a row came to."""

    score: float
    gate: str
    met: bool


@dataclass(frozen=True)
class Result:
    """A row as it is printed. `score` None means: no model."""

    row: str
    score: float | None
    gate: str
    met: bool
    seconds: float
    wall_seconds: float
    cpu_seconds: float
    note: str = ""
    trials: list[str] = field(default_factory=list)


def rows(folder: Path, data: Path | None) -> Iterator[Row]:
    """All rows, whose data are made in a folder."""
    yield Row("digits", _pictures(_digits(folder)), _seen_well)
    if data is not None and (data / "images" / "clothing").is_dir():
        yield Row("clothing", _pictures(data / "images" / "clothing"), _seen_better)
    agent = {"task": "reinforcement-learning", "data": {"path": "CartPole-v1"}}
    yield Row("CartPole-v1", agent, _balanced)
    yield Row("GRPO, 120 steps", _grpo(folder), _rewarded)
    for name, file, bar in _anomalies(folder):
        yield Row(f"anomalies: {name}", _detection(file), _detected(bar))


def _pictures(path: Path) -> dict[str, Any]:
    return {"task": "image-classification", "metric": "accuracy", "data": str(path)}


def _digits(folder: Path) -> Path:
    """scikit-learn's 1,797 digits as files of 8 × 8 pixels, a folder for each digit."""
    from PIL import Image  # noqa: PLC0415 - of the training extra
    from sklearn.datasets import load_digits  # noqa: PLC0415

    images, labels = load_digits(return_X_y=True)
    place = folder / "digits"
    for number, (levels, label) in enumerate(zip(images, labels, strict=True)):
        path = place / str(label) / f"{number:04d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((levels.reshape(8, 8) * 255 / 16).astype("uint8")).save(path)
    return place


def _seen_well(told: Mapping[str, Any]) -> Verdict:
    accuracy = told["scores"]["accuracy"]
    better = _seen_better(told)
    return Verdict(accuracy, f"≥ {ACCURACY}; {better.gate}", accuracy >= ACCURACY and better.met)


def _seen_better(told: Mapping[str, Any]) -> Verdict:
    network, others = _best(told, "cnn"), max(_best(told, "hog-svm"), _best(told, "pixels-linear"))
    return Verdict(told["scores"]["accuracy"], f"CNN {network:.3f} ≥ edges, pixels {others:.3f}", network >= others)


def _best(told: Mapping[str, Any], family: str) -> float:
    scores = [trial["score"] for trial in told["trials"] if trial["family"] == family and trial["score"] is not None]
    return max(scores, default=0.0)


def _balanced(told: Mapping[str, Any]) -> Verdict:
    reward = told["scores"]["mean_reward"]
    return Verdict(reward, f"≥ {REWARD:.0f}", reward >= REWARD)


def _grpo(folder: Path) -> dict[str, Any]:
    """A GPT-2 of 0.7 million random weights and letters for tokens, rewarded for digits."""
    import torch  # noqa: PLC0415
    import transformers  # noqa: PLC0415

    base = folder / "base"
    tokenizer = _letters()
    tokenizer.save_pretrained(base)
    torch.manual_seed(0)
    ids = {"vocab_size": len(tokenizer), "bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 1}
    shape = {"n_embd": 128, "n_layer": 3, "n_head": 4, "n_positions": 128}
    transformers.GPT2LMHeadModel(transformers.GPT2Config(**ids, **shape)).save_pretrained(base)
    prompts = folder / "prompts.csv"
    prompts.write_text("prompt\n" + "".join(f"Say a number above {number}.\n" for number in range(200)))
    params = {"rewards": "digits", "max_steps": 120, "max_completion_length": 16, "per_device_train_batch_size": 8}
    return {"task": "llm-grpo", "data": str(prompts), "base_model": str(base), "params": params | {"beta": 0.0}}


def _letters() -> Any:
    """Each byte is a token."""
    tokenizers, transformers = import_module("tokenizers"), import_module("transformers")
    letters = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {word: number for number, word in enumerate(["<|end|>", "<|pad|>", *letters])}
    made = tokenizers.Tokenizer(tokenizers.models.BPE(vocabulary, []))
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = tokenizers.decoders.ByteLevel()
    special = {"bos_token": "<|end|>", "eos_token": "<|end|>", "pad_token": "<|pad|>"}
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=128, **special)


def _rewarded(told: Mapping[str, Any]) -> Verdict:
    before, after = (trial["score"] or 0.0 for trial in told["trials"][:2])
    times = after / max(before, 1e-3)
    return Verdict(after, f"{before:.3f} → {after:.3f}: × {times:.1f} ≥ × {TIMES:.0f}", times >= TIMES)


def _detection(file: Path) -> dict[str, Any]:
    return {"task": "anomaly-detection", "data": str(file), "columns": {"target": "anomaly"}}


def _anomalies(folder: Path) -> Iterator[tuple[str, Path, float]]:
    """Tables with rare rows of another class, and what scikit-learn's isolation forest comes to."""
    import pandas as pd  # noqa: PLC0415
    from sklearn import datasets  # noqa: PLC0415

    sources = {
        "breast cancer": (datasets.load_breast_cancer, (1,), 0, RARE),
        "wine": (datasets.load_wine, (1, 2), 0, RARE),
        "digits 0": (datasets.load_digits, tuple(range(1, 10)), 0, 50),
        "digits 1 to 3": (datasets.load_digits, (1, 2), 3, RARE),
        "iris": (datasets.load_iris, (1, 2), 0, RARE),
    }
    for name, (load, usual, odd, count) in sources.items():
        rows_, labels = load(return_X_y=True, as_frame=True)
        some = pd.concat([rows_[labels.isin(usual)], rows_[labels == odd].sample(count, random_state=0)])
        some = some.assign(anomaly=(labels[some.index] == odd).map({True: "yes", False: "no"}))
        file = folder / f"{name.replace(' ', '-')}.csv"
        some.sample(frac=1.0, random_state=0).to_csv(file, index=False)
        yield name, file, _plain_forest(some)


def _plain_forest(table: Any) -> float:
    from sklearn.ensemble import IsolationForest  # noqa: PLC0415
    from sklearn.metrics import average_precision_score  # noqa: PLC0415

    inputs = table.drop(columns="anomaly")
    scores = -IsolationForest(random_state=0).fit(inputs).score_samples(inputs)
    return float(average_precision_score(table["anomaly"] == "yes", scores))


def _detected(bar: float) -> Callable[[Mapping[str, Any]], Verdict]:
    def judge(told: Mapping[str, Any]) -> Verdict:
        found = max(trial["score"] for trial in told["trials"] if trial["score"] is not None)
        forest = _best(told, "isolation-forest")
        words = f"isolation forest {forest:.3f}; scikit-learn's {bar:.3f}"
        return Verdict(found, words, found >= bar - NOISE)

    return judge


def run(row: Row, folder: Path, asked: argparse.Namespace) -> Result:
    """Carry a row out."""
    spec, out = folder / "spec.json", folder / "out.json"
    out.unlink(missing_ok=True)
    spec.write_text(json.dumps({**row.spec, "budget": {"seconds": asked.seconds}}))
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    command = [sys.executable, str(HERE / "automl" / "run_spec.py"), str(spec), asked.clock, str(out)]
    began, used = time.monotonic(), _cpu_of_children()
    done = subprocess.run(command, env={**os.environ, **threads}, cwd=ROOT, check=False, capture_output=True)
    wall, spent = time.monotonic() - began, _cpu_of_children() - used
    if done.returncode:
        return Result(row.name, None, "a model", False, 0.0, wall, spent, done.stderr.decode()[-200:])
    told = json.loads(out.read_text())
    verdict, seconds = row.judge(told), told["seconds"]["all"]
    met = verdict.met and seconds <= OVERRUN * asked.seconds
    trials = [f"{one['family']} {one['status']} {one['score']} {one['seconds']} s" for one in told["trials"]]
    return Result(row.name, verdict.score, verdict.gate, met, seconds, wall, spent, told["family"], trials)


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _line(result: Result) -> str:
    score = "no model" if result.score is None else f"{result.score:.3f}"
    took = f"{result.seconds:6.1f} s, wall {result.wall_seconds:6.1f} s, {result.cpu_seconds:6.1f} CPU s"
    return f"{'ok  ' if result.met else 'MISS'} {result.row:24} {score:>9}  {took}  {result.gate}  ({result.note})"


def main() -> int:
    """Run what was asked for; the status is 1 where a gate is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="words, comma between: rows whose names have one of them")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    words = [word for word in asked.only.split(",") if word]
    results = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for row in rows(folder, asked.data):
            if not words or any(word in row.name for word in words):
                results.append(run(row, folder, asked))
                print(_line(results[-1]), flush=True)
    precisions = [one.score or 0.0 for one in results if one.row.startswith("anomalies")]
    mean = sum(precisions) / max(1, len(precisions))
    if precisions:
        print(f"{'ok  ' if mean >= PRECISION else 'MISS'} anomalies: mean average precision {mean:.3f} ≥ {PRECISION}")
    if asked.json:
        asked.json.write_text(json.dumps([asdict(one) for one in results], indent=1))
    return int(not all(one.met for one in results) or bool(precisions and mean < PRECISION))


if __name__ == "__main__":
    sys.exit(main())
