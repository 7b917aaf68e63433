"""The same answers as plain transformers: numbers to 1e-4, greedy tokens exactly.

Where transformers 5 has no pipeline any more, its models are asked directly.
"""

import io
import itertools

import numpy as np
import pytest
import soundfile
import torch
import transformers
from PIL import Image
from transformers import (
    AutoImageProcessor,
    AutoModelForDocumentQuestionAnswering,
    AutoModelForQuestionAnswering,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
)

from holdfast.base.errors import InvalidInput, TooLarge
from holdfast.inference import tasks
from tests.factories import tiny_models
from tests.factories.inference_cases import BY_TASK, ENTITIES, NLI, WORD_BOXES

PICTURE = tiny_models.picture()
TEXT = "my name is sarah and i live in paris xyz ."


def theirs(task, folder, **options):
    return transformers.pipeline(task, str(folder), device="cpu", **options)


def image():
    return Image.open(io.BytesIO(PICTURE))


def close(one, other):
    return one == pytest.approx(other, abs=1e-4)


def same_labels(ours, others):
    assert [one["label"] for one in ours] == [one["label"] for one in others]
    assert close([one["score"] for one in ours], [one["score"] for one in others])


@pytest.fixture
def model(request, tmp_path):
    """The folder of a task's case."""
    return BY_TASK[request.param].make(tmp_path)


def of(task):
    return pytest.mark.parametrize("model", [task], indirect=True)


@of("text-classification")
@pytest.mark.parametrize("function", [None, "sigmoid", "softmax", "none"])
def test_text_classification(model, function):
    given = {"function_to_apply": function} if function else {}
    ours = tasks.load("text-classification", model).predict("i love this movie", given)
    same_labels(ours, theirs("text-classification", model)("i love this movie", top_k=None, **given))


@pytest.mark.parametrize("kind", ["multi_label_classification", "regression"])
def test_what_a_classifier_was_trained_for(kind, tmp_path):
    folder = tiny_models.bert(tmp_path, num_labels=3, problem_type=kind)
    ours = tasks.load("text-classification", folder).predict("a cat")
    same_labels(ours, theirs("text-classification", folder)("a cat", top_k=None))


def test_a_pair_of_texts(tmp_path):
    pair = {"text": "a cat", "text_pair": "a dog"}
    folder = tiny_models.bert(tmp_path, num_labels=3)
    ours = tasks.load("text-classification", folder).predict(pair)
    same_labels(ours, theirs("text-classification", folder)(pair, top_k=None))


@of("token-classification")
@pytest.mark.parametrize("strategy", ["none", "simple", "first", "average", "max"])
def test_token_classification(model, strategy):
    ours = tasks.load("ner", model).predict(TEXT, {"aggregation_strategy": strategy, "ignore_labels": []})
    others = theirs("ner", model, aggregation_strategy=strategy, ignore_labels=[])(TEXT)
    assert [{**one, "score": 0} for one in ours] == [{**one, "score": 0} for one in others]
    assert close([one["score"] for one in ours], [float(one["score"]) for one in others])


def test_a_long_text_in_windows(tmp_path):
    folder = tiny_models.bert(tmp_path, "AutoModelForTokenClassification", id2label=ENTITIES)
    ours = tasks.load("ner", folder).predict(TEXT * 6, {"stride": 8})
    assert max(one["end"] for one in ours) > len(TEXT) * 5
    assert all(left["start"] < right["start"] for left, right in itertools.pairwise(ours))


@of("fill-mask")
@pytest.mark.parametrize("text", ["the capital of [MASK] is paris", "the [MASK] of [MASK] is paris"])
@pytest.mark.parametrize("given", [{}, {"top_k": 2}, {"targets": ["city", "capital"]}])
def test_fill_mask(model, text, given):
    def flat(found):
        return [one for line in found for one in line] if isinstance(found[0], list) else found

    ours, others = (
        flat(tasks.load("fill-mask", model).predict(text, given)),
        flat(theirs("fill-mask", model)(text, **given)),
    )
    assert [(one["token"], one["token_str"]) for one in ours] == [(one["token"], one["token_str"]) for one in others]
    assert close([one["score"] for one in ours], [one["score"] for one in others])


