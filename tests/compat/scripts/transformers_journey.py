"""What a person does with transformers: `transformers_journey.py REPO_ID FOLDER`; tiny models made from a config."""

import json
import sys
from pathlib import Path

import torch
from huggingface_hub import HfApi
from transformers import (
    AutoConfig,
    AutoModel,
    AutoProcessor,
    AutoTokenizer,
    BertConfig,
    BertModel,
    BertTokenizerFast,
    Wav2Vec2CTCTokenizer,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2Processor,
    pipeline,
)

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "hold", "fast", "hub", "a", "model"]


def model_and_tokenizer(repo_id, folder):
    """`push_to_hub`, then `from_pretrained` by name and by revision: the same weights, the same answers."""
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    tokenizer = BertTokenizerFast(str(folder / "vocab.txt"))
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128
    )
    torch.manual_seed(0)
    model = BertModel(config).eval()
    model.push_to_hub(repo_id)
    tokenizer.push_to_hub(repo_id)
    first = HfApi().model_info(repo_id).sha

    assert AutoConfig.from_pretrained(repo_id).hidden_size == 64
    loaded = AutoModel.from_pretrained(repo_id).eval()
    same = AutoTokenizer.from_pretrained(repo_id)
    assert same("hold fast").input_ids == tokenizer("hold fast").input_ids
    inputs = tokenizer("hold fast a model", return_tensors="pt")
    with torch.no_grad():
        assert torch.equal(model(**inputs).last_hidden_state, loaded(**inputs).last_hidden_state)
    features = pipeline("feature-extraction", model=repo_id)("hub")
    assert len(features[0][0]) == 64

    with torch.no_grad():
        model.pooler.dense.bias.add_(1.0)
    model.push_to_hub(repo_id, commit_message="Another bias")
    bias = AutoModel.from_pretrained(repo_id).pooler.dense.bias
    assert torch.equal(bias, model.pooler.dense.bias)
    assert torch.equal(AutoModel.from_pretrained(repo_id, revision=first).pooler.dense.bias, bias - 1.0)
    assert HfApi().model_info(repo_id).safetensors.total == sum(
        weight.numel() for weight in model.state_dict().values()
    )


def processor(repo_id, folder):
    """A processor is a tokenizer and a feature extractor in one repo."""
    (folder / "vocab.json").write_text(json.dumps({"<pad>": 0, "<unk>": 1, "|": 2, "a": 3, "b": 4}))
    tokenizer = Wav2Vec2CTCTokenizer(
        str(folder / "vocab.json"), unk_token="<unk>", pad_token="<pad>", word_delimiter_token="|"
    )
    Wav2Vec2Processor(feature_extractor=Wav2Vec2FeatureExtractor(), tokenizer=tokenizer).push_to_hub(repo_id)
    loaded = AutoProcessor.from_pretrained(repo_id)
    assert loaded.tokenizer("ab").input_ids == tokenizer("ab").input_ids
    assert loaded.feature_extractor.sampling_rate == 16_000


if __name__ == "__main__":
    repo_id, folder = sys.argv[1], Path(sys.argv[2])
    model_and_tokenizer(repo_id, folder)
    processor(f"{repo_id}-processor", folder)
