"""Answers, summaries, translations and meanings: from the data to an answer of the Inference API."""

import pandas as pd
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from holdfast.base.errors import InvalidInput
from holdfast.inference import tasks
from holdfast.training.domain.data import ColumnKind
from holdfast.training.trainers.registry import module_of
from holdfast.training.trainers.text.answers.questions import exact_match, overlap_f1, read_questions
from holdfast.training.trainers.text.rewriting.scoring import of_summaries, of_translations
from holdfast.training.trainers.text.sentence_models import encode, load_sentence_model
from holdfast.training.trainers.text.sentences.pairs import cosines_of, read_pairs
from tests.factories import tiny_models
from tests.factories.training_texts import bench, data_of, spec_of

PAIR = {"text": "text", "target": "target"}


def finished(data, spec, folder):
    """Every family's artefact and predictor, with its board."""
    one = bench(data, spec, folder)
    board = one.run()
    found = {}
    for family in {trial.plan.family for trial in board.finished()}:
        alone = one.only(family)
        alone.folder.mkdir()
        artefact, made = alone.finish()
        found[family] = artefact, tasks.load(artefact.task, made, device="cpu"), made
    return board, found


def no_pickle_in(folder):
    return not [path for path in folder.rglob("*") if path.suffix in (".bin", ".pkl", ".pt", ".pth", ".joblib")]


def questions(rows):
    places = ["paris", "berlin", "london"]
    frame = []
    for row in range(rows):
        context = f"my name is sarah. i live in {places[row % 3]}. the cat sat on the mat."
        answer = places[row % 3]
        answers = {"text": [answer], "answer_start": [context.index(answer)]}
        frame.append({"question": "where do i live?", "context": context, "answers": answers})
    return pd.DataFrame(frame)


def test_questions_are_answered(tmp_path):
    base = tiny_models.bert(tmp_path / "base", "AutoModel")
    params = {"num_train_epochs": 30, "learning_rate": 2e-3, "max_length": 48}
    spec = spec_of("question-answering", base_model=str(base), params=params)
    roles = {"question": "question", "context": "context", "answers": "answers"}
    data = data_of(questions(60), questions(9), roles)
    board, found = finished(data, spec, tmp_path)
    assert set(found) == {"baseline", "fine-tuned"}
    _artefact, baseline, _folder = found["baseline"]
    assert baseline.predict(questions(1).iloc[0][["question", "context"]].to_dict())[0]["answer"] == "i live in paris."
    artefact, reader, folder = found["fine-tuned"]
    assert no_pickle_in(folder)
    assert board.best.plan.family == "fine-tuned"
    judgement = module_of(spec.task).judge(data, reader, spec)
    assert judgement.scores["exact_match"] > 0.6
    assert judgement.intervals["f1"][0] <= judgement.scores["f1"] <= judgement.intervals["f1"][1]
    assert reader.predict(artefact.example)[0]["answer"]


@pytest.mark.parametrize(
    "answers",
    [
        {"text": ["b c"], "answer_start": [2]},
        [{"text": "b c", "answer_start": 2}],
        "b c",
        ["b c"],
        {"text": ["b c"], "answer_start": [7]},
    ],
)
def test_answers_are_read_as_the_field_writes_them(answers):
    frame = pd.DataFrame({"question": ["?"], "context": ["a b c d"], "answers": [answers]})
    roles = {name: name for name in frame.columns}
    [question] = read_questions(data_of(frame, frame, roles), frame)
    assert question.answers == ("b c",)
    assert question.start == 2


def test_an_answer_that_is_not_in_the_text_is_named():
    frame = pd.DataFrame({"question": ["?"], "context": ["a b"], "answers": ["zebra"]})
    with pytest.raises(InvalidInput, match="zebra"):
        read_questions(data_of(frame, frame, {name: name for name in frame.columns}), frame)


def test_scores_of_answers_are_squads():
    assert exact_match("The Cat!", "cat") == 1.0
    assert overlap_f1("the big cat", "cat sat") == pytest.approx(0.5)


def stories(rows):
    names = ["sarah", "john", "cat"]
    lines = [(f"the {name} sat on the mat. it was great. they like it. who is it?", name) for name in names]
    return pd.DataFrame([{"text": lines[row % 3][0], "target": lines[row % 3][1]} for row in range(rows)])


