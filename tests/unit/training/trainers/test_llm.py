"""Language models taught further: rows of any shape, every method of TRL on a tiny model, and what is served."""

import json
import time
from typing import ClassVar

import datasets
import pandas as pd
import pytest
import safetensors.torch
import torch

from holdfast.base.errors import InvalidInput, NotInstalled
from holdfast.inference import tasks
from holdfast.inference.runtime import libraries
from holdfast.training.domain.trials import Board
from holdfast.training.trainers.interface import TrialFailed
from holdfast.training.trainers.llm import REWARD, conversations, preferences, prepare, rewards, teaching
from holdfast.training.trainers.llm.methods import Lesson, method_of
from holdfast.training.trainers.llm.settings import read_settings, without_gpu
from tests.factories.tiny_models import gpt2
from tests.factories.training_runs import Hours, carry_out, specification, training_data

QUESTION, ANSWER = {"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}
LESSON = {"prompt": [QUESTION], "completion": [ANSWER]}


@pytest.mark.parametrize(
    "row",
    [
        {"messages": [QUESTION, ANSWER]},
        {"messages": json.dumps([QUESTION, ANSWER])},
        {"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]},
        {"prompt": "q", "completion": "a"},
        {"question": "q", "answer": "a"},
        {"instruction": "q", "input": "", "output": "a"},
        {"instruction": "q", "input": float("nan"), "output": "a"},
    ],
)
def test_rows_of_every_usual_shape_become_conversations(row):
    assert conversations.example_of(row, {}) == LESSON


def test_named_columns_come_before_usual_names():
    row = {"ask": "q", "say": "a", "prompt": "no", "completion": "no"}
    assert conversations.example_of(row, {"prompt": "ask", "completion": "say"}) == LESSON
    assert conversations.example_of({"body": "x"}, {"text": "body"}) == {"text": "x"}


def test_alpacas_input_belongs_to_its_question():
    row = {"instruction": "Sum up.", "input": "Long text.", "output": "Short."}
    assert conversations.example_of(row, {})["prompt"][0]["content"] == "Sum up.\n\nLong text."


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"a": 1, "b": 2}, "a, b"),
        ({"messages": [QUESTION]}, "an answer"),
        ({"messages": "no json"}, "no conversation"),
        ({"messages": [{"role": "alien", "content": "x"}]}, "alien"),
        ({"messages": 3}, "list of messages"),
    ],
)
def test_what_no_row_holds_is_said(row, words):
    with pytest.raises(TrialFailed, match=words):
        conversations.example_of(row, {})


def test_whole_talks_are_taken_apart_to_pairs():
    start = "\n\nHuman: hi\n\nAssistant: hello\n\nHuman: how?\n\nAssistant: "
    pair = preferences.pair_of({"chosen": start + "well", "rejected": start + "badly"}, {})
    assert [message["content"] for message in pair["prompt"]] == ["hi", "hello", "how?"]
    assert pair["chosen"] == [{"role": "assistant", "content": "well"}]
    assert pair["rejected"] == [{"role": "assistant", "content": "badly"}]
    both = preferences.verdicts_of({"prompt": "q", "chosen": "a", "rejected": "b"}, {})
    assert [(line["completion"][0]["content"], line["label"]) for line in both] == [("a", True), ("b", False)]
    with pytest.raises(TrialFailed, match="maybe"):
        preferences.verdicts_of({"prompt": "q", "completion": "a", "label": "maybe"}, {})


@pytest.mark.parametrize(
    ("wanted", "answer", "right", "reward"),
    [
        ("exact-match", " Paris. ", "paris", 1),
        ("exact-match", "It is Paris", "Paris", 1),
        ("exact-match", "London", "Paris", 0),
        ("exact-match", "so 1,072 it is", "48/2 …\n#### 1072", 1),
        ("exact-match", "so 73", "#### 72", 0),
        ("exact-match", "", "", 0),
        ({"kind": "regex", "pattern": r"^\d+$"}, "42", "", 1),
        ({"kind": "length", "characters": 4}, "abc", "", 0.75),
        ("digits", "1a2b", "", 0.5),
        ("json", '{"a": 1}', "", 1),
        ("json", "{", "", 0),
    ],
)
def test_rewards(wanted, answer, right, reward):
    (rule,) = rewards.rewards_of(wanted)
    assert rule([answer], answer=[right]) == [reward]
    assert rule([[{"role": "assistant", "content": answer}]], answer=[right]) == [reward]


@pytest.mark.parametrize(
    "wanted",
    ["wealth", {"kind": "regex"}, {"kind": "regex", "pattern": "("}, {"kind": "length"}, {"kind": "reward-model"}, 7],
)
def test_rewards_that_there_are_not(wanted):
    with pytest.raises(InvalidInput, match="rewards"):
        rewards.rewards_of(wanted)


