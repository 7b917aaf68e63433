"""The panel in which a model can be tried: what it shows, before and after something was asked. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from holdfast.base.errors import HoldfastError, InvalidInput, ModelLoading, NotInstalled, UnusableModel
from holdfast.hub.repos.metadata.tasks import task_label
from holdfast.inference import tasks
from holdfast.ui.inference_code import Asking, code, with_file
from holdfast.ui.inference_forms import CHAT, Example, FormField, examples, form_of, messages, question
from holdfast.ui.inference_results import Result
from holdfast.ui.snippets import Snippet


@dataclass(frozen=True)
class Turn:
    """Something said in a conversation; `role` is user or assistant."""

    role: str
    text: str


@dataclass(frozen=True)
class Outcome:
    """What came of a question: one of an answer, a conversation, a problem.

    Args:
        result: the answer.
        turns: what was said, the latest last.
        conversation: the same as JSON, to go on from.
        problem: a sentence; empty without one.
        loading_seconds: the model is being loaded, and will be ready in about so long; None: that is not it.
        status: of the response.
    """

    result: Result | None = None
    turns: tuple[Turn, ...] = ()
    conversation: str = ""
    problem: str = ""
    loading_seconds: int | None = None
    status: int = 200


@dataclass(frozen=True)
class Panel:
    """The panel.

    Args:
        task: what is asked; CHAT for models that talk.
        label: the task's name for people.
        summary: a sentence about it.
        unavailable: why this server can't run the model; empty: it can, as far as can be told without loading it.
        fields: of the form.
        values: what stands in them.
        examples: what to try.
        code: the same question from programs.
        outcome: None before anything is asked.
    """

    task: str
    label: str
    summary: str = ""
    unavailable: str = ""
    fields: tuple[FormField, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    code: tuple[Snippet, ...] = ()
    outcome: Outcome | None = None

    @property
    def has_files(self) -> bool:
        """Whether the form sends one."""
        return any(one.control.is_file for one in self.fields)

    @property
    def is_chat(self) -> bool:
        """Whether the model talks."""
        return self.task == CHAT

    def answered(self, values: Mapping[str, str], outcome: Outcome) -> Panel:
        """The same panel after a question; a conversation begins its next message empty."""
        said = {} if self.is_chat and outcome.turns else values
        return replace(self, values=said, outcome=outcome)


@dataclass(frozen=True)
class Tried:
    """What a panel is made of.

    Args:
        repo_id: the model's.
        facts: what the repo's files say: see `metadata.info_fields`.
        base_url: of this server.
        refusal: why nothing here can run the task's models; None where something can.
        needs_token: whether the model wants an access token.
        chosen: number of the example to show first, from 1.
        dtype: how exactly this server computes the model, where its administrator chose; else `auto`.
    """

    repo_id: str
    facts: Mapping[str, Any]
    base_url: str
    refusal: HoldfastError | None = None
    needs_token: bool = False
    chosen: int = 1
    dtype: str = "auto"


def task_of(facts: Mapping[str, Any]) -> str | None:
    """What a model is asked for; a generator of text with a chat template is talked to. None: its card says no task."""
    task = facts.get("pipeline_tag")
    talks = "conversational" in facts.get("tags", ())
    return CHAT if task == "text-generation" and talks else task if isinstance(task, str) else None


def panel_of(tried: Tried) -> Panel | None:
    """The panel before anything is asked; None where there is nothing to try."""
    task = task_of(tried.facts)
    if task is None:
        return None
    fields = form_of(task)
    if fields is None:
        return Panel(task, task_label(task), unavailable="This server can't run models for this task yet.")
    if tried.refusal is not None:
        return Panel(task, _label(task), unavailable=_why(tried.refusal))
    shown = examples(task, tried.facts)
    index = tried.chosen - 1
    chosen = shown[index if 0 <= index < len(shown) else 0].values if shown else {}
    defaults = {one.name: one.default for one in fields if one.default}
    values = {**defaults, **chosen}
    summary = f"{_summary(task)}{_EXACTNESS.get(tried.dtype, '')}"
    return Panel(task, _label(task), summary, "", fields, values, shown, _code(tried, task, fields, values))


_EXACTNESS = {
    dtype: f" Here the model computes in {dtype}: faster, and less exact than in float32."
    for dtype in ("bfloat16", "float16", "int8")
}
"""What a model's page says of an administrator's choice."""


def outcome_of(error: HoldfastError) -> Outcome:
    """What a person reads of a refused question."""
    if isinstance(error, ModelLoading):
        return Outcome(problem=error.message, loading_seconds=max(1, round(error.estimated_seconds)), status=503)
    if isinstance(error, InvalidInput):
        return Outcome(problem=_for_people(f"{error.field} {error.problem}".strip()), status=error.status)
    return Outcome(problem=_for_people(error.message), status=error.status)


def conversation(said: list[dict[str, str]], answer: Any) -> Outcome:
    """A chat's answer, after what was said.

    Raises:
        UnusableModel: it is no answer of a chat.
    """
    try:
        text = answer["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError) as error:
        raise UnusableModel(problem="it does not answer as in a conversation") from error
    turns = [*said, {"role": "assistant", "content": text or ""}]
    shown = tuple(Turn(turn["role"], turn["content"]) for turn in turns)
    return Outcome(turns=shown, conversation=orjson.dumps(turns).decode())


def _for_people(problem: str) -> str:
    """A problem without the API's marks: what it calls `inputs` is what stands in the form."""
    plain = problem.replace("`", "")
    name, rest = next(((name, plain[len(name) :]) for name in _INPUTS if plain.startswith(name)), ("", plain))
    return f"{_INPUTS[name]}{rest}" if name and rest[:1] in (" ", ",") else plain


_INPUTS = {
    "inputs.question": "The question",
    "inputs.table": "The table",
    "inputs.texts": "The texts",
    "inputs.context": "The text",
    "inputs": "The input",
    "parameters.candidate_labels": "Labels",
    "parameters.src_lang": "From language",
    "parameters.tgt_lang": "To language",
    "parameters.max_new_tokens": "Longest answer",
}
"""What the API calls a value, as the form calls it."""


def _label(task: str) -> str:
    return "Chat" if task == CHAT else task_label(task)


def _summary(task: str) -> str:
    return "Talk to the model." if task == CHAT else tasks.spec(task).summary.replace("`", "")


def _why(refusal: HoldfastError) -> str:
    if isinstance(refusal, NotInstalled):
        command = f'python -m pip install "holdfast[{refusal.extra}]"'
        return f"This server is not set up to run models. Its administrator can change that: {command}"
    return refusal.message


def _code(tried: Tried, task: str, fields: tuple[FormField, ...], values: Mapping[str, str]) -> tuple[Snippet, ...]:
    """Code that asks what stands in the form; none where that is no question, as a card's example may be."""
    typed = tuple(one for one in fields if not one.control.is_file)
    try:
        if task == CHAT:
            body: dict[str, Any] = {"messages": messages({"message": values.get("message", "")})}
        else:
            body = with_file(task, question(typed, values, {}))
    except InvalidInput:
        return ()
    return code(Asking(tried.repo_id, tried.base_url, task, body, tried.needs_token))
