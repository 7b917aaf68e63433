"""InferenceClient and AsyncInferenceClient, task by task: `every_task_journey.py SERVER FOLDER TASK …`.

FOLDER holds `cases.json`: by task, the repo id, what to ask, and how; pictures and sounds are files beside it.
A server that is still loading a model says so with a 503: then the same is asked again, as people do.
"""

import asyncio
import inspect
import json
import os
import re
import sys
import time
import urllib.request
from pathlib import Path

from huggingface_hub import AsyncInferenceClient, InferenceClient

SERVER, FOLDER, TASKS = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
PATIENCE_SECONDS = 600
TOKEN = os.environ["HF_TOKEN"]


def file(name):
    return (FOLDER / name).read_bytes()


PICTURE, SOUND = FOLDER / "picture", FOLDER / "sound"
LABELS = ["great", "bad"]
TABLE = {"city": ["paris", "london"], "stars": ["12", "3"]}
BOXES = ["paris", [0, 0, 100, 100], "is", [100, 0, 200, 100]]

CALLS = {
    "text-classification": lambda c: c.text_classification("i love this movie"),
    "token-classification": lambda c: c.token_classification("my name is sarah"),
    "question-answering": lambda c: c.question_answering(question="where is paris?", context="paris is in france."),
    "table-question-answering": lambda c: c.table_question_answering(table=TABLE, query="how many stars?"),
    "zero-shot-classification": lambda c: c.zero_shot_classification("i love this movie", LABELS),
    "fill-mask": lambda c: c.fill_mask("paris is a [MASK] ."),
    "summarization": lambda c: c.summarization("the cat sat on the mat"),
    "translation": lambda c: c.translation("hello", src_lang="en", tgt_lang="fr"),
    "text-generation": lambda c: c.text_generation("hello", max_new_tokens=3),
    "chat-completion": lambda c: c.chat_completion([{"role": "user", "content": "hello"}], max_tokens=3),
    "feature-extraction": lambda c: c.feature_extraction("i love paris"),
    "sentence-similarity": lambda c: c.sentence_similarity("a cat", other_sentences=["a dog", "paris"]),
    "image-classification": lambda c: c.image_classification(PICTURE),
    "zero-shot-image-classification": lambda c: c.zero_shot_image_classification(PICTURE, candidate_labels=LABELS),
    "object-detection": lambda c: c.object_detection(PICTURE, threshold=0.1),
    "image-segmentation": lambda c: c.image_segmentation(PICTURE),
    "image-to-text": lambda c: c.image_to_text(PICTURE),
    "visual-question-answering": lambda c: c.visual_question_answering(PICTURE, question="is this a cat?"),
    "document-question-answering": lambda c: c.document_question_answering(PICTURE, question="who?", word_boxes=BOXES),
    "automatic-speech-recognition": lambda c: c.automatic_speech_recognition(SOUND),
    "audio-classification": lambda c: c.audio_classification(SOUND),
    "text-to-speech": lambda c: c.text_to_speech("hello there"),
    "tabular-classification": lambda c: c.tabular_classification({"a": ["1.0", "2.5"], "b": ["3", "4"]}),
    "image-text-to-text": lambda c: c.chat_completion(SEEN, max_tokens=3),
}
SEEN = [{"role": "user", "content": [{"type": "text", "text": "what?"}]}]
"""Tasks that the client has a working method for; the others are asked as it asks all of them, with a POST.

`tabular_regression` is refused by the client itself, before it asks anybody: its one provider has no such task.
"""


def post(name, case):
    body = json.dumps({"inputs": case["inputs"], "parameters": case["parameters"]}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}
    with urllib.request.urlopen(
        urllib.request.Request(f"{SERVER}/models/{name}", body, headers), timeout=300
    ) as answer:
        return json.load(answer)


def status(error):
    """Of a refusal, whichever library of HTTP the client is made of; None: it is none."""
    for place in (error, getattr(error, "response", None)):
        for name in ("status", "status_code"):
            if isinstance(getattr(place, name, None), int):
                return getattr(place, name)
    return None


def patiently(call):
    give_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return call()
        except Exception as error:  # each client has its own
            if status(error) != 503 or time.monotonic() > give_up:
                raise
            time.sleep(1)


async def asynchronously(call, client):
    answer = call(client)
    return await answer if inspect.isawaitable(answer) else answer


def shown(found):
    """An answer in words: without where its pictures lie in memory, and numbers as exact as a model gives them.

    ViLT takes the patches of a picture in an order by chance, which changes the last digits.
    """
    words = re.sub(r" at 0x[0-9A-F]+", "", str(found))
    return re.sub(r"\d+\.\d+", lambda number: f"{float(number[0]):.3f}", words)


def ask(task, case):
    url = f"{SERVER}/models/{case['repo']}"
    if task in ("feature-extraction", "sentence-similarity"):
        url += f"/pipeline/{task}"
    if task not in CALLS:
        assert patiently(lambda: post(case["repo"], case)) is not None
        return
    call, client = CALLS[task], {"model": url, "token": TOKEN, "timeout": 300}
    found = patiently(lambda: call(InferenceClient(**client)))
    again = patiently(lambda: asyncio.run(asynchronously(call, AsyncInferenceClient(**client))))
    assert found is not None
    assert type(found) is type(again), task
    if task != "text-to-speech" and not hasattr(found, "choices"):
        assert shown(found) == shown(again), task


CASES = json.loads((FOLDER / "cases.json").read_text())
for task in TASKS:
    ask(task, CASES[task])
    print(task, flush=True)