def test_settings_are_named_by_trl_or_shorter():
    settings = read_settings("llm-dpo", {"lr": 1e-4, "dpo_beta": 0.2, "peft": True, "lora_r": 4})
    assert settings.options == {"learning_rate": 1e-4, "beta": 0.2}
    assert (settings.peft, settings.rank, settings.alpha) == (True, 4, 8)
    with pytest.raises(InvalidInput, match="num_generations"):
        read_settings("llm-sft", {"num_generations": 2})
    with pytest.raises(InvalidInput, match="quantization"):
        read_settings("llm-sft", {"quantization": "int2"})


def test_optimizers_that_need_a_gpu_are_replaced_without_one():
    settings, told = without_gpu(read_settings("llm-sft", {"optim": "paged_adamw_8bit", "lr": 1e-4}))
    assert settings.options == {"optim": "adamw_torch", "learning_rate": 1e-4}
    assert "paged_adamw_8bit needs a GPU" in told
    as_it_is = read_settings("llm-sft", {"optim": "adamw_torch_fused"})
    assert without_gpu(as_it_is) == (as_it_is, "")


def test_memory_that_does_not_suffice_halves_the_batch_once():
    tried, told = [], []

    def attempt(options):
        tried.append(dict(options))
        if len(tried) == 1:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")
        return "done"

    options = {"per_device_train_batch_size": 8, "gradient_accumulation_steps": 2}
    assert teaching.within_memory(attempt, options, told.append) == "done"
    assert tried[1] == {"per_device_train_batch_size": 4, "gradient_accumulation_steps": 4}
    assert "8 examples" in told[0]["message"]

    def never(_options):
        raise MemoryError

    with pytest.raises(TrialFailed, match="not even for 4"):
        teaching.within_memory(never, options, told.append)
    with pytest.raises(RuntimeError, match="another"):
        teaching.within_memory(lambda _options: (_ for _ in ()).throw(RuntimeError("another")), options, told.append)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return gpt2(tmp_path_factory.mktemp("base"))


CHATS = pd.DataFrame({"prompt": [f"say {i % 3}" for i in range(24)], "completion": ["yes"] * 24})
PAIRS = pd.DataFrame({"prompt": ["good?"] * 24, "chosen": ["yes"] * 24, "rejected": ["no"] * 24})
VERDICTS = pd.DataFrame({"prompt": ["good?"] * 24, "completion": ["yes", "no"] * 12, "label": [True, False] * 12})
QUESTIONS = pd.DataFrame({"prompt": [f"{i}?" for i in range(100)]})
TEXTS = pd.DataFrame({"text": ["the cat sat on the mat . " * 4] * 24})
SHORT = {"max_steps": 6, "learning_rate": 5e-3, "per_device_train_batch_size": 4}


def teach(task, frame, base, folder, metric=None, **params):
    test = frame.iloc[:4].reset_index(drop=True)
    roles = {"text": "text"} if "text" in frame else {}
    data = training_data(frame, roles, test=test)
    return carry_out(data, specification(task, base_model=str(base), metric=metric, params=params), folder)


def kinds_of_files(folder):
    return {path.suffix for path in folder.rglob("*") if path.is_file()}


def test_examples_of_answers_make_a_chat_model_that_is_served(base, tmp_path):
    run = teach("llm-sft", CHATS, base, tmp_path, **SHORT)
    assert run.families == ["base-model", "full"]
    before, after = (trial.outcome.metrics["perplexity"] for trial in run.board.trials)
    assert after < before / 2
    assert run.artefact.scores["perplexity"] < before / 2
    assert run.artefact.explanation["before"]["perplexity"] == pytest.approx(before)
    assert set(run.artefact.explanation["samples"][0]) == {"prompt", "before", "after"}
    assert run.artefact.task == "chat-completion"
    assert kinds_of_files(run.folder) <= {".json", ".safetensors", ".jinja"}
    predictor = tasks.load("chat-completion", run.folder, device="cpu")
    assert predictor.predict(run.artefact.example, {"max_tokens": 4})["choices"][0]["message"]["role"] == "assistant"


def test_fewer_rows_judge_where_all_would_take_too_long():
    class Slow:
        eval_dataset = datasets.Dataset.from_list([{"text": str(number)} for number in range(100)])
        judged: ClassVar[list[int]] = []

        def evaluate(self, some=None):
            rows = self.eval_dataset if some is None else some
            self.judged.append(len(rows))
            time.sleep(0.01 * len(rows))
            return {"eval_loss": 1.0}

    lesson = Lesson(method_of("llm-sft"), {}, [], [{}] * 100)
    assert teaching.figures_of(Slow(), lesson)["judged"] == 100
    assert 8 <= teaching.figures_of(Slow(), lesson, 0.5)["judged"] <= 60
    assert Slow.judged[:2] == [100, 8]


