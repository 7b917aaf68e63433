"""What people write: a model, a tokenizer, and a call. Used by the loop, and by the LitServe app in its own program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

_CLASSES = {
    "feature-extraction": "AutoModel",
    "text-classification": "AutoModelForSequenceClassification",
    "summarization": "AutoModelForSeq2SeqLM",
    "text-generation": "AutoModelForCausalLM",
}
MOST_TOKENS = 512


def load(task: str, folder: str, new_tokens: int) -> Callable[[Sequence[str]], list[Any]]:
    """A function from texts to answers: vectors, scores or texts."""
    import torch  # noqa: PLC0415
    import transformers  # noqa: PLC0415

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, padding_side="left" if new_tokens else "right")
    model = getattr(transformers, _CLASSES[task]).from_pretrained(folder).eval()
    answer = {"feature-extraction": _embed, "text-classification": _classify}.get(task, _write)

    def run(texts: Sequence[str]) -> list[Any]:
        with torch.inference_mode():
            encoded = tokenizer(list(texts), return_tensors="pt", padding=True, truncation=True, max_length=MOST_TOKENS)
            return answer(model, tokenizer, encoded, new_tokens)

    return run


def _embed(model: Any, _tokenizer: Any, encoded: Any, _new_tokens: int) -> list[Any]:
    import torch  # noqa: PLC0415

    states = model(**encoded).last_hidden_state
    mask = encoded["attention_mask"].unsqueeze(-1)
    found: list[Any] = torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1), dim=1).tolist()
    return found


def _classify(model: Any, _tokenizer: Any, encoded: Any, _new_tokens: int) -> list[Any]:
    encoded.pop("token_type_ids", None)
    found: list[Any] = model(**encoded).logits.softmax(-1).max(-1).values.tolist()
    return found


def _write(model: Any, tokenizer: Any, encoded: Any, new_tokens: int) -> list[Any]:
    encoded.pop("token_type_ids", None)
    made = model.generate(**encoded, max_new_tokens=new_tokens, min_new_tokens=new_tokens, do_sample=False)
    skip = 0 if model.config.is_encoder_decoder else encoded["input_ids"].shape[1]
    return [tokenizer.decode(line[skip:], skip_special_tokens=True) for line in made]
