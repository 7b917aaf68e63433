"""What people fill in to try a model: the fields of each task, and how they become a question. Pure.

Source: examples are those of the cards' `widget:` (huggingface.js, packages/tasks/src/widget-example.ts).
"""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import orjson

from holdfast.base.errors import InvalidInput
from holdfast.inference import tasks

CHAT = "chat-completion"
MAX_EXAMPLES = 6
MAX_TURNS = 40
CONVERSATION = "conversation"
"""The field that carries what was said before, as JSON."""


class Control(Enum):
    """How a value is typed."""

    TEXT = "text"
    LINE = "line"
    LINES = "lines"
    """One text in each line."""
    WORDS = "words"
    """Texts between commas."""
    TABLE = "table"
    """Comma-separated values below the columns' names."""
    JSON = "json"
    NUMBER = "number"
    IMAGE = "image"
    AUDIO = "audio"

    @property
    def is_file(self) -> bool:
        """Whether a file is chosen, not something typed."""
        return self in (Control.IMAGE, Control.AUDIO)


@dataclass(frozen=True)
class FormField:
    """One value of a question.

    Args:
        name: in the form.
        label: for people.
        control: how it is typed.
        place: where it stands in the question's JSON.
        example: its names in a card's examples.
        hint: what else to know; may be empty.
        required: whether nothing can be asked without it.
        default: what stands there without an example.
    """

    name: str
    label: str
    control: Control
    place: tuple[str, ...]
    example: tuple[str, ...] = ()
    hint: str = ""
    required: bool = True
    default: str = ""


@dataclass(frozen=True)
class Example:
    """Values for a form, by field."""

    title: str
    values: Mapping[str, str]


def form_of(task: str) -> tuple[FormField, ...] | None:
    """The fields of a task; None where no form fits it."""
    return _FORMS.get(task)


def question(fields: tuple[FormField, ...], texts: Mapping[str, str], files: Mapping[str, bytes]) -> dict[str, Any]:
    """The JSON that asks what a form says.

    Args:
        fields: of the form.
        texts: what was typed, by field.
        files: what was chosen, by field.

    Raises:
        InvalidInput: something is missing or can't be read, by the field's label.
    """
    body: dict[str, Any] = {}
    for field in fields:
        value = _file_value(field, files) if field.control.is_file else _typed_value(field, texts.get(field.name, ""))
        if value is None:
            continue
        _put(body, field.place, value)
    return body


def messages(texts: Mapping[str, str]) -> list[dict[str, str]]:
    """What was said so far, and what is said now.

    Raises:
        InvalidInput: nothing is said, or what was said before can't be read.
    """
    earlier = _parsed_json(texts.get(CONVERSATION) or "[]", "Conversation")
    if not isinstance(earlier, list) or not all(_is_turn(turn) for turn in earlier):
        raise InvalidInput(field="Conversation", problem="can't be read")
    said = texts.get("message", "").strip()
    if not said:
        raise InvalidInput(field="Message", problem="is missing")
    return [*earlier[-MAX_TURNS:], {"role": "user", "content": said}]


def examples(task: str, facts: Mapping[str, Any]) -> tuple[Example, ...]:
    """What to try: the card's own examples, else the task's."""
    fields = form_of(task) or ()
    listed = facts.get("widgetData") or []
    found = [_card_example(fields, item, index) for index, item in enumerate(listed, 1) if isinstance(item, dict)]
    from_card = tuple(example for example in found if example is not None)[:MAX_EXAMPLES]
    return from_card or _task_example(task, fields, facts.get("mask_token"))


def _task_example(task: str, fields: tuple[FormField, ...], mask_token: Any) -> tuple[Example, ...]:
    if task == CHAT:
        return (Example("Example", {"message": "What is the capital of France?"}),)
    spec = tasks.spec(task)
    if spec.example is None:
        body: dict[str, Any] = {"parameters": spec.example_parameters}
    else:
        body = {"inputs": spec.example, "parameters": spec.example_parameters}
    if isinstance(mask_token, str) and isinstance(spec.example, str):
        body["inputs"] = spec.example.replace("[MASK]", mask_token)
    values = {field.name: _shown(field, _taken(body, field.place)) for field in fields if not field.control.is_file}
    return (Example("Example", {name: text for name, text in values.items() if text}),)


