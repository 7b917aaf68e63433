"""A training script as people write it: transformers' Trainer pushes its checkpoints, its card, its events to the Hub.

trainer_journey.py REPO FOLDER
"""

from __future__ import annotations

import sys

import torch
from huggingface_hub import HfApi, ModelCard
from transformers import AutoModelForSequenceClassification, BertConfig, Trainer, TrainingArguments

repo, folder = sys.argv[1], sys.argv[2]
torch.manual_seed(0)
draw = torch.Generator().manual_seed(0)
rows = [{"input_ids": ids, "labels": int(ids[0] > 25)} for ids in torch.randint(0, 50, (48, 8), generator=draw)]
sizes = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
model = AutoModelForSequenceClassification.from_config(BertConfig(**sizes))
settings = TrainingArguments(
    output_dir=folder,
    push_to_hub=True,
    hub_model_id=repo,
    hub_strategy="checkpoint",
    num_train_epochs=3,
    per_device_train_batch_size=8,
    learning_rate=1e-2,
    logging_steps=2,
    eval_strategy="epoch",
    save_strategy="epoch",
    report_to="tensorboard",
    disable_tqdm=True,
    use_cpu=True,
    dataloader_pin_memory=False,
)
trainer = Trainer(model, settings, train_dataset=rows[:40], eval_dataset=rows[40:])
trainer.train()
trainer.push_to_hub(commit_message="The end", blocking=True)

files = set(HfApi().list_repo_files(repo))
assert {"model.safetensors", "config.json", "README.md", "training_args.bin"} <= files, files
assert any(path.startswith("last-checkpoint/") for path in files), files
assert any(".tfevents." in path for path in files), files
assert "generated_from_trainer" in ModelCard.load(repo).data.tags
info = HfApi().model_info(repo)
assert "tensorboard" in info.tags, info.tags
again = AutoModelForSequenceClassification.from_pretrained(repo)
assert torch.equal(again.classifier.weight, trainer.model.classifier.weight)
print("pushed")
