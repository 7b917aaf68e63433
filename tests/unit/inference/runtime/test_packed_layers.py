"""Linear layers in an order of their own, and in eight bits."""

import pytest
import torch
from transformers.pytorch_utils import Conv1D

from holdfast.base.errors import InvalidInput
from holdfast.inference import tasks
from holdfast.inference.domain.predictors import Placement, Wish
from holdfast.inference.runtime import packed_layers
from holdfast.inference.runtime.loading import load_model
from holdfast.inference.runtime.packed_layers import PackedLinear, SmallLinear, pack
from holdfast.inference.runtime.placement import choose_placement
from tests.factories import tiny_models

COUNTS = (0, 1, 7, 16, 17, 250, 300, 1100)
BFLOAT16 = Placement("cpu", "bfloat16")
INT8 = Placement("cpu", "int8")


@pytest.fixture(autouse=True)
def _no_learning():
    torch.manual_seed(0)
    with torch.inference_mode():
        yield


class Words(torch.nn.Module):
    """A first and a last layer that share their weights, one between them, and a head of two labels."""

    def can_generate(self):
        return False

    def __init__(self):
        super().__init__()
        self.words = torch.nn.Embedding(300, 64)
        self.middle = Conv1D(64, 64)
        self.last = torch.nn.Linear(64, 300, bias=False)
        self.last.weight = self.words.weight
        self.head = torch.nn.Linear(300, 2)

    def forward(self, tokens):
        return self.head(self.last(self.middle(self.words(tokens))))


@pytest.mark.parametrize("count", COUNTS)
def test_packed_layers_give_the_same(count):
    layer = torch.nn.Linear(96, 80).bfloat16()
    rows = torch.randn(2, count, 96).bfloat16()
    packed = PackedLinear(layer.weight.detach(), layer.bias.detach())
    torch.testing.assert_close(packed(rows), layer(rows), rtol=0.02, atol=0.02)


@pytest.mark.parametrize("count", COUNTS)
def test_eight_bits_are_near(count):
    layer = torch.nn.Linear(96, 80)
    rows = torch.randn(count, 96) * 10 ** torch.randn(count, 1)
    found, exact = SmallLinear(layer.weight.detach(), layer.bias.detach())(rows), layer(rows)
    assert found.shape == exact.shape
    for ours, theirs in zip(found, exact, strict=True):
        assert float((ours - theirs).norm()) < 0.03 * float(theirs.norm())


def test_eight_bits_know_no_neighbours_and_no_zeros():
    small = SmallLinear(torch.randn(80, 96), None)
    row, loud = torch.randn(1, 96), torch.full((1, 96), 1e4)
    assert torch.equal(small(torch.cat([row, loud]))[:1], small(row))
    assert not small(torch.zeros(3, 96)).any()


def test_what_is_packed():
    exact = Words().eval()
    pack(exact, Placement("cpu", "float32"))
    assert not any(isinstance(part, PackedLinear) for part in exact.modules())
    tokens = torch.tensor([[1, 2, 3]])
    expected = exact(tokens)
    small = Words().eval()
    small.load_state_dict(exact.state_dict())
    pack(small, INT8)
    assert [name for name, part in small.named_modules() if isinstance(part, SmallLinear)] == ["middle", "last"]
    torch.testing.assert_close(small(tokens), expected, rtol=0.1, atol=0.1)


@pytest.mark.parametrize("make", [tiny_models.gpt2, tiny_models.t5])
def test_what_writes_has_its_weights_turned(tmp_path, monkeypatch, make):
    monkeypatch.setattr(packed_layers, "_FEWEST", 4)
    folder = make(tmp_path)
    model = load_model(folder, "AutoModelForCausalLM" if make is tiny_models.gpt2 else "AutoModelForSeq2SeqLM", Wish())
    plain = type(model.model).from_pretrained(folder).eval()
    head, words = model.model.get_output_embeddings().weight, model.model.get_input_embeddings().weight
    assert head.T.is_contiguous()
    assert words is head  # once in memory, as in the file
    tokens = {"input_ids": torch.tensor([[1, 2, 3]])}
    if make is tiny_models.t5:
        tokens["decoder_input_ids"] = torch.tensor([[0]])
    with torch.inference_mode():
        torch.testing.assert_close(model.model(**tokens).logits, plain(**tokens).logits)
    assert torch.equal(head, plain.get_output_embeddings().weight)


@pytest.mark.skipif(not torch.ops.mkldnn._is_mkldnn_bf16_supported(), reason="this CPU has no bfloat16")
def test_shared_weights_are_not_kept_twice():
    model = Words().bfloat16().eval()
    expected = model(torch.tensor([[1, 2]]))
    pack(model, BFLOAT16)
    assert [name for name, part in model.named_modules() if isinstance(part, PackedLinear)] == ["middle"]
    torch.testing.assert_close(model(torch.tensor([[1, 2]])), expected, rtol=0.05, atol=0.05)


def test_eight_bits_are_for_processors(monkeypatch):
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: True)
    with pytest.raises(InvalidInput, match="int8 is for CPUs"):
        choose_placement(Wish("mps", "int8"))


@pytest.mark.parametrize(
    ("task", "make", "inputs"),
    [
        ("text-classification", tiny_models.bert, "a cat"),
        ("text-generation", tiny_models.gpt2, "a cat"),
        ("summarization", tiny_models.t5, "a cat sat on a mat"),
    ],
)
@pytest.mark.parametrize("dtype", ["bfloat16", "int8"])
def test_tasks_take_the_choice(tmp_path, monkeypatch, task, make, inputs, dtype):
    monkeypatch.setattr(packed_layers, "_FEWEST", 4)
    predictor = tasks.load(task, make(tmp_path), dtype=dtype)
    assert predictor.placement.dtype == dtype
    assert predictor.predict(inputs)