def _card_example(fields: tuple[FormField, ...], item: dict[str, Any], number: int) -> Example | None:
    values = {}
    for field in fields:
        given = next((item[name] for name in field.example if item.get(name) is not None), None)
        if field.name == "message" and isinstance(item.get("messages"), list):
            given = _last_message(item["messages"])
        text = _shown(field, given)
        if text:
            values[field.name] = text
    title = item.get("example_title")
    return (
        Example(title[:60] if isinstance(title, str) and title.strip() else f"Example {number}", values)
        if values
        else None
    )


def _last_message(said: list[Any]) -> Any:
    turns = [turn["content"] for turn in said if _is_turn(turn) and turn["role"] == "user"]
    return turns[-1] if turns else None


def _is_turn(turn: Any) -> bool:
    return isinstance(turn, dict) and all(isinstance(turn.get(name), str) for name in ("role", "content"))


def _file_value(field: FormField, files: Mapping[str, bytes]) -> str | None:
    content = files.get(field.name)
    if content:
        return base64.b64encode(content).decode("ascii")
    if field.required:
        raise InvalidInput(field=field.label, problem="is missing: choose a file")
    return None


def _typed_value(field: FormField, text: str) -> Any:
    if not text.strip():
        if field.required:
            raise InvalidInput(field=field.label, problem="is missing")
        return None
    return _READERS.get(field.control, _as_typed)(text, field.label)


def _as_typed(text: str, _: str) -> str:
    return text