def test_summaries_are_written(tmp_path):
    base = tiny_models.bart(tmp_path / "base")
    params = {"num_train_epochs": 10, "learning_rate": 5e-3, "max_target_length": 8}
    spec = spec_of("summarization", base_model=str(base), params=params)
    data = data_of(stories(48), stories(6), PAIR)
    board, found = finished(data, spec, tmp_path)
    assert [dict(trial.plan.parameters).get("sentences") for trial in board.trials[:3]] == [3, 1, 2]
    assert found["baseline"][1].predict(stories(1).text[0])["summary_text"].startswith("the sarah sat on the mat.")
    _artefact, writer, folder = found["fine-tuned"]
    assert no_pickle_in(folder)
    tuned = next(trial for trial in board.trials if trial.plan.family == "fine-tuned")
    losses = [value for _step, value in tuned.outcome.curve["loss"]]
    assert losses[-1] < losses[0]
    judgement = module_of(spec.task).judge(data, writer, spec)
    assert 0.0 <= judgement.scores["rouge_l"] <= 1.0


def test_without_a_writer_the_copy_is_served_and_the_rung_says_why(tmp_path):
    spec = spec_of("translation")
    data = data_of(stories(12), stories(6), PAIR)
    one = bench(data, spec, tmp_path)
    plans = list(one.trainer.plans(one.board, one.clock))
    assert "base_model" in plans[-1].reason
    one.run()
    artefact, folder = one.finish()
    assert tasks.load(artefact.task, folder).predict("paris is great.") == {"translation_text": "paris is great."}


def test_an_encoder_can_not_write(tmp_path):
    base = tiny_models.bert(tmp_path / "base", "AutoModel")
    one = bench(data_of(stories(12), stories(6), PAIR), spec_of("summarization", base_model=str(base)), tmp_path)
    plans = list(one.trainer.plans(one.board, one.clock))
    assert "only reads texts" in plans[-1].reason


def test_scores_of_texts_are_those_of_the_field():
    """Numbers of the README files of rouge-score and sacrebleu."""
    wanted, written = ["The quick brown fox jumps over the lazy dog"], ["The quick brown dog jumps on the log."]
    found = of_summaries(written, wanted)
    assert found["rouge_1"] == pytest.approx(0.705882, abs=1e-6)
    assert found["rouge_l"] == pytest.approx(0.588235, abs=1e-6)
    assert of_translations(["the same"], ["the same"])["chrf"] == pytest.approx(1.0)


PLACES = ["paris", "berlin", "london", "france", "germany", "city"]


def alike(rows, scored=False):
    frame = [
        {"text": f"where is {PLACES[row % 6]}", "text_pair": f"{PLACES[row % 6]} is a place", "target": 1.0}
        for row in range(rows)
    ]
    if scored:
        for row, line in enumerate(frame):
            if row % 2:
                line |= {"text_pair": "the cat sat on the mat", "target": 0.0}
        return pd.DataFrame(frame)
    return pd.DataFrame(frame).drop(columns="target")


@pytest.mark.parametrize("scored", [False, True])
def test_meanings_are_learned_from_pairs_and_from_scores(tmp_path, scored):
    base = tiny_models.sentence_encoder(tmp_path / "base")
    params = {"num_train_epochs": 8, "learning_rate": 1e-3, "per_device_train_batch_size": 6}
    roles = {"text": "text", "text_pair": "text_pair"} | ({"target": "target"} if scored else {})
    data = data_of(alike(60, scored), alike(12, scored), roles, kinds={"target": ColumnKind.NUMBER})
    spec = spec_of("sentence-similarity", base_model=str(base), params=params)
    board, found = finished(data, spec, tmp_path)
    scores = {trial.plan.family: trial.outcome.score for trial in board.finished()}
    assert set(scores) == {"as-it-is", "fine-tuned"}
    assert scores["fine-tuned"] >= scores["as-it-is"]
    artefact, encoder, folder = found["fine-tuned"]
    assert no_pickle_in(folder)
    assert len(encoder.predict(artefact.example)) == 3
    judgement = module_of(spec.task).judge(data, encoder, spec)
    pairs, trained = read_pairs(data, data.test), load_sentence_model(folder)
    own = pairs.scores(cosines_of(lambda texts: encode(trained, texts), pairs))
    assert judgement.scores == pytest.approx(own, abs=1e-6), "what is served is what was trained"
