"""What is said of a network's layers: their own sizes, and blocks that repeat only once."""

from __future__ import annotations

import torch
from torch import nn

from holdfast.training.learning.anatomy import layers_of, parameter_count, perceptron_layers


class _Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.q_proj, self.mlp, self.act = nn.Linear(width, width), nn.Linear(width, 4), nn.GELU()


class _Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(50, 8)
        self.h = nn.ModuleList([_Block(8), _Block(8), _Block(8), _Block(16)])
        self.head = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2), nn.ReLU())


def test_blocks_that_are_made_alike_stand_there_once():
    layers = layers_of(_Network())
    names = [layer["name"] for layer in layers]
    assert names[:4] == ["words", "h.*.q_proj", "h.*.mlp", "h.*.act"]
    assert names[4:7] == ["h.3.q_proj", "h.3.mlp", "h.3.act"], "another width is another block"
    assert names[7:] == ["head.0", "head.1", "head.2", "head.3"], "the steps of a sequence are no blocks"
    assert [layer.get("times") for layer in layers[:5]] == [None, 3, 3, 3, None]
    learned = sum(layer["parameters"] * layer.get("times", 1) for layer in layers)
    assert learned == parameter_count(_Network())


def test_layers_are_explained_by_their_sizes_or_their_part():
    said = {layer["name"]: layer["does"] for layer in layers_of(_Network())}
    assert said["words"] == "gives each of 50 tokens a list of 8 numbers that was learned"
    assert said["h.*.q_proj"] == "makes of each token what it looks for (query)"
    assert said["head.0"].startswith("each of its 4 neurons adds up the 4 numbers before it")
    for kind in (nn.LSTM(3, 5), nn.GRU(3, 5), nn.RNN(3, 5), nn.Conv2d(3, 7, 3), nn.BatchNorm2d(4), nn.Dropout()):
        [layer] = layers_of(nn.ModuleDict({"one": kind}))
        assert layer["does"]
        assert "{" not in layer["does"]
    [unknown] = layers_of(nn.ModuleDict({"one": nn.PixelShuffle(2)}))
    assert unknown["does"] == ""


def test_a_plain_network_as_torch_would_have_it():
    layers = perceptron_layers([5, 64, 2], "ReLU", "Softmax")
    assert [(layer["name"], layer["kind"]) for layer in layers] == [
        ("hidden 1", "Linear"),
        ("hidden 1, bent", "ReLU"),
        ("output", "Linear"),
        ("output, bent", "Softmax"),
    ]
    same = nn.Sequential(nn.Linear(5, 64), nn.ReLU(), nn.Linear(64, 2), nn.Softmax(1))
    assert sum(layer["parameters"] for layer in layers) == sum(torch.numel(part) for part in same.parameters())
    assert [layer["kind"] for layer in perceptron_layers([5, 1], "Tanh")] == ["Linear"]
