"""Adapters of classifiers and of encoders, against peft's own; what they do not change stays in their base's file.

A file's pages are in memory once, however many processes have them. So is a base, however many adapters it has.
"""

import os
import re
import sys
from pathlib import Path

import pytest
import torch
import transformers

from holdfast.inference import tasks
from holdfast.inference.domain.predictors import Wish
from holdfast.inference.runtime.adapters import ADAPTER_FOLDER
from holdfast.inference.runtime.loading import load_model
from tests.factories import tiny_models

peft = pytest.importorskip("peft")
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # peft asks the old name
TEXT = "the cat sat on the mat"
KINDS = {
    "text-classification": ("AutoModelForSequenceClassification", "SEQ_CLS"),
    "feature-extraction": ("AutoModel", "FEATURE_EXTRACTION"),
}


def put(base: Path, folder: Path, task: str, seed: int):
    """What a server makes of an adapter: a folder with its base's files by a second name. Returns peft's own model."""
    auto_class, kind = KINDS[task]
    folder.mkdir()
    for path in base.iterdir():
        os.link(path, folder / path.name)
    torch.manual_seed(seed)
    model = getattr(transformers, auto_class).from_pretrained(base)
    wrapped = peft.get_peft_model(model, peft.LoraConfig(task_type=kind, r=4, target_modules=["query", "value"]))
    for name, parameter in wrapped.named_parameters():
        if "lora_" in name or "modules_to_save" in name:
            torch.nn.init.normal_(parameter, std=0.3)
    wrapped.save_pretrained(folder / ADAPTER_FOLDER)
    return wrapped.eval()


def expected_of(plain, folder, task):
    """Scores in the order of labels, or a vector for each token."""
    tokens = transformers.AutoTokenizer.from_pretrained(folder)(TEXT, return_tensors="pt")
    with torch.inference_mode():
        found = plain(**tokens)
    return found.logits[0].softmax(-1) if task == "text-classification" else found.last_hidden_state[0]


def found_of(predictor):
    answer = predictor.predict(TEXT)
    if predictor.spec.name == "text-classification":
        answer = [one["score"] for one in sorted(answer, key=lambda one: one["label"])]
    return torch.as_tensor(answer)


def in_files(model) -> set[str]:
    """Names of parameters that are pages of a weights' file."""
    places = [
        (int(found[1], 16), int(found[2], 16))
        for found in re.finditer(r"(?m)^(\S+)-(\S+) .*\.safetensors$", Path("/proc/self/maps").read_text())
    ]
    return {
        name
        for name, tensor in model.named_parameters()
        if any(start <= tensor.data_ptr() < end for start, end in places)
    }


@pytest.mark.parametrize("task", KINDS)
def test_each_adapter_answers_as_peft_does_and_takes_what_it_changes(tmp_path, task):
    base = tmp_path / "base"
    base.mkdir()
    tiny_models.bert(base, KINDS[task][0])
    plain = {tmp_path / f"adapter-{seed}": seed for seed in (1, 2)}
    plain = {folder: put(base, folder, task, seed) for folder, seed in plain.items()}
    answers = {folder: found_of(tasks.load(task, folder, device="cpu")) for folder in (base, *plain)}
    for folder, wrapped in plain.items():
        torch.testing.assert_close(answers[folder], expected_of(wrapped, folder, task), atol=1e-4, rtol=1e-4)
        assert not torch.allclose(answers[folder], answers[base], atol=1e-3)
    if sys.platform.startswith("linux"):
        folder = next(iter(plain))
        model = load_model(folder, KINDS[task][0], Wish("cpu")).model
        changed = {name for name, _ in model.named_parameters()} - in_files(model)
        assert changed == {name for name in changed if re.search(r"\.(query|value)\.weight$", name)}
        assert len(changed) == 2 * 2  # layers
        weights = {path / "model.safetensors" for path in (base, *plain)}
        assert len({path.stat().st_ino for path in weights}) == 1  # what is in the file is there once for all
