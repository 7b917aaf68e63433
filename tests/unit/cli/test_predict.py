import io
import json

import pytest

pytest.importorskip("torch")

from tests.factories import tiny_models


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    return tiny_models.bert(tmp_path_factory.mktemp("classifier"), num_labels=3)


def test_labels_are_shown_as_bars(run, classifier):
    status, out, err = run("predict", "text-classification", "i love this movie", "--model", str(classifier))
    assert (status, len(out.splitlines())) == (0, 3)
    assert out.splitlines()[0].endswith("  LABEL_2")
    assert "█" in out
    assert err.startswith("text-classification: ")


def test_json_for_programs(run, classifier):
    words = ("--model", str(classifier), "--json", "--parameters", '{"top_k": 1}')
    _, out, _ = run("predict", "sentiment-analysis", "i love this movie", *words)
    [best] = json.loads(out)
    assert best["label"] == "LABEL_2"


def test_text_from_standard_input(run, classifier, monkeypatch):
    _, plain, _ = run("predict", "text-classification", "a cat", "--model", str(classifier))
    monkeypatch.setattr("sys.stdin", io.StringIO("a cat"))
    assert run("predict", "text-classification", "-", "--model", str(classifier))[1] == plain


def test_a_sound_goes_to_a_file(run, tmp_path):
    folder = tiny_models.vits(tmp_path)
    _, out, _ = run("predict", "text-to-speech", "hello", "--model", str(folder), "--output", str(tmp_path / "a.wav"))
    assert out == ""
    assert (tmp_path / "a.wav").read_bytes().startswith(b"RIFF")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("text-to-taste", "x"), "There is no task 'text-to-taste' here"),
        (("image-classification", "no-such-file.png"), "there is no no-such-file.png"),
        (("question-answering", "{what"), "`INPUT` is not valid JSON"),
        (("text-classification", "x", "--parameters", "[]"), "must be a JSON object"),
    ],
)
def test_errors_are_sentences(run, classifier, words, problem):
    status, out, err = run("predict", *words, "--model", str(classifier))
    assert (status, out) == (1, "")
    assert problem in err