def _lines(text: str, _: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _words(text: str, _: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _number(text: str, label: str) -> int:
    word = text.strip()
    if not (word.isascii() and word.isdecimal() and len(word) <= 9):
        raise InvalidInput(field=label, problem="must be a whole number")
    return int(word)


def _parsed_json(text: str, label: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(field=label, problem=f"is not valid JSON: {error}") from error


def _table(text: str, label: str) -> dict[str, list[str]]:
    try:
        rows = [row for row in csv.reader(io.StringIO(text), skipinitialspace=True) if row]
    except csv.Error as error:
        raise InvalidInput(field=label, problem=f"is no table: {error}") from error
    if len(rows) < 2:
        raise InvalidInput(field=label, problem="needs the columns' names in its first line, and a row below them")
    head = rows[0]
    if len(set(head)) != len(head):
        raise InvalidInput(field=label, problem="names a column twice")
    if any(len(row) != len(head) for row in rows):
        raise InvalidInput(field=label, problem=f"must have {len(head)} values in every line")
    return {name: [row[index].strip() for row in rows[1:]] for index, name in enumerate(head)}


_READERS = {
    Control.LINES: _lines,
    Control.WORDS: _words,
    Control.NUMBER: _number,
    Control.JSON: _parsed_json,
    Control.TABLE: _table,
}


def _shown(field: FormField, value: Any) -> str:
    """A value as people type it; empty for what the field can't hold."""
    if field.control is Control.TABLE:
        return _typed_table(value)
    if field.control is Control.JSON:
        return "" if value is None else orjson.dumps(value).decode()
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return {Control.LINES: "\n", Control.WORDS: ", "}.get(field.control, " ").join(value)
    return value if isinstance(value, str) else ""


def _typed_table(value: Any) -> str:
    columns = value if isinstance(value, dict) else {}
    lists = [column for column in columns.values() if isinstance(column, list)]
    if not lists or len(lists) != len(columns):
        return ""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*lists, strict=False))
    return text.getvalue().rstrip("\n")


def _put(body: dict[str, Any], place: tuple[str, ...], value: Any) -> None:
    for name in place[:-1]:
        body = body.setdefault(name, {})
    body[place[-1]] = value


def _taken(body: Any, place: tuple[str, ...]) -> Any:
    for name in place:
        body = body.get(name) if isinstance(body, Mapping) else None
    return body


_TEXT = FormField("text", "Text", Control.TEXT, ("inputs",), ("text",))
_LABELS = FormField(
    "labels", "Labels", Control.WORDS, ("parameters", "candidate_labels"), ("candidate_labels",), "With commas between."
)
_IMAGE = FormField("image", "Picture", Control.IMAGE, ("inputs",))
_IMAGE_OF_RECORD = FormField("image", "Picture", Control.IMAGE, ("inputs", "image"))
_AUDIO = FormField("audio", "Sound", Control.AUDIO, ("inputs",))
_QUESTION = FormField("question", "Question", Control.LINE, ("inputs", "question"), ("text", "question"))
_ABOUT_PICTURE = "What is in the picture?"
_QUESTION_OF_PICTURE = replace(_QUESTION, default=_ABOUT_PICTURE)
_CSV_HINT = "Comma-separated values; the first line names the columns."
_TABLE = FormField("table", "Table", Control.TABLE, ("inputs", "table"), ("table", "structured_data"), _CSV_HINT)
_LENGTH = FormField(
    "tokens",
    "Longest answer",
    Control.NUMBER,
    ("parameters", "max_new_tokens"),
    hint="In tokens.",
    required=False,
    default="60",
)
_LANGUAGES = (
    FormField(
        "source",
        "From language",
        Control.LINE,
        ("parameters", "src_lang"),
        ("src_lang",),
        "Such as en. Only models of many languages need it.",
        required=False,
    ),
    FormField(
        "target",
        "To language",
        Control.LINE,
        ("parameters", "tgt_lang"),
        ("tgt_lang",),
        "Such as de, or as the model's card writes it.",
        required=False,
    ),
)
_SENTENCE = FormField("sentence", "Sentence", Control.LINE, ("inputs", "source_sentence"), ("source_sentence",))
_EACH_LINE = "One in each line."
_SENTENCES = FormField(
    "sentences", "Sentences to compare", Control.LINES, ("inputs", "sentences"), ("sentences",), _EACH_LINE
)
_QUERY = FormField("query", "Question", Control.LINE, ("inputs", "query"), ("query", "source_sentence"))
_TEXTS = FormField("texts", "Texts to rank", Control.LINES, ("inputs", "texts"), ("texts", "sentences"), _EACH_LINE)
_NUMBERS = "Numbers as JSON, such as [0.1, 0.2]."
_OBSERVATION = FormField(
    "observation", "Observation", Control.JSON, ("inputs", "observation"), ("observation",), _NUMBERS
)
_FORMS: dict[str, tuple[FormField, ...]] = {
    "text-classification": (_TEXT,),
    "token-classification": (_TEXT,),
    "question-answering": (
        _QUESTION,
        FormField("context", "Text that has the answer", Control.TEXT, ("inputs", "context"), ("context",)),
    ),
    "table-question-answering": (_QUESTION, _TABLE),
    "zero-shot-classification": (_TEXT, _LABELS),
    "fill-mask": (_TEXT,),
    "summarization": (_TEXT,),
    "translation": (_TEXT, *_LANGUAGES),
    "text2text-generation": (_TEXT,),
    "text-generation": (_TEXT, _LENGTH),
    CHAT: (FormField("message", "Message", Control.TEXT, (), ("text",)),),
    "feature-extraction": (_TEXT,),
    "sentence-similarity": (_SENTENCE, _SENTENCES),
    "text-ranking": (_QUERY, _TEXTS),
    "image-classification": (_IMAGE,),
    "zero-shot-image-classification": (_IMAGE, _LABELS),
    "object-detection": (_IMAGE,),
    "zero-shot-object-detection": (_IMAGE, _LABELS),
    "depth-estimation": (_IMAGE,),
    "image-segmentation": (_IMAGE,),
    "image-feature-extraction": (_IMAGE,),
    "image-to-text": (_IMAGE,),
    "image-text-to-text": (
        _IMAGE_OF_RECORD,
        FormField("prompt", "Question", Control.LINE, ("inputs", "text"), ("text",), default=_ABOUT_PICTURE),
    ),
    "visual-question-answering": (_IMAGE_OF_RECORD, _QUESTION_OF_PICTURE),
    "document-question-answering": (_IMAGE_OF_RECORD, _QUESTION_OF_PICTURE),
    "automatic-speech-recognition": (_AUDIO,),
    "audio-classification": (_AUDIO,),
    "text-to-speech": (_TEXT,),
    "tabular-classification": (_TABLE,),
    "tabular-regression": (_TABLE,),
    "clustering": (_TABLE,),
    "anomaly-detection": (_TABLE,),
    "dimensionality-reduction": (
        replace(_TABLE, hint=f"{_CSV_HINT} For models of tables.", required=False),
        FormField(
            "texts",
            "Texts",
            Control.LINES,
            ("inputs", "texts"),
            ("texts", "sentences"),
            "One in each line, three at least. For models of texts.",
            required=False,
        ),
    ),
    "reinforcement-learning": (_OBSERVATION,),
}
