"""Transformer-XL as transformers 4 had it: `old_transformer_xl.py FOLDER` writes a checkpoint and what it says.

Its memory begins with zeros there, unless an empty one is given, as here.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers.models.deprecated.transfo_xl.modeling_transfo_xl import TransfoXLConfig, TransfoXLLMHeadModel

# transformers 4.57 calls `type_as(dtype=…)`, which torch never had: its Transformer-XL had stopped working.
same_type = torch.Tensor.type_as
torch.Tensor.type_as = lambda tensor, other=None, dtype=None: (
    tensor.to(dtype) if other is None else same_type(tensor, other)
)

FOLDER = Path(sys.argv[1])
SIZES = {"d_inner": 48, "d_head": 8, "n_head": 3, "n_layer": 3, "mem_len": 6, "vocab_size": 40, "eos_token_id": 1}
KINDS = {
    "as-published": {"d_model": 32, "d_embed": 32, "cutoffs": [10, 20, 30], "div_val": 2, "clamp_len": 5},
    "one-projection": {"d_model": 32, "d_embed": 16, "cutoffs": [15], "div_val": 1, "same_length": False},
    "one-table": {"d_model": 32, "d_embed": 32, "cutoffs": [], "div_val": 1, "untie_r": False, "pre_lnorm": True},
    "loose": {"d_model": 32, "d_embed": 32, "cutoffs": [10, 20], "div_val": 2, "proj_share_all_but_first": False},
}

for name, kind in KINDS.items():
    torch.manual_seed(0)
    model = TransfoXLLMHeadModel(TransfoXLConfig(**SIZES, **kind)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    folder = FOLDER / name
    folder.mkdir(parents=True)
    model.config.save_pretrained(folder)
    # Written tensor by tensor: save_pretrained would leave out shared ones, which older checkpoints have.
    tensors = {name: tensor.clone().contiguous() for name, tensor in model.state_dict().items()}
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    tokens = torch.randint(0, 40, (2, 11))
    nothing = [torch.zeros(0, 2, 32) for _ in range(3)]
    with torch.no_grad():
        first = model(tokens[:, :5], mems=nothing)
        second = model(tokens[:, 5:], mems=first.mems)
    logits = torch.cat([first.prediction_scores, second.prediction_scores], dim=1)
    answer = {"tokens": tokens.tolist(), "logits": logits.tolist()}
    (folder / "answer.json").write_text(json.dumps(answer))