@pytest.mark.parametrize("multi_label", [False, True])
def test_zero_shot_classification(multi_label, tmp_path):
    folder = tiny_models.bert(tmp_path, **NLI, label2id={"contradiction": 0, "neutral": 1, "entailment": 2})
    given = {"candidate_labels": ["great", "bad", "a city"], "multi_label": multi_label}
    ours = tasks.load("zero-shot-classification", folder).predict("i love this movie", given)
    others = theirs("zero-shot-classification", folder)("i love this movie", **given)
    assert [one["label"] for one in ours] == others["labels"]
    assert close([one["score"] for one in ours], others["scores"])


def test_question_answering(tmp_path):
    """Every pair of start and end, looked at one by one."""
    folder = tiny_models.bert(tmp_path, "AutoModelForQuestionAnswering")
    question, context = "where is paris?", "paris is a city in france . we live in berlin"
    ours = tasks.load("question-answering", folder).predict(
        {"question": question, "context": context}, {"top_k": 3, "align_to_words": False}
    )
    tokenizer = AutoTokenizer.from_pretrained(folder)
    encoded = tokenizer(question, context, return_tensors="pt", return_offsets_mapping=True)
    offsets = encoded.pop("offset_mapping")[0].tolist()
    with torch.no_grad():
        output = AutoModelForQuestionAnswering.from_pretrained(folder)(**encoded)
    mine = [index for index, text in enumerate(encoded.sequence_ids(0)) if text == 1]
    counted = [0, *mine]
    chances = [dict(zip(counted, logits[0][counted].softmax(0).tolist(), strict=True)) for logits in output.to_tuple()]
    pairs = [(chances[0][a] * chances[1][b], a, b) for a in mine for b in mine if a <= b < a + 15]
    for answer, (score, start, end) in zip(ours, sorted(pairs, reverse=True), strict=False):
        assert (
            answer["answer"] == context[offsets[start][0] : offsets[end][1]] == context[answer["start"] : answer["end"]]
        )
        assert close(answer["score"], score)


def test_a_context_longer_than_the_model(tmp_path):
    folder = tiny_models.bert(tmp_path, "AutoModelForQuestionAnswering")
    context = "paris is a city in france . " * 30
    given = {"top_k": 20, "max_seq_len": 40, "handle_impossible_answer": True}
    ours = tasks.load("question-answering", folder).predict({"question": "where?", "context": context}, given)
    assert max(one["end"] for one in ours) > len(context) // 2
    assert all(context[one["start"] : one["end"]] == one["answer"] for one in ours)


@pytest.mark.parametrize("make", [tiny_models.t5, tiny_models.bart])
def test_text_to_text(make, tmp_path):
    folder = make(tmp_path)
    texts = ["hello there", "a", "the cat sat on the mat"]
    ours = tasks.load("text2text-generation", folder).predict_batch(texts, {"max_new_tokens": 12})
    tokenizer, plain = AutoTokenizer.from_pretrained(folder), AutoModelForSeq2SeqLM.from_pretrained(folder)
    for text, one in zip(texts, ours, strict=True):
        tokens = tokenizer(text, return_tensors="pt", return_token_type_ids=False)
        made = plain.generate(**tokens, max_new_tokens=12, max_length=None)[0]
        assert one["generated_text"] == tokenizer.decode(made, skip_special_tokens=True)


def test_prefixes_of_t5(tmp_path):
    """Summaries and translations are its text2text with the prefixes that its config names."""
    folder = tiny_models.t5(tmp_path)
    plain = tasks.load("text2text-generation", folder)
    summary = tasks.load("summarization", folder).predict("hello")["summary_text"]
    assert summary == plain.predict("sum: hello", {"max_length": 12})["generated_text"]
    languages = {"src_lang": "en", "tgt_lang": "fr", "max_new_tokens": 9}
    french = tasks.load("translation", folder).predict("hello", languages)["translation_text"]
    assert french == plain.predict("en to fr: hello", {"max_new_tokens": 9})["generated_text"]


@of("text-generation")
@pytest.mark.parametrize("given", [{}, {"num_beams": 3}, {"repetition_penalty": 1.5}, {"min_new_tokens": 15}])
def test_text_generation(model, given):
    ours = tasks.load("text-generation", model).predict("hello there", {"max_new_tokens": 20, **given})
    options = {"max_new_tokens": 20, "do_sample": False, "return_full_text": False, **given}
    assert [ours] == theirs("text-generation", model)("hello there", **options)


@of("feature-extraction")
def test_feature_extraction(model):
    """Tokens of the plain transformer, averaged and made of length one."""
    tokens = np.array(theirs("feature-extraction", model)("i love paris")[0])
    mean = tokens.mean(axis=0)
    [ours] = tasks.load("feature-extraction", model).predict("i love paris")
    assert close(ours, (mean / np.linalg.norm(mean)).tolist())


