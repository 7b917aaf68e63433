"""Configs in the shapes that the old AutoTrain documents run as specs of ours, and what can't be done is refused."""

import pytest

from holdfast.base.errors import InvalidInput
from holdfast.training.domain.spec_files import parse, read_spec, write_spec
from holdfast.training.domain.specification import DataSource
from holdfast.training.old_autotrain import Converted, convert, is_old
from holdfast.training.trainers.llm.settings import read_settings

ENVIRONMENT = {"HF_USERNAME": "ada", "HF_TOKEN": "hf_secret"}


def config(task: str, mapping: str, params: str = "epochs: 2", data: str = "", hub: bool = True) -> str:
    pushed = "hub:\n  username: ${HF_USERNAME}\n  token: ${HF_TOKEN}\n  push_to_hub: true\n" if hub else ""
    return f"""
task: {task}
base_model: acme/tiny
project_name: my-first-model
log: tensorboard
backend: local
data:
  path: acme/rows
  train_split: train
  valid_split: null
  {data or "chat_template: null"}
  column_mapping: {{{mapping}}}
params: {{{params}}}
{pushed}"""


def converted(*args, **kwargs) -> Converted:
    return convert(config(*args, **kwargs), ENVIRONMENT)


TEXT = "text_column: review, target_column: stars"


@pytest.mark.parametrize(
    ("task", "mapping", "params", "ours", "columns"),
    [
        ("text_classification", TEXT, "lr: 1e-4", "text-classification", {"text": "review", "target": "stars"}),
        (
            "text-classification",
            "text: review, label: stars",
            "",
            "text-classification",
            {"text": "review", "target": "stars"},
        ),
        ("text_binary_classification", TEXT, "", "text-classification", {"text": "review", "target": "stars"}),
        ("text_single_column_regression", TEXT, "", "text-regression", {"text": "review", "target": "stars"}),
        (
            "token_classification",
            "tokens_column: w, tags_column: t",
            "",
            "token-classification",
            {"tokens": "w", "tags": "t"},
        ),
        ("token-classification", "text: w, label: t", "", "token-classification", {"tokens": "w", "tags": "t"}),
        (
            "seq2seq",
            "text_column: long, target_column: short",
            "",
            "summarization",
            {"text": "long", "target": "short"},
        ),
        (
            "extractive-qa",
            "text_column: page, question_column: ask, answer_column: found",
            "",
            "question-answering",
            {"context": "page", "question": "ask", "answers": "found"},
        ),
        (
            "image_classification",
            "image_column: photo, target_column: kind",
            "",
            "image-classification",
            {"image": "photo", "target": "kind"},
        ),
        (
            "tabular",
            "id_column: nr, target_columns: [price]",
            "task: regression",
            "tabular-regression",
            {"ignore": "nr", "target": "price"},
        ),
        (
            "tabular-classification",
            "id: nr, label: [went]",
            "",
            "tabular-classification",
            {"ignore": "nr", "target": "went"},
        ),
        (
            "sentence-transformers:triplet",
            "sentence1_column: a, sentence2_column: b, sentence3_column: c",
            "",
            "sentence-similarity",
            {"text": "a", "text_pair": "b", "negative": "c"},
        ),
        (
            "st:pair",
            "sentence1_column: a, sentence2_column: b",
            "",
            "sentence-similarity",
            {"text": "a", "text_pair": "b"},
        ),
        ("llm", "text_column: words", "trainer: generic", "llm-pretraining", {"text": "words"}),
        ("llm:sft", "text_column: words", "", "llm-sft", {"text": "words"}),
        ("llm-sft", "text_column: words", "", "llm-sft", {"text": "words"}),
        (
            "llm_finetuning",
            "text_column: good, rejected_text_column: bad, prompt_text_column: ask",
            "trainer: dpo",
            "llm-dpo",
            {"chosen": "good", "rejected": "bad", "prompt": "ask"},
        ),
        ("llm:reward", "text: good, rejected_text: bad", "", "llm-reward", {"chosen": "good", "rejected": "bad"}),
    ],
)
def test_every_task_and_both_vocabularies(task, mapping, params, ours, columns):
    spec = converted(task, mapping, params).spec
    assert spec.task == ours
    assert spec.columns == columns
    assert read_spec(write_spec(spec)) == spec


def test_a_whole_config():
    found = converted("text_classification", TEXT, "epochs: 3, batch_size: 8, lr: 2e-5, max_seq_length: 128, seed: 5")
    assert found.spec.base_model == "acme/tiny"
    assert found.spec.data == DataSource(repo_id="acme/rows", split="train")
    assert found.spec.seed == 5
    assert found.spec.params == {
        "num_train_epochs": 3,
        "per_device_train_batch_size": 8,
        "learning_rate": 0.00002,
        "max_length": 128,
    }
    assert found.spec.output.repo_id == "ada/my-first-model"
    assert found.warnings == ()


