from __future__ import annotations

import base64
import struct

import pytest

from holdfast.inference import tasks
from holdfast.ui.inference_forms import form_of
from holdfast.ui.inference_results import MAX_ROWS, Bar, Piece, result_of, sound
from holdfast.ui.inference_scenes import MAX_MASKS, MAX_PICTURE_CHARACTERS, Box


def _result(task: str, answer, **asked):
    return result_of(task, asked, answer)


def test_classifications_become_bars():
    answer = [[{"label": "positive", "score": 0.973}, {"label": "negative", "score": 0.027}]]
    result = _result("text-classification", answer, inputs="I like it")
    assert result.kind == "bars"
    assert result.bars == (
        Bar("positive", 0.973, "97.3\N{NO-BREAK SPACE}%"),
        Bar("negative", 0.027, "2.7\N{NO-BREAK SPACE}%"),
    )
    assert '"positive"' in result.source


def test_scores_that_are_no_shares_are_told_as_they_are():
    result = _result("zero-shot-classification", [{"label": "a", "score": 3.25}, {"label": "b", "score": -1.0}])
    assert result.bars == (Bar("a", 1.0, "3.250"), Bar("b", 0.0, "-1.000"))


def test_there_are_never_too_many_bars():
    answer = [[{"label": str(index), "score": 0.0} for index in range(1_000)]]
    assert len(_result("text-classification", answer).bars) == MAX_ROWS


def test_spans_are_marked_in_the_text():
    answer = [
        {"entity_group": "LOC", "score": 0.5, "word": "London", "start": 12, "end": 18},
        {"entity_group": "PER", "score": 0.99, "word": "Ada", "start": 0, "end": 3},
        {"entity_group": "LOC", "score": 0.7, "word": "Bath", "start": 23, "end": 27},
    ]
    result = _result("token-classification", answer, inputs="Ada lived in London and Bath.".replace(" in", " at"))
    assert "".join(piece.text for piece in result.pieces) == "Ada lived at London and Bath."
    assert [piece.label for piece in result.pieces if piece.label] == ["PER", "LOC", "LOC"]
    assert [piece.colour for piece in result.pieces if piece.label] == [0, 1, 1]
    assert result.pieces[0] == Piece("Ada", "PER", "99.0\N{NO-BREAK SPACE}%", 0)


def test_spans_that_overlap_or_lie_outside_are_left_out():
    answer = [
        {"entity": "A", "score": 1, "word": "x", "start": 0, "end": 4},
        {"entity": "B", "score": 1, "word": "x", "start": 2, "end": 5},
        {"entity": "C", "score": 1, "word": "x", "start": 5, "end": 50},
    ]
    result = _result("token-classification", answer, inputs="short text")
    assert result.pieces == (Piece("shor", "A", "100.0\N{NO-BREAK SPACE}%", 0), Piece("t text"))


def test_an_answer_has_its_score():
    answer = {"answer": "Istanbul", "score": 0.9, "start": 31, "end": 39}
    result = _result("question-answering", answer, inputs={"question": "Where?", "context": "…"})
    assert (result.kind, result.bars) == ("answers", (Bar("Istanbul", 0.9, "90.0\N{NO-BREAK SPACE}%"),))
    assert "no answer" in _result("question-answering", []).note


@pytest.mark.parametrize(
    ("task", "answer"),
    [
        ("summarization", [{"summary_text": "short"}]),
        ("translation", [{"translation_text": "short"}]),
        ("text-generation", [{"generated_text": "short"}]),
        ("text-generation", [{"generated_text": "short", "details": {"generated_tokens": 2}}]),
        ("automatic-speech-recognition", {"text": "short"}),
    ],
)
def test_written_texts_are_shown(task, answer):
    result = _result(task, answer)
    assert (result.kind, result.text, result.note) == ("text", "short", "")


def test_cells_that_answer_are_marked_in_the_table():
    answer = {"answer": "SUM > 1, 3", "coordinates": [[0, 1], [1, 1]], "cells": ["1", "3"], "aggregator": "SUM"}
    inputs = {"question": "How many?", "table": {"city": ["paris", "london"], "stars": ["1", "3"]}}
    result = _result("table-question-answering", answer, inputs=inputs)
    assert (result.text, result.head) == ("SUM > 1, 3", ("city", "stars"))
    assert result.rows == (("paris", "1"), ("london", "3"))
    assert result.marked == {(0, 1), (1, 1)}
    assert result.note == "Made of the marked cells by SUM."
    plain = _result("table-question-answering", {**answer, "aggregator": "NONE"}, inputs=inputs)
    assert plain.note == ""


def test_gaps_are_filled_with_words_of_the_best_sentence():
    answer = [{"sequence": "paris is a city", "score": 0.5, "token": 1, "token_str": "city"}]
    result = _result("fill-mask", answer, inputs="paris is a [MASK]")
    assert (result.text, result.bars) == ("paris is a city", (Bar("city", 0.5, "50.0\N{NO-BREAK SPACE}%"),))
    assert _result("fill-mask", [answer, answer]).kind == "json"


def test_similar_sentences_come_first():
    asked = {"source_sentence": "a", "sentences": ["far", "near"]}
    result = _result("sentence-similarity", [-0.2, 0.8], inputs=asked)
    assert result.bars == (Bar("near", 0.8, "0.800"), Bar("far", 0.0, "-0.200"))


def test_ranked_texts_are_named():
    answer = [{"index": 1, "score": 0.9}, {"index": 0, "score": 0.1}]
    result = _result("text-ranking", answer, inputs={"query": "q", "texts": ["first", "second"]})
    assert [bar.label for bar in result.bars] == ["second", "first"]
    assert _result("text-ranking", [{"index": 7, "score": 1}], inputs={"query": "q", "texts": ["x"]}).kind == "json"


