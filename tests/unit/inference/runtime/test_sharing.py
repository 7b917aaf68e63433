"""Tasks that use the same weights have them in memory once."""

import orjson
import pytest

from holdfast.backends.engines.protocol import ModelSource, Question
from holdfast.base.errors import UnknownTask, UnusableModel
from holdfast.inference import tasks
from holdfast.inference.hosting import load
from tests.compat.push_models import save_decoder
from tests.factories import tiny_models

HELLO = {"messages": [{"role": "user", "content": "hello"}], "max_tokens": 3}


def answer(hosted, body, task=""):
    prepared = hosted.prepare(Question(orjson.dumps(body), task=task))
    return orjson.loads(hosted.finish(prepared, hosted.run(prepared.parts)).body)


def test_a_chat_goes_through_the_weights_and_the_batch_that_write_texts(tmp_path):
    save_decoder(tmp_path, with_template=True)
    hosted = load(ModelSource(str(tmp_path), "text-generation"))
    assert answer(hosted, HELLO, "chat-completion")["choices"]
    assert answer(hosted, {"inputs": "hello", "parameters": {"max_new_tokens": 3}})[0]["generated_text"] is not None
    writer, chat = (hosted._known[task, ""]._predictor._model for task in ("text-generation", "chat-completion"))
    assert writer.generator.running is chat.generator.running
    parts = [hosted.prepare(Question(orjson.dumps(body), task=task)).parts[0] for body, task in (
        (HELLO, "chat-completion"), ({"inputs": "hello"}, "")
    )]  # fmt: skip
    assert parts[0].group != parts[1].group
    assert all(hosted.joins(part) and hosted.has_room(part) for part in parts)


def test_one_task_that_the_files_are_no_good_for_hinders_no_other(tmp_path):
    save_decoder(tmp_path, with_template=False)
    hosted = load(ModelSource(str(tmp_path), "text-generation"))
    for _ in range(2):
        with pytest.raises(UnusableModel, match="no chat template"):
            answer(hosted, HELLO, "chat-completion")
    with pytest.raises(UnknownTask):
        answer(hosted, {"inputs": "hello"}, "feature-extraction")
    assert answer(hosted, {"inputs": "hello", "parameters": {"max_new_tokens": 3}})


def test_weights_are_shared_while_they_are_the_same_files(tmp_path):
    folder = tiny_models.sentence_encoder(tmp_path)
    first = tasks.load("feature-extraction", folder)
    assert tasks.load("sentence-similarity", folder)._encoder is first._encoder
    assert tasks.load("sentence-similarity", folder, dtype="bfloat16")._encoder is not first._encoder
    tiny_models.sentence_encoder(tmp_path)
    assert tasks.load("feature-extraction", folder)._encoder is not first._encoder
