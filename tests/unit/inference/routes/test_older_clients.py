"""Answers for clients of before 1.0."""

import orjson
import pytest

from holdfast.backends.engines.protocol import Answer
from holdfast.inference.routes.older_clients import is_older, reshaped

LABELS = [{"label": "good", "score": 0.75}, {"label": "bad", "score": 0.25}]
COLUMNS = {"labels": ["good", "bad"], "scores": [0.75, 0.25]}


class Caller:
    def __init__(self, agent):
        self.agent = agent

    def header(self, name):
        return self.agent if name == b"user-agent" else None


@pytest.mark.parametrize(
    ("agent", "older"),
    [
        ("unknown/None; hf_hub/0.36.2; python/3.11.2", True),
        ("unknown/None; hf_hub/1.33.0; python/3.11.2", False),
        ("curl/8", False),
        (None, False),
    ],
)
def test_clients_are_known_by_what_they_say(agent, older):
    assert is_older(Caller(agent)) is older


@pytest.mark.parametrize(
    ("said", "found"),
    [(LABELS, COLUMNS), ([LABELS, LABELS], [COLUMNS, COLUMNS]), ({"error": "no"}, {"error": "no"})],
)
def test_labels_and_scores_go_in_columns(said, found):
    assert orjson.loads(reshaped(Answer(orjson.dumps(said))).body) == found


def test_what_is_no_json_stays():
    sound = Answer(b"RIFF", "audio/wav")
    assert reshaped(sound) is sound
