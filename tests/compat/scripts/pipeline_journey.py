"""`holdfast.pipeline` against a live Hub: each task's tiny model is pushed, run here, and asked there.

Run with HF_ENDPOINT, HF_TOKEN and HF_HOME set: `python pipeline_journey.py TASK …`; prints the tasks that agreed.
"""

import os
import re
import sys
import tempfile
from functools import partial
from pathlib import Path

import pytest
from huggingface_hub import HfApi

from holdfast import pipeline
from holdfast.base.errors import UnsafeWeights, UnusableModel
from holdfast.client.finding import best_model
from tests.factories.inference_cases import BY_TASK
from tests.unit.inference.tasks.test_every_task import assert_alike

ENDPOINT, TOKEN = os.environ["HF_ENDPOINT"], os.environ["HF_TOKEN"]
API = HfApi()


def push(task):
    """A repo with the tiny model of a task, and a card that names the task."""
    name = f"alice/tiny-{task}"
    folder = BY_TASK[task].make(Path(tempfile.mkdtemp()))
    (folder / "README.md").write_text(
        f"---\npipeline_tag: {'text-generation' if task.startswith('chat') else task}\n---\n"
    )
    API.create_repo(name)
    API.upload_folder(repo_id=name, folder_path=folder)
    return name


def agree(task):
    """Downloaded and run here, or run there: the same call, the same result."""
    case, name = BY_TASK[task], push(task)
    here, there = pipeline(task, name), pipeline(task, name, endpoint=ENDPOINT, access_token=TOKEN)
    assert here.task == there.task == task
    assert_alike(without_id(there(case.inputs, **case.parameters)), without_id(here(case.inputs, **case.parameters)))


def without_id(answer):
    """A chat's answer without what only a server sets."""
    if isinstance(answer, dict) and "usage" in answer:
        return {key: value for key, value in answer.items() if key in ("choices", "usage")}
    return answer


def check_streams(name):
    """Text piece by piece from both."""
    texts = []
    for where in ({}, {"endpoint": ENDPOINT, "access_token": TOKEN}):
        chunks = list(pipeline("text-generation", name, **where).stream("hello", max_new_tokens=8))
        texts.append("".join(chunk["token"]["text"] for chunk in chunks))
        assert chunks[-1]["generated_text"] == texts[-1]
    assert texts[0] == texts[1]


def check_errors():
    """What is not there, and what is not safe, is said before anything is fetched."""
    API.create_repo("alice/pickled")
    API.upload_file(repo_id="alice/pickled", path_in_repo="pytorch_model.bin", path_or_fileobj=b"\x80\x04.")
    refused(UnsafeWeights, "pytorch_model.bin", "fill-mask", model="alice/pickled")
    refused(UnusableModel, ENDPOINT, "fill-mask", model="alice/nothing-there")
    refused(UnusableModel, "has no model for clustering. Push one whose card says `pipeline_tag", "clustering")
    refused(UnusableModel, "hf upload OWNER/NAME FOLDER", "clustering", endpoint=ENDPOINT, access_token=TOKEN)


def check_defaults(name):
    """Without a model: one that can run, by AutoTrain before others; the same at a server."""
    card = b"---\npipeline_tag: text-classification\ntags: [autotrain]\n---\n"
    describe = partial(API.upload_file, path_in_repo="README.md", path_or_fileobj=card)
    describe(repo_id="alice/pickled")
    assert best_model("text-classification", TOKEN) == name
    assert pipeline("sentiment-analysis")("i love this movie")
    there = pipeline("sentiment-analysis", endpoint=ENDPOINT, access_token=TOKEN)
    assert_alike(there("i love this movie"), pipeline("text-classification", name)("i love this movie"))
    API.create_repo("alice/trained", private=True)
    empty = b"\2\0\0\0\0\0\0\0{}"
    API.upload_file(repo_id="alice/trained", path_in_repo="model.safetensors", path_or_fileobj=empty)
    describe(repo_id="alice/trained")
    assert best_model("text-classification", TOKEN) == "alice/trained"
    assert best_model("text-classification", None, ENDPOINT) == name  # hidden from those who may not read it


def refused(kind, words, task, **options):
    with pytest.raises(kind, match=re.escape(words)):
        pipeline(task, **options)


def main(tasks):
    check_errors()
    for task in tasks:
        agree(task)
        print(task, flush=True)
    if "text-generation" in tasks:
        check_streams("alice/tiny-text-generation")
    if "text-classification" in tasks:
        check_defaults("alice/tiny-text-classification")


main(sys.argv[1:])
