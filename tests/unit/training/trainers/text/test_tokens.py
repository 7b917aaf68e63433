import random

import pandas as pd
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from holdfast.base.errors import InvalidInput
from holdfast.inference import tasks
from holdfast.inference.domain.predictors import Wish
from holdfast.inference.runtime.loading import load_model
from holdfast.inference.runtime.texts import load_text_reader
from holdfast.training.trainers.registry import module_of
from holdfast.training.trainers.text.tokens.sentences import of_spans, repaired, tags_of
from tests.factories import tiny_models
from tests.factories.training_texts import bench, data_of, spec_of

ROLES = {"tokens": "tokens", "tags": "ner_tags"}
NAMES = {"PER": ["sarah", "john"], "LOC": ["paris", "berlin", "london"]}


def sentences(rows, seed=0):
    chance = random.Random(seed)
    found = []
    for _ in range(rows):
        person, place = chance.choice(NAMES["PER"]), chance.choice(NAMES["LOC"])
        words = [chance.choice(["my", "the", "a"]), "name", "is", person, "and", "i", "live", "in", place]
        tags = ["O", "O", "O", "B-PER", "O", "O", "O", "O", "B-LOC"]
        found.append({"tokens": words, "ner_tags": tags})
    return pd.DataFrame(found)


def with_long_ones(short, each=9):
    """The same sentences, and some that are longer than the base model takes."""
    parts = [short.iloc[start : start + each].sum() for start in range(0, 4 * each, each)]
    return pd.concat([short, pd.DataFrame(parts)], ignore_index=True)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    base = tiny_models.bert(tmp_path_factory.mktemp("base"), "AutoModel")
    spec = spec_of("token-classification", base_model=str(base), params={"num_train_epochs": 40, "learning_rate": 2e-3})
    one = bench(data_of(sentences(120), sentences(20, seed=1), ROLES), spec, tmp_path_factory.mktemp("run"))
    one.run()
    return one, spec


@pytest.mark.parametrize("family", ["dictionary", "word-features", "fine-tuned"])
def test_every_familys_model_finds_the_entities(run, family):
    one, spec = run
    alone = one.only(family)
    alone.folder.mkdir()
    artefact, folder = alone.finish()
    predictor = tasks.load(artefact.task, folder, device="cpu")
    found = predictor.predict("my name is sarah and i live in paris")
    assert [(entity["entity_group"], entity["word"]) for entity in found] == [("PER", "sarah"), ("LOC", "paris")]
    assert found[1]["start"] == 31
    judgement = module_of(spec.task).judge(data_of(sentences(120), sentences(20, seed=1), ROLES), predictor, spec)
    assert judgement.scores["entity_f1"] == 1.0
    assert judgement.rows == 20
    longer = data_of(sentences(120), with_long_ones(sentences(40, seed=1)), ROLES)
    assert module_of(spec.task).judge(longer, predictor, spec).rows == 44, "no text is too long to be judged"


def test_every_word_of_a_long_sentence_is_learned(tmp_path):
    base = tiny_models.bert(tmp_path, "AutoModel")
    spec = spec_of("token-classification", base_model=str(base))
    trainer = module_of(spec.task).prepare(data_of(with_long_ones(sentences(40)), None, ROLES), spec)
    tuning = trainer.rungs[-1]
    sentence = tuning.lesson.sentences[40]
    loaded = load_model(base, "AutoModel", Wish("cpu"))
    rows = tuning.lesson.rows(load_text_reader(base, loaded), [40])
    names = [tuning.lesson.labels[label] for row in rows for label in row["labels"] if label != -100]
    assert len(rows) == 2, "81 words are more than 64 tokens"
    assert [name for name in names if name != "O"] == [tag for tag in sentence.tags if tag != "O"]


def test_single_words_can_be_asked_for(run):
    one, _spec = run
    alone = one.only("dictionary")
    (alone.folder / "again").mkdir(parents=True)
    alone.folder = alone.folder / "again"
    artefact, folder = alone.finish()
    found = tasks.load(artefact.task, folder).predict("in paris", {"aggregation_strategy": "none"})
    place = {"index": 1, "start": 3, "end": 8}
    assert found == [{"entity": "B-LOC", "score": pytest.approx(1.0), "word": "paris", **place}]


def test_spans_become_tags_of_words():
    sentence = of_spans("Take Aspirin C today", [{"start": 5, "end": 14, "label": "DRUG"}])
    assert sentence.tags == ("O", "B-DRUG", "I-DRUG", "O")
    assert tags_of(sentence, [{"entity_group": "DRUG", "start": 5, "end": 14}]) == list(sentence.tags)


@pytest.mark.parametrize(
    ("tags", "right"),
    [
        (["O", "I-PER", "I-PER"], ("O", "B-PER", "I-PER")),
        (["B-PER", "I-LOC"], ("B-PER", "B-LOC")),
        (["U-PER", "B-LOC", "L-LOC"], ("B-PER", "B-LOC", "I-LOC")),
        (["S-PER", "B-LOC", "E-LOC"], ("B-PER", "B-LOC", "I-LOC")),
        (["PER", "PER", "O", "LOC"], ("B-PER", "I-PER", "O", "B-LOC")),
    ],
)
def test_tags_are_repaired(tags, right):
    assert repaired(tags) == right


def test_data_without_entities_are_refused(tmp_path):
    frame = pd.DataFrame({"tokens": [["a"]] * 10, "ner_tags": [["O"]] * 10})
    with pytest.raises(InvalidInput, match="no entity"):
        bench(data_of(frame, frame, ROLES), spec_of("token-classification"), tmp_path)