def test_a_config_and_split_of_the_hub():
    text = config("st:triplet", "sentence1: a, sentence2: b").replace(
        "train_split: train", "train_split: triplet:train"
    )
    text = text.replace("valid_split: null", "valid_split: triplet:dev")
    spec = convert(text, ENVIRONMENT).spec
    assert spec.data == DataSource(repo_id="acme/rows", config="triplet", split="train")
    assert spec.test == DataSource(repo_id="acme/rows", config="triplet", split="dev")


def test_a_folder_of_this_machine():
    spec = convert(config("text_classification", TEXT).replace("acme/rows", "data/"), ENVIRONMENT).spec
    assert spec.data == DataSource(path="data/", split="train")


def test_conversations():
    found = converted("llm:sft", "text_column: talk", data="chat_template: zephyr")
    assert found.spec.columns == {"messages": "talk"}
    assert "`talk` is read as conversations" in found.warnings[0]


def test_ppo_is_mapped_aloud():
    found = converted("llm", "prompt_text_column: ask", "trainer: ppo")
    assert found.spec.task == "llm-rloo"
    assert any("no longer has PPO" in warning and "RLOO" in warning for warning in found.warnings)


def test_what_is_not_known_or_not_needed_is_named():
    found = converted("text_classification", TEXT + ", colour_column: x", "mixed_precision: fp16, magic: 3")
    assert len(found.warnings) == 3
    for words in ("colour_column` is not known", "params.mixed_precision` is not needed", "params.magic` is not known"):
        assert any(words in warning for warning in found.warnings)


def test_tables_search_one_family_for_a_time():
    found = converted(
        "tabular", "target_columns: [price]", "task: regression, model: random_forest, time_limit: 120, num_trials: 4"
    )
    assert found.spec.candidates == ("random-forest",)
    assert found.spec.budget.seconds == 120
    assert found.spec.budget.trials == 4
    assert found.spec.base_model is None


def test_a_machine_of_hugging_face_is_ours_now():
    text = config("text_classification", TEXT).replace("backend: local", "backend: spaces-a10g-large")
    assert "uses the one it is started on" in convert(text, ENVIRONMENT).warnings[0]


@pytest.mark.parametrize(
    ("task", "params", "says"),
    [
        ("dreambooth", "", "draw"),
        ("image_object_detection", "", "find objects"),
        ("vlm:captioning", "", "pictures and words"),
        ("llm:orpo", "", "llm-dpo"),
        ("llm", "trainer: magic", "there are sft"),
        ("knitting", "", "no task"),
    ],
)
def test_what_can_not_be_done_is_refused_with_a_reason(task: str, params: str, says: str):
    with pytest.raises(InvalidInput, match=says):
        converted(task, "text_column: a", params)


def test_a_variable_that_is_not_set_is_named():
    with pytest.raises(InvalidInput, match="HF_USERNAME, which is not set"):
        convert(config("text_classification", TEXT), {})


def test_the_secret_is_not_in_the_spec():
    assert "hf_secret" not in write_spec(converted("text_classification", TEXT).spec)


def test_nothing_is_pushed_unasked():
    output = converted("text_classification", TEXT, hub=False).spec.output
    assert (output.repo_id, output.folder) == (None, "my-first-model")


def test_old_and_new_are_told_apart():
    assert is_old(parse(config("text_classification", TEXT)))
    assert not is_old(parse("task: text-classification\ndata: a.csv\nbase_model: acme/tiny"))


def test_a_config_of_qlora_as_the_old_documentation_has_it():
    params = (
        "block_size: 1024, model_max_length: 2048, max_prompt_length: 512, epochs: 1, batch_size: 1, lr: 1e-5, "
        "peft: true, quantization: int4, target_modules: all-linear, padding: right, optimizer: paged_adamw_8bit, "
        "scheduler: cosine, gradient_accumulation: 8, mixed_precision: bf16, merge_adapter: true"
    )
    found = converted("llm-sft", "text_column: text", params)
    settings = read_settings("llm-sft", found.spec.params)
    assert (settings.quantization, settings.peft, settings.merge_adapter) == ("int4", True, True)
    assert settings.options["optim"] == "paged_adamw_8bit"
    assert settings.options["max_length"] == 1024


@pytest.mark.parametrize(
    ("task", "mapping", "params", "left_out"),
    [
        ("llm-sft", "text_column: text", "max_completion_length: 128", "max_completion_length"),
        ("seq2seq", "text_column: long, target_column: short", "quantization: int8", "quantization"),
    ],
)
def test_settings_that_a_task_has_no_use_for_are_left_out(task, mapping, params, left_out):
    found = converted(task, mapping, params)
    assert left_out not in found.spec.params
    assert any(f"`params.{left_out}`" in sentence for sentence in found.warnings)