def test_features_of_a_plain_transformer_are_its_tokens(tmp_path):
    folder = tiny_models.bert(tmp_path, "AutoModel")
    ours = tasks.load("feature-extraction", folder).predict("i love paris")
    np.testing.assert_allclose(ours, theirs("feature-extraction", folder)("i love paris")[0], atol=1e-4)


@of("image-classification")
def test_image_classification(model):
    same_labels(
        tasks.load("image-classification", model).predict(PICTURE), theirs("image-classification", model)(image())
    )


@of("image-feature-extraction")
@pytest.mark.parametrize("pool", [False, True])
def test_image_feature_extraction(model, pool):
    ours = tasks.load("image-feature-extraction", model).predict(PICTURE, {"pool": pool})
    others = np.array(theirs("image-feature-extraction", model)(image(), pool=pool))
    np.testing.assert_allclose(ours, others.reshape(np.shape(ours)), atol=1e-4)


@of("zero-shot-image-classification")
def test_zero_shot_image_classification(model):
    given = {"candidate_labels": ["cat", "green dog", "city"]}
    ours = tasks.load("zero-shot-image-classification", model).predict(PICTURE, given)
    same_labels(ours, theirs("zero-shot-image-classification", model)(image(), **given))


@of("object-detection")
def test_object_detection(model):
    ours = tasks.load("object-detection", model).predict(PICTURE, {"threshold": 0.3})
    others = theirs("object-detection", model)(image(), threshold=0.3)
    same_labels(ours, others)
    assert [one["box"] for one in ours] == [one["box"] for one in others]


@of("zero-shot-object-detection")
def test_zero_shot_object_detection(model):
    given = {"candidate_labels": ["cat", "green dog"], "threshold": 0.05}
    ours = tasks.load("zero-shot-object-detection", model).predict(PICTURE, given)
    others = theirs("zero-shot-object-detection", model)(image(), **given)
    same_labels(ours, others)
    assert [one["box"] for one in ours] == [one["box"] for one in others]
    assert len({one["label"] for one in ours}) == 2


@of("depth-estimation")
def test_depth_estimation(model):
    ours = tasks.load("depth-estimation", model).predict(PICTURE)
    others = theirs("depth-estimation", model)(image())
    np.testing.assert_allclose(ours["predicted_depth"], others["predicted_depth"].numpy(), atol=1e-4)
    assert np.abs(np.array(Image.open(io.BytesIO(ours["depth"]))) - np.array(others["depth"]).astype(int)).max() <= 1


@pytest.mark.parametrize(
    ("make", "given"),
    [
        (tiny_models.segformer, {}),
        (tiny_models.maskformer, {"threshold": 0.2, "mask_threshold": 0.3, "overlap_mask_area_threshold": 0.0}),
    ],
)
def test_image_segmentation(make, given, tmp_path):
    folder = make(tmp_path)
    ours = tasks.load("image-segmentation", folder).predict(PICTURE, given)
    others = theirs("image-segmentation", folder)(image(), **given)
    assert [one["label"] for one in ours] == [one["label"] for one in others]
    for one, other in zip(ours, others, strict=True):
        assert (np.array(Image.open(io.BytesIO(one["mask"]))) == np.array(other["mask"])).all()


@of("document-question-answering")
def test_document_question_answering(model):
    """Words of the page; transformers asks for the tokenizer's boxes in the same thousandths."""
    pairs = list(zip(WORD_BOXES[::2], WORD_BOXES[1::2], strict=True))
    asked = {"image": PICTURE, "question": "what is the city?"}
    ours = tasks.load("document-question-answering", model).predict(asked, {"word_boxes": WORD_BOXES, "top_k": 3})
    nested = tasks.load("document-question-answering", model).predict(asked, {"word_boxes": pairs, "top_k": 3})
    assert nested == ours
    given = {"image": image(), "question": "what is the city?", "word_boxes": pairs, "top_k": 3}
    others = theirs("document-question-answering", model)(given)
    best = others if isinstance(others, dict) else others[0]
    assert (ours[0]["answer"], ours[0]["start"], ours[0]["end"]) == (best["answer"], best["start"], best["end"])
    assert close(ours[0]["score"], best["score"])


