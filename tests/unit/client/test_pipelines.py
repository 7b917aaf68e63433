import io
import subprocess
import sys

import pytest
import soundfile
from PIL import Image

from holdfast import pipeline
from holdfast.base.errors import InvalidInput, UnknownTask, UnsafeWeights, UnusableModel
from tests.factories import tiny_models


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    return tiny_models.bert(tmp_path_factory.mktemp("classifier"), num_labels=3)


def test_device_and_dtype_are_said_once(classifier, capsys):
    ask = pipeline("text-classification", classifier, device="cpu")
    ask("a")
    ask("b")
    assert capsys.readouterr().err == f"text-classification: {classifier.name} on cpu, float32\n"


def test_loading_shows_how_far_it_is_where_somebody_looks(classifier, capsys):
    pipeline("text-classification", classifier, device="cpu", progress=True)
    assert "Loading weights: 100%" in capsys.readouterr().err


def test_lists_and_generators_answer_alike(classifier):
    ask = pipeline("text-classification", classifier, batch_size=2)
    texts = ["a cat", "paris", "i love this movie", "bad", "good film"]
    together = ask(texts, top_k=1)
    assert [ask(text, top_k=1)[0]["label"] for text in texts] == [one[0]["label"] for one in together]
    made = ask((text for text in texts), top_k=1)
    assert [one[0]["label"] for one in made] == [one[0]["label"] for one in together]


def test_a_generator_is_read_only_as_far_as_needed(classifier):
    taken = []
    source = (taken.append(number) or f"text {number}" for number in range(100))
    answers = pipeline("text-classification", classifier, batch_size=2)(source)
    next(answers)
    assert taken == [0, 1]


def test_a_picture_in_any_form(tmp_path):
    folder = tiny_models.vit(tmp_path, num_labels=3)
    picture = tmp_path / "picture.png"
    picture.write_bytes(tiny_models.picture())
    ask = pipeline("image-classification", folder)
    assert ask(picture) == ask(str(picture)) == ask(Image.open(picture)) == ask(tiny_models.picture())


def test_a_sound_as_an_array(tmp_path):
    folder = tiny_models.wav2vec2(tmp_path, "AutoModelForAudioClassification", num_labels=3)
    samples, rate = soundfile.read(io.BytesIO(tiny_models.sound(rate=8_000)), dtype="float32")
    ask = pipeline("audio-classification", folder)
    assert ask({"array": samples, "sampling_rate": rate}) == ask(tiny_models.sound(rate=8_000))


def test_fields_as_keywords(tmp_path):
    folder = tiny_models.bert(tmp_path, "AutoModelForQuestionAnswering")
    ask = pipeline("question-answering", folder)
    text = {"question": "where is paris?", "context": "paris is a city in france."}
    assert ask(**text, top_k=2) == ask(text, top_k=2)


def test_fields_as_keywords_where_an_input_has_two_forms(tmp_path):
    picture = tmp_path / "picture.png"
    picture.write_bytes(tiny_models.picture())
    discuss = pipeline("image-text-to-text", tiny_models.llava(tmp_path))
    found = discuss(image=picture, text="what is this?", max_new_tokens=4)
    assert found == discuss({"images": [str(picture)], "text": "what is this?"}, max_new_tokens=4)


def test_text_as_it_is_made(tmp_path):
    ask = pipeline("text-generation", tiny_models.gpt2(tmp_path))
    chunks = list(ask.stream("hello", max_new_tokens=6))
    assert "".join(chunk["token"]["text"] for chunk in chunks) == chunks[-1]["generated_text"]
    assert ask("hello", max_new_tokens=6) == [{"generated_text": chunks[-1]["generated_text"]}]


def test_the_card_may_name_the_task(tmp_path):
    folder = tiny_models.bert(tmp_path, num_labels=1)
    with pytest.raises(UnusableModel, match="names no task"):
        pipeline(model=folder)
    (folder / "README.md").write_text("---\npipeline_tag: text-ranking\n---\n")
    assert pipeline(model=folder).task == "text-ranking"


def test_an_unknown_task_is_told_before_anything_is_fetched():
    with pytest.raises(UnknownTask, match="Supported"):
        pipeline("text-to-taste", "org/name")


def test_pickled_weights_are_refused_with_a_way_out(tmp_path):
    folder = tiny_models.bert(tmp_path)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(UnsafeWeights, match=r"pytorch_model\.bin.*save_pretrained"):
        pipeline("text-classification", folder)


def test_weights_for_another_task_are_refused(tmp_path):
    folder = tiny_models.bert(tmp_path, "AutoModelForMaskedLM")
    with pytest.raises(UnusableModel, match=r"lack 4 tensors .*It was made for another task"):
        pipeline("text-classification", folder)


def test_wrong_device_and_dtype(classifier):
    for options in ({"device": "tpu"}, {"device": "cuda:99"}, {"dtype": "int3"}):
        with pytest.raises(InvalidInput, match=next(iter(options))):
            pipeline("text-classification", classifier, **options)


def test_bfloat16_is_a_choice(classifier):
    exact = pipeline("text-classification", classifier)("i love this movie")
    fast = pipeline("text-classification", classifier, dtype="bfloat16")("i love this movie")
    assert [one["label"] for one in fast] == [one["label"] for one in exact]
    assert fast != exact


def test_importing_it_brings_no_library_of_models():
    code = "import sys, holdfast; from holdfast import pipeline; print(*sys.modules)"
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "transformers", "sklearn", "pandas", "huggingface_hub"} & set(finished.stdout.split())