@pytest.mark.heavy
def test_adapters_learn_and_are_merged_or_kept(base, tmp_path):
    run = teach("llm-sft", CHATS, base, tmp_path, peft=True, lora_r=4, merge_adapter=False, packing=True, **SHORT)
    assert run.families == ["base-model", "lora"]
    before, after = (trial.outcome.metrics["perplexity"] for trial in run.board.trials)
    assert after < before
    assert (run.folder / "adapter" / "adapter_model.safetensors").is_file()
    tasks.load("chat-completion", run.folder, device="cpu")


@pytest.mark.heavy
def test_texts_of_a_domain_lower_perplexity(base, tmp_path):
    run = teach("llm-pretraining", TEXTS, base, tmp_path, max_length=32, gradient_checkpointing=True, **SHORT)
    before, after = (trial.outcome.metrics["perplexity"] for trial in run.board.trials)
    assert after < before / 2
    assert run.artefact.task == "text-generation"
    tasks.load("text-generation", run.folder, device="cpu")


@pytest.mark.heavy
def test_pairs_make_a_reward_model_and_that_rewards(base, tmp_path):
    run = teach("llm-reward", PAIRS, base, tmp_path, **SHORT | {"max_steps": 12})
    assert run.artefact.scores["reward_accuracy"] == 1
    predictor = tasks.load("text-classification", run.folder, device="cpu")
    assert isinstance(predictor.predict(run.artefact.example)[0]["score"], float)
    (model,) = rewards.rewards_of({"kind": "reward-model", "model": str(run.folder)})
    assert model.config.num_labels == 1


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("task", "frame", "metric"),
    [
        ("llm-dpo", PAIRS, "reward_accuracy"),
        ("llm-kto", VERDICTS, "reward_margin"),
    ],
)
@pytest.mark.parametrize("peft", [False, True])
def test_preferences_are_learned(task, frame, metric, peft, base, tmp_path):
    run = teach(task, frame, base, tmp_path, peft=peft, lora_r=4, **SHORT)
    assert run.artefact.scores[metric] > 0
    assert run.artefact.task == "chat-completion"


@pytest.mark.heavy
@pytest.mark.parametrize(("task", "steps"), [("llm-grpo", 20), ("llm-rloo", 40)])
def test_what_is_rewarded_comes_more_often(task, steps, base, tmp_path):
    params = {"rewards": "digits", "num_generations": 4, "max_completion_length": 12, "batch_size": 16, "beta": 0.0}
    run = teach(task, QUESTIONS, base, tmp_path, max_steps=steps, learning_rate=1e-3, **params)
    before, after = (trial.outcome.metrics["reward"] for trial in run.board.trials)
    assert after > before


def test_ppo_is_carried_out_as_rloo_and_that_is_said(base):
    spec = specification("llm-ppo", base_model=str(base), params={"rewards": "digits", "max_steps": 1})
    board = Board(REWARD)
    bar, lesson = prepare(training_data(QUESTIONS, {}), spec).plans(board, Hours())
    assert bar.family == "base-model"
    assert "RLOO does the work" in lesson.reason
    assert method_of("llm-ppo").name == "RLOO"


@pytest.mark.parametrize("precision", ["int4", pytest.param("int8", marks=pytest.mark.heavy)])
def test_quantized_weights_stay_and_adapters_learn(precision, base, tmp_path):
    pytest.importorskip("bitsandbytes")
    run = teach("llm-sft", CHATS, base, tmp_path, quantization=precision, **SHORT)
    assert run.families == ["base-model", "qlora"]
    before, after = (trial.outcome.metrics["perplexity"] for trial in run.board.trials)
    assert after < before
    whole, learned = (safetensors.torch.load_file(folder / "model.safetensors") for folder in (base, run.folder))
    changed = {name for name, tensor in whole.items() if not torch.equal(tensor, learned[name])}
    assert changed
    assert all(".attn." in name or ".mlp." in name for name in changed), "what is quantized got adapters, nothing else"
    assert run.artefact.scores["perplexity"] < before, "merged into the whole weights, it is still better"
    tasks.load("chat-completion", run.folder, device="cpu")


def test_quantization_without_its_library_says_what_to_do(base, monkeypatch):
    monkeypatch.setattr(libraries, "find_spec", lambda name: None if name == "bitsandbytes" else object())
    spec = specification("llm-dpo", base_model=str(base), params={"quantization": "int4", **SHORT})
    with pytest.raises(NotInstalled, match=r"int4, QLoRA.*holdfast\[training\]"):
        prepare(training_data(PAIRS, {}), spec)


def test_a_base_model_that_stays_as_it_was_is_called_so(base, tmp_path):
    data = training_data(CHATS, {}, test=CHATS.iloc[:4].reset_index(drop=True))
    run = carry_out(data, specification("llm-sft", base_model=str(base)), tmp_path, most=1)
    assert "the budget was too short for a lesson" in run.artefact.explanation["note"]


def test_a_run_needs_a_model_to_start_from(tmp_path):
    with pytest.raises(InvalidInput, match="language-modeling"):
        carry_out(training_data(CHATS, {}), specification("llm-sft"), tmp_path)