def test_vectors_are_summed_up():
    result = _result("feature-extraction", [[3.0, 4.0]], inputs="x")
    assert result.rows == (("1", "5.0000", "3.0000, 4.0000"),)
    assert result.note == "One vector of 2 numbers."
    tokens = _result("feature-extraction", [[[0.5] * 20, [0.5] * 20]], inputs="x")
    assert tokens.note == "2 vectors of 20 numbers."
    assert tokens.rows[0][2].endswith(" …")


def test_rows_stand_beside_their_answers():
    asked = {"table": {"size": ["1", "2"]}}
    result = _result("tabular-classification", ["small", "large"], inputs=asked)
    assert (result.head, result.rows) == (("size", "Answer"), (("1", "small"), ("2", "large")))
    odd = _result("anomaly-detection", [{"is_anomaly": True, "score": 0.25}] * 2, inputs=asked)
    assert odd.head == ("size", "Is anomaly", "Score")
    assert odd.rows[0] == ("1", "yes", "0.25")


def test_more_answers_than_rows_are_shown_as_json():
    assert _result("tabular-classification", ["a", "b"], inputs={"table": {"size": ["1"]}}).kind == "json"


def test_things_in_pictures():
    box = {"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4}
    result = _result("object-detection", [{"label": "cat", "score": 0.9, "box": box}])
    assert result.rows == (("cat", "90.0\N{NO-BREAK SPACE}%", "1", "2", "3", "4"),)
    mask = base64.b64encode(b"png").decode()
    masks = _result("image-segmentation", [{"label": "sky", "mask": mask}])
    assert masks.pictures[0].address == f"data:image/png;base64,{mask}"


PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 560, 300)).decode()


def test_boxes_are_drawn_over_the_picture():
    box, other = {"xmin": 10, "ymin": 20, "xmax": 110, "ymax": 220}, {"xmin": 5, "ymin": 5, "xmax": 4, "ymax": 9}
    found = [("cat", box), ("dog", other), ("cat", other)]
    answer = [{"label": label, "score": 0.9, "box": sides} for label, sides in found]
    scene = _result("object-detection", answer, inputs=PICTURE).scene
    assert (scene.width, scene.height, scene.text_size) == (560, 300, 20)
    assert scene.address == f"data:image/png;base64,{PICTURE}"
    assert scene.boxes[0] == Box("cat", "90.0\N{NO-BREAK SPACE}%", 10, 20, 100, 200, 0)
    assert [(one.colour, one.width) for one in scene.boxes] == [(0, 100), (1, 0), (0, 0)]
    assert scene.label_place(scene.boxes[0]) == 10
    assert scene.label_place(Box("far", "", 500, 0, 900, 9)) == 560
    assert scene.words == "The picture with what the model found: 2 × cat, 1 × dog"


def test_masks_are_laid_over_the_picture():
    mask = base64.b64encode(b"png").decode()
    answer = [{"label": label, "mask": mask, "score": 0.5} for label in ["sky", "sea"] * 10]
    result = _result("image-segmentation", answer, inputs=PICTURE)
    assert len(result.scene.shapes) == MAX_MASKS
    assert [shape.colour for shape in result.scene.shapes[:3]] == [0, 1, 0]
    assert [picture.colour for picture in result.pictures[:3]] == [0, 1, 0]
    assert result.pictures[-1].colour is None


@pytest.mark.parametrize("inputs", [base64.b64encode(b"TIFF").decode(), PICTURE + "A" * MAX_PICTURE_CHARACTERS])
def test_pictures_that_browsers_do_not_show_have_no_boxes_over_them(inputs):
    box = {"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4}
    result = _result("object-detection", [{"label": "cat", "score": 0.9, "box": box}], inputs=inputs)
    assert result.scene is None
    assert len(result.rows) == 1


def test_nothing_found_is_no_scene():
    assert _result("object-detection", [], inputs=PICTURE).scene is None
    assert _result("image-segmentation", [], inputs=PICTURE).scene is None


def test_places_become_a_plot_and_a_table():
    answer = [{"coordinates": place} for place in ([0.0, 1.0, 2.0], [1.0, 0.0, 2.0], [1.0, 1.0, 2.0])]
    result = _result("dimensionality-reduction", answer, inputs={"texts": ["a", "b", "c"]})
    assert [point.label for point in result.plot.points] == ["a", "b", "c"]
    assert result.rows[0] == ("a", "0.0000", "1.0000", "2.0000")
    assert result.head[-1] == "Direction 3"


def test_actions_of_policies():
    assert _result("reinforcement-learning", {"action": 1, "scores": [0.2, 0.8]}).text == "Action 1"
    assert _result("reinforcement-learning", {"action": [0.5, -1.0]}).text == "0.5, -1"


def test_sounds_have_an_address():
    assert sound(b"RIFF", "audio/wav").address == "data:audio/wav;base64,UklGRg=="


@pytest.mark.parametrize("answer", [None, 5, "text", [], {}, [[1]], [{"label": 5}], {"answer": None}, [None], [[], []]])
def test_what_no_task_promises_is_shown_as_json_or_as_nothing_found(answer):
    for task in tasks.names():
        asked = {"inputs": {"sentences": [], "texts": [], "table": {}}}
        result = result_of(task, asked if task != "token-classification" else {"inputs": ""}, answer)
        assert result.kind, task
        assert result.source, task


def test_every_task_has_a_form():
    assert [task for task in tasks.names() if form_of(task) is None] == []