def test_document_question_answering_by_a_model_that_also_sees(tmp_path):
    """LayoutLMv3 by its own tokenizer and processor; transformers' pipeline shows it no picture, by a wrong name."""
    folder, question = tiny_models.layoutlmv3(tmp_path), "what is the city?"
    asked = {"image": PICTURE, "question": question}
    ours = tasks.load("document-question-answering", folder).predict(asked, {"word_boxes": WORD_BOXES})
    encoded = AutoTokenizer.from_pretrained(folder)(
        question, WORD_BOXES[::2], boxes=WORD_BOXES[1::2], return_tensors="pt"
    )
    pixels = AutoImageProcessor.from_pretrained(folder, apply_ocr=False, backend="pil")(image(), return_tensors="pt")
    with torch.no_grad():
        found = AutoModelForDocumentQuestionAnswering.from_pretrained(folder)(**encoded, **pixels)
    mine = [index for index, text in enumerate(encoded.sequence_ids(0)) if text == 1]
    starts, ends = (logits[0][[0, *mine]].softmax(0)[1:] for logits in (found.start_logits, found.end_logits))
    products = starts[:, None] * ends
    spans = products.triu() - products.triu(15)
    place = divmod(int(spans.argmax()), len(mine))
    words = [encoded.word_ids(0)[mine[index]] for index in place]
    assert [ours[0]["start"], ours[0]["end"]] == words
    assert close(ours[0]["score"], float(spans.max()))


@of("table-question-answering")
def test_table_question_answering(model):
    asked = {"query": "how many stars?", "table": {"city": ["paris", "london", "berlin"], "stars": ["12", "3", "7"]}}
    ours = tasks.load("table-question-answering", model).predict(asked)
    others = theirs("table-question-answering", model)(asked)
    assert ours["cells"] == others["cells"] == ["12", "3"]
    assert ours["coordinates"] == [list(place) for place in others["coordinates"]]
    assert (ours["answer"], ours["aggregator"]) == (others["answer"], others["aggregator"])


@of("audio-classification")
def test_audio_classification(model):
    ours = tasks.load("audio-classification", model).predict(tiny_models.sound())
    samples, rate = soundfile.read(io.BytesIO(tiny_models.sound()), dtype="float32")
    others = theirs("audio-classification", model)({"raw": samples, "sampling_rate": rate}, top_k=None)
    same_labels(ours, others)


@pytest.mark.parametrize("make", [tiny_models.whisper, tiny_models.wav2vec2])
def test_automatic_speech_recognition(make, tmp_path):
    folder = make(tmp_path)
    given = {"max_new_tokens": 20} if make is tiny_models.whisper else {}
    ours = tasks.load("automatic-speech-recognition", folder).predict(tiny_models.sound(), given)
    samples, rate = soundfile.read(io.BytesIO(tiny_models.sound()), dtype="float32")
    # transformers' pipeline searches with five beams, whatever the model's makers chose.
    greedy = {"generate_kwargs": {"num_beams": 1, "max_new_tokens": 20}} if make is tiny_models.whisper else {}
    others = theirs("automatic-speech-recognition", folder)({"raw": samples, "sampling_rate": rate}, **greedy)
    assert ours["text"] == others["text"]


def test_a_donut_reads_pages_itself(tmp_path):
    folder, question = tiny_models.donut(tmp_path), "what is the city?"
    predictor = tasks.load("document-question-answering", folder)
    [ours] = predictor.predict({"image": PICTURE, "question": question}, {"max_answer_len": 12})
    model = transformers.AutoModelForImageTextToText.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    processor = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil")
    prompt = tokenizer(
        f"<s_docvqa><s_question>{question}</s_question><s_answer>", add_special_tokens=False, return_tensors="pt"
    )
    pixels = processor(Image.open(io.BytesIO(PICTURE)).convert("RGB"), return_tensors="pt").pixel_values
    made = model.generate(pixels, decoder_input_ids=prompt.input_ids, max_new_tokens=12)[0, prompt.input_ids.shape[1] :]
    said = tokenizer.decode(made).partition("</s_answer>")[0]
    for tag in tokenizer.all_special_tokens:
        said = said.replace(tag, " ")
    assert ours["answer"] == " ".join(said.split())
    assert (ours["start"], ours["end"]) == (0, 0)
    assert 0 < ours["score"] <= 1
    for wrong in ({"top_k": 2}, {"word_boxes": WORD_BOXES}, {"lang": "eng"}):
        with pytest.raises(InvalidInput, match="which writes"):
            predictor.predict({"image": PICTURE, "question": question}, wrong)
    with pytest.raises(TooLarge):
        predictor.predict({"image": PICTURE, "question": "who " * 200})
