"""Facts in words for people."""

import pytest

from holdfast.ui.pages.repo_facts import Split, dataset_splits, gate_form, metadata_rows, model_size, papers


def test_front_matter_as_rows():
    data = {
        "license": "mit",
        "tags": ["a", 1],
        "configs": [{"config_name": "x"}],
        "model-index": [{}],
        "extra_gated_prompt": "p",
        "empty": [],
        "none": None,
    }
    rows = metadata_rows({"cardData": data})
    assert [(row.name, row.items) for row in rows] == [("License", ("mit",)), ("Tags", ("a", "1")), ("Configs", ())]
    assert '"config_name": "x"' in (rows[2].source or "")
    assert metadata_rows({}) == []


def test_endless_values_are_cut():
    (row,) = metadata_rows({"cardData": {"x": {"y": "z" * 100_000}}})
    assert len(row.source or "") < 3_000
    (row,) = metadata_rows({"cardData": {"language": [str(number) for number in range(1_100)]}})
    assert (len(row.items), row.items[-1]) == (101, "and 1,000 others")
    assert len(metadata_rows({"cardData": {f"f{number}": 1 for number in range(1_000)}})) < 100


def test_size_of_a_model():
    size = model_size({"safetensors": {"parameters": {"F32": 10, "BF16": 300}, "total": 310}})
    assert size is not None
    assert (size.parameters, [share.dtype for share in size.dtypes]) == (310, ["BF16", "F32"])
    size = model_size({"gguf": {"total": 7, "architecture": "llama", "context_length": 4096}})
    assert size is not None
    assert size.details == (("Architecture", "llama"), ("Context length", "4096"))
    assert model_size({}) is None


def test_what_a_gate_asks():
    asked = {
        "Name": "text", "Agree": "checkbox", "Day": "date_picker", "Country": "country", "Odd": 7,
        "Use": {"type": "select", "options": ["Research", {"label": "Other", "value": "other"}]},
    }  # fmt: skip
    form = gate_form({"cardData": {"extra_gated_fields": asked, "extra_gated_prompt": "Be good."}})
    kinds = [field.kind for field in form.fields]
    assert kinds == ["text", "checkbox", "date", "text", "text", "select"]
    assert form.fields[-1].options == ("Research", "Other")
    assert (form.prompt, form.button) == ("Be good.", "Ask for access")
    assert gate_form({"cardData": {"extra_gated_fields": "nonsense"}}).fields == ()


@pytest.mark.parametrize("options", [5, 1.5, True, "abc", {"a": 1}, None])
def test_a_gate_with_odd_options(options):
    [asked] = gate_form({"cardData": {"extra_gated_fields": {"Use": {"type": "select", "options": options}}}}).fields
    assert asked.options == ()


def test_splits_that_a_card_tells():
    train = {"name": "train", "num_examples": 3, "num_bytes": 70}
    one = {"cardData": {"dataset_info": {"splits": [train, {"name": "test", "num_examples": "?"}]}}}
    assert dataset_splits(one) == [Split(None, "train", 3, 70), Split(None, "test", None, None)]
    many = {"cardData": {"dataset_info": [{"config_name": "de", "splits": [train]}, "nonsense", {"splits": 7}]}}
    assert dataset_splits(many) == [Split("de", "train", 3, 70)]
    assert dataset_splits({}) == []


def test_papers():
    assert papers({"tags": ["x", "arxiv:2101.00001"]}) == ["2101.00001"]
