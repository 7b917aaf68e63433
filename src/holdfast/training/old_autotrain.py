"""Configs of Hugging Face's AutoTrain as specs of ours, so that files that people have go on working.

Source: huggingface/autotrain-advanced 0.8.36, src/autotrain/parser.py (shape, aliases of tasks) and app/params.py (both
vocabularies of column mappings; names of params).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.base.errors import InvalidInput
from holdfast.training.domain.spec_files import parse, with_numbers
from holdfast.training.domain.specification import Budget, DataSource, Output, TrainingSpec
from holdfast.training.trainers.llm.settings import is_setting

_TOP = ("task", "base_model", "project_name", "log", "backend", "data", "params", "hub")
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_DEFAULT_SECONDS = 3600.0

_TASKS = {
    "text-classification": "text-classification",
    "text-binary-classification": "text-classification",
    "text-multi-class-classification": "text-classification",
    "text-regression": "text-regression",
    "text-single-column-regression": "text-regression",
    "token-classification": "token-classification",
    "text-token-classification": "token-classification",
    "seq2seq": "summarization",
    "extractive-qa": "question-answering",
    "extractive-question-answering": "question-answering",
    "ext-qa": "question-answering",
    "image-classification": "image-classification",
    "image-binary-classification": "image-classification",
    "image-multi-class-classification": "image-classification",
    "tabular": "tabular-classification",
    "tabular-classification": "tabular-classification",
    "tabular-regression": "tabular-regression",
    "sentence-transformers": "sentence-similarity",
    "st": "sentence-similarity",
}
_LANGUAGE_MODELS = ("llm", "lm-training", "llm-training", "llm-finetuning")
_TRAINERS = {
    "sft": "llm-sft",
    "default": "llm-pretraining",
    "generic": "llm-pretraining",
    "dpo": "llm-dpo",
    "kto": "llm-kto",
    "reward": "llm-reward",
    "grpo": "llm-grpo",
    "rloo": "llm-rloo",
    "ppo": "llm-rloo",
}
_CAN_NOT = {
    "dreambooth": "it draws pictures (DreamBooth), and Holdfast trains no models that draw",
    "image-object-detection": "Holdfast does not train models that find objects in pictures",
    "object-detection": "Holdfast does not train models that find objects in pictures",
    "image-regression": "Holdfast gives pictures labels, not numbers",
    "image-scoring": "Holdfast gives pictures labels, not numbers",
    "image-single-column-regression": "Holdfast gives pictures labels, not numbers",
    "vlm": "Holdfast does not train models of pictures and words together",
    "automatic-speech-recognition": "Holdfast does not train models that write down speech",
    "orpo": "ORPO is experimental in the library that does the work; `llm-dpo` learns from the same pairs",
}
_COLUMNS = {
    "text_column": "text", "text": "text", "target_column": "target", "label": "target", "labels": "target",
    "tokens_column": "tokens", "tags_column": "tags", "image_column": "image", "image": "image",
    "question_column": "question", "question": "question", "answer_column": "answers", "answer": "answers",
    "prompt_text_column": "prompt", "prompt": "prompt", "rejected_text_column": "rejected", "rejected_text": "rejected",
    "sentence1_column": "text", "sentence1": "text", "sentence2_column": "text_pair", "sentence2": "text_pair",
    "sentence3_column": "negative", "sentence3": "negative", "id_column": "ignore", "id": "ignore",
    "target_columns": "target",
}  # fmt: skip
_BY_TASK = {
    "question-answering": {"text": "context"},
    "token-classification": {"text": "tokens", "target": "tags"},
    "llm-dpo": {"text": "chosen"},
    "llm-reward": {"text": "chosen"},
    "llm-grpo": {"text": "prompt", "target": "answer"},
    "llm-rloo": {"text": "prompt", "target": "answer"},
    "llm-kto": {"text": "completion", "target": "label"},
}
_PARAMS = {
    "lr": "learning_rate",
    "epochs": "num_train_epochs",
    "batch_size": "per_device_train_batch_size",
    "gradient_accumulation": "gradient_accumulation_steps",
    "max_seq_length": "max_length",
    "block_size": "max_length",
    "optimizer": "optim",
    "scheduler": "lr_scheduler_type",
    "dpo_beta": "beta",
    "target_max_length": "max_target_length",
    "max_target_length": "max_target_length",
    "max_doc_stride": "doc_stride",
    "model": "family",
    **{name: name for name in ("weight_decay", "warmup_ratio", "max_completion_length", "num_generations", "packing")},
    **{name: name for name in ("peft", "lora_r", "lora_alpha", "lora_dropout", "target_modules", "merge_adapter")},
    "quantization": "quantization",
}
_BY_ITSELF = {
    "mixed_precision": "the machine decides",
    "logging_steps": "every step is shown",
    "save_total_limit": "the best is kept",
    "eval_strategy": "each trial is judged",
    "evaluation_strategy": "each trial is judged",
    "auto_find_batch_size": "a batch that does not fit is halved",
    "early_stopping_patience": "trials that can't win are ended",
    "early_stopping_threshold": "trials that can't win are ended",
    "model_max_length": "block_size says it",
    "padding": "texts are padded as the model needs it",
    "add_eos_token": "the end of a text is always learned",
    "num_workers": "data is read as fast as it is needed",
    "use_flash_attention_2": "the fastest attention that the machine has is taken",
    "disable_gradient_checkpointing": "memory is saved where it is short",
    "max_grad_norm": "the library's own limit holds",
    "distributed_backend": "one machine does it",
    "unsloth": "TRL does the work",
    "categorical_imputer": "it is searched for",
    "numerical_imputer": "it is searched for",
    "numeric_scaler": "it is searched for",
}


@dataclass(frozen=True)
class Converted:
    """An old config as a spec, and what a person should know about it."""

    spec: TrainingSpec
    warnings: tuple[str, ...]


def is_old(values: Mapping[str, Any]) -> bool:
    """Whether a mapping is a config of the old AutoTrain rather than a spec."""
    return "project_name" in values or "backend" in values or "hub" in values


def convert(text: str, environment: Mapping[str, str]) -> Converted:
    """A config of the old AutoTrain as a spec.

    Args:
        text: YAML.
        environment: where `${HF_USERNAME}` is looked up. A token is never read: the one who starts the run has one.

    Raises:
        InvalidInput: it can't be done here; the reason says why, and what else would do.
    """
    return _Conversion(parse(text), environment).result()


class _Conversion:
    def __init__(self, config: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        self._config, self._environment = config, environment
        self._params = {name: with_numbers(value) for name, value in _section(config, "params").items()}
        self._warnings: list[str] = []

    def result(self) -> Converted:
        task = self._task()
        data = _section(self._config, "data")
        train, test = self._sources(data)
        columns = self._columns(task, data)
        seed = self._params.pop("seed", 42)
        seconds, trials = self._params.pop("time_limit", _DEFAULT_SECONDS), self._params.pop("num_trials", None)
        self._unknown()
        spec = TrainingSpec(
            task=task,
            data=train,
            test=test,
            columns=columns,
            base_model=None if task.startswith("tabular") else self._base_model(),
            candidates=self._families(task),
            params=self._settings(task),
            budget=Budget(seconds=float(seconds), trials=trials),
            seed=int(seed),
            output=self._output(),
        )
        return Converted(spec, tuple(self._warnings))

    def _warn(self, sentence: str) -> None:
        self._warnings.append(sentence)

    def _task(self) -> str:
        named = str(self._config.get("task") or "").replace("_", "-").lower()
        name, _, kind = named.partition(":")
        if name in _LANGUAGE_MODELS or name.startswith("llm-"):
            return self._language_task(kind or name.removeprefix("llm-"))
        if name in _CAN_NOT:
            raise InvalidInput(field="task", problem=f"`{named}` can't be trained here: {_CAN_NOT[name]}")
        task = _TASKS.get(name)
        if task is None:
            raise InvalidInput(field="task", problem=f"`{named}` is no task of the old AutoTrain that Holdfast knows")
        if name == "seq2seq":
            self._warn("`seq2seq` is taken as summarization; write `task: translation` where it translates.")
        asked = str(self._params.pop("task", "") or "")
        return f"tabular-{asked}" if name == "tabular" and asked in ("classification", "regression") else task

    def _language_task(self, kind: str) -> str:
        kind = str(
            self._params.pop("trainer", "") or (kind if kind in {**_TRAINERS, **_CAN_NOT} else "default")
        ).lower()
        if kind in _CAN_NOT or kind not in _TRAINERS:
            why = _CAN_NOT.get(kind, f"there are {', '.join(_TRAINERS)}")
            raise InvalidInput(field="params.trainer", problem=f"`{kind}` can't be trained here: {why}")
        if kind == "ppo":
            self._warn(
                "`ppo`: TRL no longer has PPO for language models, so RLOO does it, which learns from rewards too."
            )
        return _TRAINERS[kind]

    def _sources(self, data: Mapping[str, Any]) -> tuple[DataSource, DataSource | None]:
        path = data.get("path")
        if not isinstance(path, str) or not path:
            raise InvalidInput(field="data.path", problem="is missing: a folder, or a dataset of the Hub")
        train = _source(path, data.get("train_split") or "train")
        test = _source(path, data["valid_split"]) if data.get("valid_split") else None
        return train, test

    def _columns(self, task: str, data: Mapping[str, Any]) -> dict[str, str]:
        columns: dict[str, str] = {}
        for old, name in (data.get("column_mapping") or {}).items():
            if old not in _COLUMNS:
                self._warn(f"`data.column_mapping.{old}` is not known and was left out.")
                continue
            if isinstance(name, list):
                if len(name) != 1:
                    raise InvalidInput(field=f"data.column_mapping.{old}", problem="must name one column to predict")
                name = name[0]  # noqa: PLW2901 - a list of one is that one
            role = _COLUMNS[old]
            if name:
                columns[_BY_TASK.get(task, {}).get(role, role)] = str(name)
        return self._without_needless(task, columns)

    def _without_needless(self, task: str, columns: dict[str, str]) -> dict[str, str]:
        if not task.startswith("tabular"):
            columns.pop("ignore", None)
        if task == "llm-sft" and "text" in columns and _section(self._config, "data").get("chat_template"):
            columns["messages"] = columns.pop("text")
            self._warn(f"A chat template was named, so `{columns['messages']}` is read as conversations.")
        return columns

    def _base_model(self) -> str | None:
        model = self._config.get("base_model") or self._config.get("model")
        return str(model) if model else None

    def _families(self, task: str) -> tuple[str, ...] | None:
        family = self._params.get("model") if task.startswith("tabular") else None
        if task.startswith("tabular") and family is None:
            family = self._config.get("base_model")
        self._params.pop("model", None)
        if not family or not task.startswith("tabular"):
            return None
        named = _FAMILIES.get(str(family))
        if named is None:
            self._warn(f"`{family}` is no family of models here; all that fit are tried.")
        return (named,) if named else None

    def _settings(self, task: str) -> dict[str, Any]:
        settings = {_PARAMS[old]: value for old, value in self._params.items() if old in _PARAMS and value is not None}
        if task.startswith("tabular"):
            return {}
        if settings.get("quantization") in ("none", "no"):
            settings.pop("quantization")
        return {name: value for name, value in settings.items() if self._has(task, name)}

    def _has(self, task: str, name: str) -> bool:
        """Whether a task has a setting; the old one had some for many tasks that only few of them used."""
        of_task = is_setting(task, name) if task.startswith("llm") else name != "quantization"
        if not of_task:
            self._warn(f"`params.{name}` is no setting of {task} and was left out.")
        return of_task

    def _unknown(self) -> None:
        for name in self._config:
            if name not in _TOP:
                self._warn(f"`{name}` is not known and was left out.")
        for name in self._params:
            if name in _BY_ITSELF:
                self._warn(f"`params.{name}` is not needed: {_BY_ITSELF[name]}.")
            elif name not in _PARAMS:
                self._warn(f"`params.{name}` is not known and was left out.")
        backend = str(self._config.get("backend") or "local")
        if not backend.startswith("local"):
            self._warn(f"`backend: {backend}` meant a machine of Hugging Face; this run uses the one it is started on.")

    def _output(self) -> Output:
        project = self._config.get("project_name")
        hub = _section(self._config, "hub")
        if not hub.get("push_to_hub"):
            return Output(folder=str(project) if project else None, deploy=False)
        username = self._variable(hub.get("username"), "hub.username")
        if not project or not username:
            raise InvalidInput(field="hub", problem="needs `username` and the config's `project_name` to push a model")
        return Output(repo_id=f"{username}/{project}", private=True)

    def _variable(self, value: Any, field: str) -> str | None:
        match = _VARIABLE.fullmatch(str(value)) if value else None
        if match is None:
            return str(value) if value else None
        if match[1] not in self._environment:
            raise InvalidInput(field=field, problem=f"names the environment variable {match[1]}, which is not set")
        return self._environment[match[1]]


_FAMILIES = {
    "logistic_regression": "logistic-regression",
    "random_forest": "random-forest",
    "extra_trees": "extra-trees",
    "decision_tree": "decision-tree",
    "gradient_boosting": "hist-gradient-boosting",
    "hist_gradient_boosting": "hist-gradient-boosting",
    "xgboost": "xgboost",
    "lightgbm": "lightgbm",
    "svm": "svm",
    "knn": "k-nearest-neighbours",
    "ridge": "ridge",
    "lasso": "lasso",
}


def _section(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = config.get(name) or {}
    if not isinstance(found, dict):
        raise InvalidInput(field=name, problem="must be a mapping")
    return found


def _source(path: str, split: str) -> DataSource:
    """A folder with `train.csv` in it, or `config:split` of a dataset."""
    looks_local = path.startswith((".", "/", "~")) or path.endswith("/") or path.count("/") != 1 or Path(path).exists()
    if looks_local:
        return DataSource(path=path, split=split)
    config, _, name = split.rpartition(":")
    return DataSource(repo_id=path, config=config or None, split=name)
