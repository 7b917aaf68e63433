"""Streams of one model run beside each other, each in its thread: none may see what the model says to another."""

import time

import orjson
import pytest

from holdfast.backends.engines.protocol import ModelSource, Question
from holdfast.inference.hosting import load
from tests.compat.push_models import save_decoder


def slow_down(model):
    """So that all streams are on their way at the same time."""
    forward = model.forward

    def slow(*arguments, **options):
        time.sleep(0.01)
        return forward(*arguments, **options)

    model.forward = slow


def said(chunk):
    """What a chunk says; numbers of rows that are computed together differ in their last digits."""
    if not chunk:
        return chunk
    found = orjson.loads(chunk)
    tokens = [found["token"], *found["top_tokens"]]
    return [(token["id"], pytest.approx(token["logprob"], abs=1e-4)) for token in tokens], found["generated_text"]


def test_interleaved_streams_say_what_each_says_alone(tmp_path):
    save_decoder(tmp_path, with_template=False)
    hosted = load(ModelSource(str(tmp_path), "text-generation"))
    slow_down(hosted._known["text-generation", ""]._predictor._model.generator.loaded.model)
    prompts = ["hello a", "model one another sentence", "longer"]
    wishes = {"max_new_tokens": 12, "min_new_tokens": 12, "details": True, "top_n_tokens": 2}
    questions = [Question(orjson.dumps({"inputs": prompt, "parameters": wishes})) for prompt in prompts]

    def begin(question):
        return hosted.stream(hosted.prepare(question))

    alone = [list(begin(question)) for question in questions]
    streams = [begin(question) for question in questions]
    beside = [[] for _ in questions]
    while any(streams):
        for index, stream in enumerate(streams):
            chunk = next(stream, None) if stream else None
            if chunk is None:
                streams[index] = None
            else:
                beside[index].append(chunk)
    assert all(alone)
    for ours, plain in zip(beside, alone, strict=True):
        assert [said(chunk) for chunk in ours] == [said(chunk) for chunk in plain]
