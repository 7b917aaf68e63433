"""Pages of weights' files that have been copied are given back, and nothing is lost by that."""

import sys
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSeq2SeqLM

from holdfast.inference.domain.predictors import Wish
from holdfast.inference.runtime import mapped_files, packed_layers
from holdfast.inference.runtime.loading import load_model
from holdfast.inference.runtime.mapped_files import give_back_pages
from tests.factories import tiny_models

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems keep the pages")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(packed_layers, "_FEWEST", 4)
    return tiny_models.t5(tmp_path)


def resident(folder, word="Rss"):
    """KiB of the weights' file in this process; None: it is not mapped."""
    lines = iter(Path("/proc/self/smaps").read_text().splitlines())
    for line in lines:
        if line.endswith(str(folder / "model.safetensors")):
            return int(next(one for one in lines if one.startswith(f"{word}:")).split()[1])
    return None


def answer(model):
    with torch.inference_mode():
        return model(input_ids=torch.tensor([[1, 2, 3]]), decoder_input_ids=torch.tensor([[0]])).logits


def test_a_loaded_model_keeps_no_page_that_it_does_not_read(folder, monkeypatch):
    model = load_model(folder, "AutoModelForSeq2SeqLM", Wish("cpu")).model
    assert resident(folder) == 0  # its norms are still there, and none has been read
    found = answer(model)
    assert resident(folder) > 0
    torch.testing.assert_close(found, answer(AutoModelForSeq2SeqLM.from_pretrained(folder).eval()))
    del model
    monkeypatch.setattr(mapped_files, "_SMAPS", folder / "none")  # as on systems that do not tell
    kept = load_model(folder, "AutoModelForSeq2SeqLM", Wish("cpu")).model
    assert resident(folder) > resident(folder, "Size") // 2
    assert torch.equal(answer(kept), found)


def test_what_was_changed_is_not_lost(folder):
    model = load_model(folder, "AutoModelForSeq2SeqLM", Wish("cpu")).model
    norm = model.encoder.final_layer_norm.weight
    with torch.no_grad():
        norm.fill_(7)
    give_back_pages(folder)
    assert resident(folder) > 0
    assert norm.eq(7).all()
