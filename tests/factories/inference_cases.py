"""One table of all inference tasks: a tiny model for each, what to ask it, and how. Needs the inference extra."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.factories import tiny_estimators, tiny_models

ENTITIES = {0: "O", 1: "B-PER", 2: "I-PER", 3: "B-LOC", 4: "I-LOC"}
NLI = {"id2label": {0: "contradiction", 1: "neutral", 2: "entailment"}, "num_labels": 3}
WORD_BOXES = ["paris", [0, 0, 100, 100], "is", [100, 0, 200, 100], "great", [200, 0, 300, 100]]


@dataclass(frozen=True)
class Case:
    """A task with a model, an input, and parameters.

    Args:
        task: the task's name.
        make: builds the model's folder.
        inputs: what to ask.
        parameters: how.
        other_inputs: a second question, for batches.
    """

    task: str
    make: Callable[[Path], Path]
    inputs: Any
    other_inputs: Any
    parameters: Mapping[str, Any] = field(default_factory=dict)


PICTURE, SOUND = tiny_models.picture(), tiny_models.sound()
OTHER_PICTURE, OTHER_SOUND = tiny_models.picture(30, 50, "JPEG"), tiny_models.sound(0.3, 8_000, "FLAC")
FEW = {"max_new_tokens": 8}
TABLE = {"table": {"a": [1.0, 2.5], "b": ["3", "4"]}}
bert, vit, wav2vec2 = tiny_models.bert, tiny_models.vit, tiny_models.wav2vec2

CASES = (
    Case("text-classification", partial(bert, num_labels=3), "i love this movie", "a bad film ."),
    Case(
        "token-classification",
        partial(bert, head="AutoModelForTokenClassification", id2label=ENTITIES),
        "my name is sarah and i live in paris",
        "john works in berlin",
        {"ignore_labels": []},
    ),
    Case(
        "question-answering",
        partial(bert, head="AutoModelForQuestionAnswering"),
        {"question": "where is paris?", "context": "paris is a city in france."},
        {"question": "who lives in london?", "context": "john and sarah live in london."},
    ),
    Case(
        "table-question-answering",
        tiny_models.tapas,
        {"question": "how many stars?", "table": {"city": ["paris", "london"], "stars": ["12", "3"]}},
        {"query": "what city?", "table": {"city": ["paris"], "stars": ["12"]}},
    ),
    Case(
        "zero-shot-classification",
        partial(bert, **NLI),
        "i love this movie",
        "a bad film .",
        {"candidate_labels": ["great", "bad"]},
    ),
    Case("fill-mask", partial(bert, head="AutoModelForMaskedLM"), "paris is a [MASK] .", "the [MASK] of france"),
    Case("summarization", tiny_models.bart, "the cat sat on the mat", "paris is a city", {"max_length": 12}),
    Case("translation", tiny_models.t5, "hello", "the cat", {"src_lang": "en", "tgt_lang": "fr", **FEW}),
    Case("text2text-generation", tiny_models.t5, "hello", "the cat", FEW),
    Case("text-generation", tiny_models.gpt2, "hello there", "a", {**FEW, "details": True, "top_n_tokens": 2}),
    Case(
        "chat-completion",
        tiny_models.gpt2,
        [{"role": "user", "content": "what is the capital?"}],
        [{"role": "user", "content": [{"type": "text", "text": "hello"}]}],
        {"max_tokens": 8, "logprobs": True, "top_logprobs": 2},
    ),
    Case("feature-extraction", tiny_models.sentence_encoder, ["i love paris", "cat"], "a dog", {"normalize": True}),
    Case(
        "sentence-similarity",
        tiny_models.sentence_encoder,
        {"source_sentence": "a cat", "sentences": ["a dog", "paris", "a cat"]},
        {"source_sentence": "paris", "sentences": ["london"]},
    ),
    Case(
        "text-ranking",
        partial(bert, num_labels=1),
        {"query": "what is paris", "texts": ["paris is a city", "a cat sat"]},
        {"query": "who is john", "texts": ["john works"]},
        {"return_text": True},
    ),
    Case("image-classification", partial(vit, num_labels=3), PICTURE, OTHER_PICTURE, {"top_k": 2}),
    Case(
        "zero-shot-image-classification",
        tiny_models.clip,
        PICTURE,
        OTHER_PICTURE,
        {"candidate_labels": ["cat", "green dog", "city"]},
    ),
    Case("object-detection", tiny_models.yolos, PICTURE, OTHER_PICTURE, {"threshold": 0.3}),
    Case(
        "zero-shot-object-detection",
        tiny_models.owlvit,
        PICTURE,
        OTHER_PICTURE,
        {"candidate_labels": ["cat", "green dog"], "threshold": 0.05},
    ),
    Case("depth-estimation", tiny_models.dpt, PICTURE, OTHER_PICTURE),
    Case("image-segmentation", tiny_models.segformer, PICTURE, OTHER_PICTURE),
    Case("image-feature-extraction", partial(vit, head="AutoModel"), PICTURE, OTHER_PICTURE),
    Case("image-to-text", tiny_models.blip, PICTURE, OTHER_PICTURE, FEW),
    Case(
        "image-text-to-text",
        tiny_models.llava,
        {"image": PICTURE, "text": "what is this?"},
        [{"role": "user", "content": "hello"}],
        FEW,
    ),
    Case(
        "visual-question-answering",
        tiny_models.vilt,
        {"image": PICTURE, "question": "how many stars?"},
        {"image": OTHER_PICTURE, "question": "is this a cat?"},
    ),
    Case(
        "document-question-answering",
        tiny_models.layoutlm,
        {"image": PICTURE, "question": "what is the city?"},
        {"image": OTHER_PICTURE, "question": "who?"},
        {"word_boxes": WORD_BOXES},
    ),
    Case("automatic-speech-recognition", tiny_models.whisper, SOUND, OTHER_SOUND, {"return_timestamps": True}),
    Case(
        "audio-classification",
        partial(wav2vec2, head="AutoModelForAudioClassification", num_labels=3),
        SOUND,
        OTHER_SOUND,
    ),
    Case("text-to-speech", tiny_models.vits, "hello there", "cat", {"seed": 1}),
    Case("tabular-classification", tiny_estimators.classifier, TABLE, TABLE),
    Case("tabular-regression", tiny_estimators.regressor, TABLE, TABLE),
    Case("clustering", tiny_estimators.clusterer, TABLE, TABLE),
    Case("anomaly-detection", tiny_estimators.detector, TABLE, TABLE),
    Case("dimensionality-reduction", tiny_estimators.reducer, TABLE, TABLE),
    Case(
        "reinforcement-learning",
        tiny_estimators.policy,
        {"observation": [0.1, -0.2, 0.3, 0.4]},
        {"observation": [1, 2, 3, 4]},
    ),
)
BY_TASK = {case.task: case for case in CASES}
