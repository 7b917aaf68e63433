import pytest

from holdfast.hub.repos.metadata.eval_results import read_eval_results

PATH = ".eval_results/hle.yaml"
MINIMAL = "- dataset: {id: cais/hle, task_id: default}\n  value: 20.9\n"


def test_all_fields_pass_and_unknown_ones_go():
    text = (
        "- dataset: {id: cais/hle, task_id: default, revision: abc, other: x}\n  value: 20.9\n  date: 2025-01-15\n"
        "  verifyToken: token\n  notes: no-tools\n  more: y\n  source: {url: 'https://x', name: CAIS, org: cais}\n"
    )
    assert read_eval_results(PATH, text) == [
        {
            "filename": PATH,
            "verified": False,
            "data": {
                "dataset": {"id": "cais/hle", "task_id": "default", "revision": "abc"},
                "value": 20.9,
                "verifyToken": "token",
                "date": "2025-01-15",
                "notes": "no-tools",
                "source": {"url": "https://x", "name": "CAIS", "org": "cais"},
            },
        }
    ]


def test_what_is_left_out_stays_out():
    [item] = read_eval_results(PATH, MINIMAL)
    assert item["data"] == {"dataset": {"id": "cais/hle", "task_id": "default"}, "value": 20.9}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "list"),
        ("a: 1", "list"),
        ("- 1", "mapping"),
        ("- dataset: {id: x, task_id: y}", "value"),
        ("- value: 1", "dataset"),
        ("- dataset: {id: x}\n  value: 1", "task_id"),
        (MINIMAL + "  source: {name: CAIS}", "url"),
        ("- [", "YAML"),
        (MINIMAL * 1001, "1000"),
    ],
)
def test_what_a_client_could_not_read_is_told(text, says):
    [item] = read_eval_results(PATH, text)
    assert item["filename"] == PATH
    assert says in item["error"]
