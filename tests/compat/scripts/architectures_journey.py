"""Architectures that people learn from: pushed, loaded by their Auto class, run here, and asked over HTTP.

Run with HF_ENDPOINT, HF_TOKEN and HF_HOME set: `python architectures_journey.py NAME …`; prints those that agreed.
What runs here is plain transformers, by the repo's name; none of our tasks has a part in it.
"""

import base64
import io
import json
import os
import sys
import tempfile
import urllib.request
from pathlib import Path

import pytest
import soundfile
import torch
import transformers as t
from huggingface_hub import HfApi, InferenceClient
from PIL import Image

from holdfast.inference.runtime import architectures
from tests.factories import tiny_models
from tests.factories.architectures import ARCHITECTURES

ENDPOINT, API = os.environ["HF_ENDPOINT"], HfApi()
TEXT, QUESTION = "hello there, paris", "how many cat ?"
PICTURE, SOUND = tiny_models.picture(), tiny_models.sound()


def push(name, case):
    """The model by `push_to_hub`, as people do it after training; what reads its inputs, and the card, beside it."""
    repo_id = f"alice/tiny-{name}"
    folder = case.make(Path(tempfile.mkdtemp()))
    model = getattr(t, case.auto_class).from_pretrained(folder)
    model.push_to_hub(repo_id)
    (folder / "README.md").write_text(f"---\npipeline_tag: {case.task}\n---\n")
    API.upload_folder(repo_id=repo_id, folder_path=folder, ignore_patterns=["*.safetensors", "config.json"])
    return repo_id


def load(case, repo_id, part=None):
    return getattr(t, part or case.auto_class).from_pretrained(repo_id)


def image():
    return Image.open(io.BytesIO(PICTURE))


def ask(case, repo_id, inputs):
    """Over HTTP, as curl would."""
    body = json.dumps({"inputs": inputs, "parameters": dict(case.parameters)}).encode()
    headers = {"Authorization": f"Bearer {os.environ['HF_TOKEN']}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{ENDPOINT}/models/{repo_id}", body, headers)
    with urllib.request.urlopen(request, timeout=200) as answer:
        return json.load(answer)


def base64_of(data):
    return base64.b64encode(data).decode()


def scores(names, values):
    return dict(zip(names, values.tolist(), strict=True))


def same(there, here):
    """Labels with scores from the server, and those from here."""
    assert {one["label"]: one["score"] for one in there} == pytest.approx(here, abs=1e-4)


def text_classification(case, repo_id, model):
    tokens = load(case, repo_id, "AutoTokenizer")(TEXT, return_tensors="pt")
    here = scores(model.config.id2label.values(), model(**tokens).logits[0].softmax(0))
    client = InferenceClient(model=f"{ENDPOINT}/models/{repo_id}")
    same([vars(one) for one in client.text_classification(TEXT)], here)


def text_generation(case, repo_id, model):
    tokenizer = load(case, repo_id, "AutoTokenizer")
    tokens = tokenizer(TEXT, return_tensors="pt", return_token_type_ids=False)
    made = model.generate(**tokens, **case.parameters, do_sample=False)[0, tokens["input_ids"].shape[1] :]
    here = tokenizer.decode(made, skip_special_tokens=True)
    client = InferenceClient(model=f"{ENDPOINT}/models/{repo_id}")
    assert client.text_generation(TEXT, max_new_tokens=8) == here
    assert here


def summarization(case, repo_id, model):
    tokenizer = load(case, repo_id, "AutoTokenizer")
    tokens = tokenizer(TEXT, return_tensors="pt", return_token_type_ids=False)
    made = model.generate(**tokens, **case.parameters, max_length=None, num_beams=1)[0]
    assert ask(case, repo_id, TEXT)[0]["summary_text"] == tokenizer.decode(made, skip_special_tokens=True)


def image_classification(case, repo_id, model):
    pixels = load(case, repo_id, "AutoImageProcessor")(image(), return_tensors="pt")
    here = scores(model.config.id2label.values(), model(**pixels).logits[0].softmax(0))
    found = InferenceClient(model=f"{ENDPOINT}/models/{repo_id}").image_classification(PICTURE)
    same([vars(one) for one in found], here)


def zero_shot_image_classification(case, repo_id, model):
    labels = case.parameters["candidate_labels"]
    tokenizer, processor = load(case, repo_id, "AutoTokenizer"), load(case, repo_id, "AutoImageProcessor")
    tokens = tokenizer([f"This is a photo of {label}." for label in labels], return_tensors="pt", padding=True)
    tokens.pop("token_type_ids", None)
    logits = model(**tokens, **processor(image(), return_tensors="pt")).logits_per_image[0]
    same(ask(case, repo_id, base64_of(PICTURE)), scores(labels, logits.softmax(0)))


def image_to_text(case, repo_id, model):
    pixels = load(case, repo_id, "AutoImageProcessor")(image(), return_tensors="pt")
    tokenizer = load(case, repo_id, "AutoTokenizer")
    here = tokenizer.decode(model.generate(**pixels, **case.parameters)[0], skip_special_tokens=True)
    assert ask(case, repo_id, base64_of(PICTURE))[0]["generated_text"] == here.strip()


def visual_question_answering(case, repo_id, model):
    tokens = load(case, repo_id, "AutoTokenizer")(QUESTION, return_tensors="pt")
    pixels = load(case, repo_id, "AutoImageProcessor")(image(), return_tensors="pt")
    here = scores(model.config.id2label.values(), model(**tokens, **pixels).logits[0].sigmoid())
    found = ask(case, repo_id, {"image": base64_of(PICTURE), "question": QUESTION})
    same([{"label": one["answer"], "score": one["score"]} for one in found], here)


def automatic_speech_recognition(case, repo_id, model):
    samples, rate = soundfile.read(io.BytesIO(SOUND), dtype="float32")
    heard = load(case, repo_id, "AutoFeatureExtractor")(samples, sampling_rate=rate, return_tensors="pt")
    made = model.generate(**heard, **case.parameters)
    here = load(case, repo_id, "AutoTokenizer").decode(made[0], skip_special_tokens=True)
    assert ask(case, repo_id, base64_of(SOUND))["text"] == here


architectures.register()
torch.set_num_threads(1)
for name in sys.argv[1:]:
    case = ARCHITECTURES[name]
    repo_id = push(name, case)
    with torch.inference_mode():
        globals()[case.task.replace("-", "_")](case, repo_id, load(case, repo_id).eval())
    print(name, flush=True)
