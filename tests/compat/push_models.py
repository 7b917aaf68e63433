"""Tiny models in repos: random weights, right shapes. Needs huggingface_hub; torch only for real ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from huggingface_hub import HfApi

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "hello", "a", "one", "longer", "another", "sentence", "model"]
CHAT_TEMPLATE = "{% for message in messages %}{{ message['content'] }} {% endfor %}"


def card(url: str, token: str, name: str, task: str) -> None:
    """A repo with a card and nothing else: its model runs elsewhere."""
    api = HfApi(url, token=token)
    api.create_repo(name)
    content = f"---\npipeline_tag: {task}\n---\n".encode()
    api.upload_file(repo_id=name, path_in_repo="README.md", path_or_fileobj=content)


def push_tiny_models(url: str, token: str, folder: Path, names: Sequence[str]) -> None:
    """A model that chats, one that goes on with texts, one that makes vectors of them."""
    chat, text, vectors = names
    for name in (chat, text):
        save_decoder(folder / name, with_template=name == chat)
        card(url, token, name, "text-generation")
    save_encoder(folder / vectors)
    card(url, token, vectors, "feature-extraction")
    for name in names:
        HfApi(url, token=token).upload_folder(repo_id=name, folder_path=folder / name)


def _tokenizer(folder: Path):
    from transformers import BertTokenizerFast  # noqa: PLC0415 - not installed everywhere

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    return BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=64)


def save_decoder(folder: Path, *, with_template: bool) -> None:
    import torch  # noqa: PLC0415 - not installed everywhere
    from transformers import GPT2Config, GPT2LMHeadModel  # noqa: PLC0415 - not installed everywhere

    tokenizer = _tokenizer(folder)
    if with_template:
        tokenizer.chat_template = CHAT_TEMPLATE
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    ids = {"bos_token_id": 2, "eos_token_id": 3, "pad_token_id": 0}
    GPT2LMHeadModel(
        GPT2Config(vocab_size=len(WORDS), n_positions=64, n_embd=32, n_layer=2, n_head=2, **ids)
    ).save_pretrained(folder)


def save_adapter(folder: Path, base: str) -> None:
    """A LoRA adapter of a decoder of ours, as PEFT saves it."""
    import torch  # noqa: PLC0415 - not installed everywhere
    from safetensors.torch import save_file  # noqa: PLC0415 - not installed everywhere

    config = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": 4, "lora_alpha": 64, "base_model_name_or_path": base}
    (folder / "adapter_config.json").write_text(json.dumps({**config, "fan_in_fan_out": True}))
    torch.manual_seed(1)
    module = "base_model.model.transformer.h.0.attn.c_attn"
    thin = {f"{module}.lora_A.weight": torch.randn(4, 32), f"{module}.lora_B.weight": torch.randn(96, 4)}
    save_file(thin, folder / "adapter_model.safetensors")


def save_encoder(folder: Path) -> None:
    import torch  # noqa: PLC0415 - not installed everywhere
    from transformers import BertConfig, BertModel  # noqa: PLC0415 - not installed everywhere

    _tokenizer(folder).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64
    )
    BertModel(config).save_pretrained(folder)
    kinds = "sentence_transformers.models"
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": f"{kinds}.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{kinds}.Pooling"},
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir()
    pooling = {"word_embedding_dimension": 32, "pooling_mode_mean_tokens": True}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
