import pytest

from holdfast.base.ids import RepoType
from holdfast.hub.repos.metadata.card_rules import EMPTY_CARD_WARNING, validate_card


def errors(front_matter, repo_type=RepoType.MODEL):
    return validate_card(f"---\n{front_matter}\n---\nbody", repo_type).errors


def test_a_complete_card_has_nothing_to_report():
    card = """---
language: [en, multilingual]
license: mit
library_name: transformers
pipeline_tag: text-classification
tags: [sentiment]
datasets: glue
metrics: acc
base_model: google-bert/bert-base-uncased
model-index:
- name: m
  results:
  - task: {type: text-classification, name: T}
    dataset: {type: glue, name: GLUE, args: mrpc}
    metrics:
    - {type: accuracy, value: 0.9}
---
# M
"""
    report = validate_card(card, RepoType.MODEL)
    assert report.errors == ()
    assert report.warnings == ()


def test_the_license_sentence_that_clients_match():
    report = validate_card("---\nlicense: asdf\n---\n", RepoType.MODEL)
    assert report.as_text().startswith('- Error: "license" must be one of [apache-2.0, mit,')


@pytest.mark.parametrize("content", ["This is a modelcard without metadata", "---\n---\n# Empty", ""])
def test_missing_metadata_is_a_warning(content):
    report = validate_card(content, RepoType.DATASET)
    assert report.errors == ()
    assert report.warnings == (EMPTY_CARD_WARNING,)
    assert report.as_text() == f"- Warning: {EMPTY_CARD_WARNING}"


@pytest.mark.parametrize(
    ("front_matter", "error"),
    [
        ("model-index: foo", '"model-index" must be an array'),
        ("model-index: {name: x}", '"model-index" must be an array'),
        ("model-index: [1]", '"model-index[0]" must be an object'),
        ("model-index: [{results: []}]", '"model-index[0].name" is required'),
        ("model-index: [{name: x, results: [{}]}]", '"model-index[0].results[0].task" is required'),
        (
            "model-index: [{name: x, results: [{task: {type: t}, dataset: {type: d}, metrics: []}]}]",
            '"model-index[0].results[0].dataset.name" is required',
        ),
        (
            "model-index: [{name: x, results: [{task: t, dataset: {type: d, name: n}, metrics: [{type: acc}]}]}]",
            '"model-index[0].results[0].task" must be an object',
        ),
        ("tags: hello", '"tags" must be an array'),
        ("tags: [a, {b: c}]", '"tags[1]" must be a string'),
        ("license: [mit, nope]", '"license[1]" must be one of'),
        ("license: {name: mit}", '"license" must be a string or an array'),
        ("language: english", '"language" with value "english" is not valid'),
        ("base_model: /home/me/model", '"base_model" with value "/home/me/model" is not valid'),
        ("datasets: [a/b/c]", '"datasets[0]" with value "a/b/c" is not valid'),
        ("pipeline_tag: [a]", '"pipeline_tag" must be a string'),
        ("a: [", "YAML"),
        ("- a", "mapping"),
    ],
)
def test_errors(front_matter, error):
    assert any(error in sentence for sentence in errors(front_matter))


@pytest.mark.parametrize(
    ("front_matter", "repo_type", "error"),
    [
        ("sdk: unity", RepoType.SPACE, '"sdk" must be one of [gradio, streamlit, docker, static]'),
        ("colorFrom: mauve", RepoType.SPACE, '"colorFrom" must be one of'),
        ("short_description: " + "x" * 61, RepoType.SPACE, '"short_description" length'),
        ("configs: {}", RepoType.DATASET, '"configs" must be an array'),
        ("configs: [{data_files: x}]", RepoType.DATASET, '"configs[0].config_name" is required'),
        ("size_categories: {a: b}", RepoType.DATASET, '"size_categories" must be a string or an array'),
    ],
)
def test_errors_of_other_repo_types(front_matter, repo_type, error):
    assert any(error in sentence for sentence in errors(front_matter, repo_type))


def test_tasks_of_ours_are_known_too():
    assert validate_card("---\npipeline_tag: clustering\n---\n", RepoType.MODEL).warnings == ()


@pytest.mark.parametrize(
    ("front_matter", "repo_type", "warning"),
    [
        ("pipeline_tag: magic", RepoType.MODEL, 'The pipeline_tag "magic" is not in the official list: '),
        ("task_categories: [magic]", RepoType.DATASET, 'The task_categories "magic" is not in the official list: '),
        ("task_ids: magic", RepoType.DATASET, 'The task_ids "magic" is not in the official list: '),
        ("language: zh-CN", RepoType.MODEL, '"language" with value "zh-CN" should be an ISO 639 code'),
    ],
)
def test_warnings(front_matter, repo_type, warning):
    report = validate_card(f"---\n{front_matter}\n---\n", repo_type)
    assert report.errors == ()
    assert any(warning in sentence for sentence in report.warnings)


def test_norwegian_is_a_language():
    assert errors("language: [no, nb, nn]") == ()


def test_reports_stay_short():
    assert len(errors("tags: [" + "1, " * 1000 + "]")) == 50
