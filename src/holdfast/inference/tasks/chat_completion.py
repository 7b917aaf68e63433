"""chat-completion: the next message of a conversation, as OpenAI's API has it; tools are offered by the chat template.

An answer's `id`, `created` and `model` are the server's to set; here they are empty, as no model knows them.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import jinja2

from holdfast.base.errors import InvalidInput, UnusableModel
from holdfast.inference.domain import chats
from holdfast.inference.domain.generation import MOST_SEEDS, Generated, Plan, refuse
from holdfast.inference.domain.grammars import grammar_of_calls, grammar_of_format, with_calls
from holdfast.inference.domain.pictures import pictures_in
from holdfast.inference.domain.predictors import Item, StreamingPredictor, Wish
from holdfast.inference.domain.specification import TaskSpec
from holdfast.inference.domain.tool_calls import ToolCall, ToolCallFilter
from holdfast.inference.runtime.causal import LanguageModel, load_language_model
from holdfast.inference.runtime.images import decode_image
from holdfast.inference.runtime.rows import Row, size_of
from holdfast.inference.runtime.seeing import SeeingModel, load_seeing_model
from holdfast.inference.runtime.texts import as_row

SPEC = TaskSpec(
    name="chat-completion",
    summary="Answers in a conversation.",
    inputs=chats.MESSAGES,
    parameters=chats.PARAMETERS,
    output=chats.OUTPUT,
    example=[{"role": "user", "content": "What is the capital of France?"}],
    batches=False,
    streams=True,
)
_USUAL_NEW_TOKENS = 1_024
_SAMPLING = ("temperature", "top_p", "top_k", "min_p")


class ChatCompletion(StreamingPredictor):
    """A decoder whose tokenizer has a chat template."""

    spec = SPEC

    def __init__(self, model: LanguageModel) -> None:
        self.placement = model.generator.loaded.placement
        self._model = model

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        refuse(parameters, "tool_prompt")
        row = self._row(inputs, offered_tools(parameters))
        asked = parameters.get("max_tokens")
        plan = Plan(
            options=_options(parameters),
            max_new_tokens=self._model.room(row, asked or _USUAL_NEW_TOKENS, was_asked=asked is not None),
            stop=_stops(parameters.get("stop", ())),
            seed=parameters["seed"] % MOST_SEEDS if "seed" in parameters else None,
            top_tokens=parameters.get("top_logprobs", 0),
            presence_penalty=parameters.get("presence_penalty", 0.0),
            frequency_penalty=parameters.get("frequency_penalty", 0.0),
            grammar=self._grammar(parameters),
            biases=self._biases(parameters.get("logit_bias", {})),
        )
        rows = [row] * parameters.get("n", 1)
        return Item(inputs, parameters, rows, size_of(row) * len(rows), plan.group, notes=plan)

    def _grammar(self, parameters: Mapping[str, Any]) -> str:
        tools = offered_tools(parameters)
        calls = grammar_of_calls(tools, parameters.get("tool_choice"))
        form = grammar_of_format(parameters.get("response_format"))
        if calls and form:
            raise InvalidInput(
                field="parameters.response_format", problem="is not possible where a tool must be called"
            )
        grammar = self._model.checked_grammar(calls or form, f"parameters.{'tools' if calls else 'response_format'}")
        return self._model.checked_grammar(with_calls(grammar, tools), "parameters.tools") if form else grammar

    def _biases(self, given: Mapping[str, float]) -> tuple[tuple[int, float], ...]:
        size = self._model.generator.loaded.config.get_text_config().vocab_size
        for name in given:
            if not (name.isascii() and name.isdecimal() and int(name) < size):
                raise InvalidInput(field="parameters.logit_bias", problem=f"must name tokens by numbers below {size}")
        return tuple((int(name), bias) for name, bias in given.items())

    def _row(self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]) -> Row:
        try:
            encoded = self._model.reader.tokenizer.apply_chat_template(
                chats.as_template_messages(messages, with_images=False),
                tools=list(tools) or None,
                add_generation_prompt=True,
                return_dict=True,
            )
        except jinja2.TemplateError as error:
            raise InvalidInput(field="messages", problem=f"do not fit this model's chat template: {error}") from None
        row = {name: values for name, values in as_row(encoded).items() if name in ("input_ids", "attention_mask")}
        return self._model.check_prompt(row, "messages")

    def run(self, items: Sequence[Item]) -> list[Any]:
        rows = [row for item in items for row in item.rows]
        plans = [item.notes.of_row(index) for item in items for index in range(len(item.rows))]
        found = iter(self._model.generator.generate(rows, plans))
        return [self._output(item, [next(found) for _ in item.rows]) for item in items]

    def _output(self, item: Item, answers: Sequence[Generated]) -> dict[str, Any]:
        choices = [self._choice(item, index, generated) for index, generated in enumerate(answers)]
        made = sum(len(generated.tokens) for generated in answers)
        counts = chats.usage(answers[0].prompt_tokens, made)
        return {"object": "chat.completion", **_EMPTY, "choices": choices, "usage": counts}

    @staticmethod
    def _choice(item: Item, index: int, generated: Generated) -> dict[str, Any]:
        watch = ToolCallFilter(_tool_names(item))
        shown = watch.add(generated.text)
        rest, calls = _finished(item, watch)
        logprobs = item.parameters.get("logprobs", False)
        return chats.choice(index, shown + rest, calls, generated, logprobs=logprobs)

    @property
    def batching(self) -> str:
        return self._model.generator.batching

    def joins(self, item: Item) -> bool:
        return self._model.generator.joins(item.notes)

    def has_room(self, item: Item) -> bool:
        return self._model.generator.has_room(item.rows, item.notes)

    def steps(self, item: Item) -> Generator[None, None, Any]:
        found = yield from self._model.generator.steps(item.rows, item.notes)
        return self._output(item, found)

    def pieces(self, item: Item) -> Generator[dict[str, Any] | None, None, None]:
        with ExitStack() as stack:
            answers = [stack.enter_context(closing(self._pieces(item, index))) for index in range(len(item.rows))]
            ends = []
            while answers:
                for answer in list(answers):
                    try:
                        yield next(answer)
                    except StopIteration as end:
                        answers.remove(answer)
                        ends.append(end.value)
        if item.parameters.get("stream_options", {}).get("include_usage"):
            counts = chats.usage(ends[0].prompt_tokens, sum(len(end.tokens) for end in ends))
            yield {"object": "chat.completion.chunk", **_EMPTY, "choices": [], "usage": counts}

    def _pieces(self, item: Item, index: int) -> Generator[dict[str, Any] | None, None, Generated]:
        """Chunks of one of the answers; returns the whole."""
        watch = ToolCallFilter(_tool_names(item))
        noted: list[dict[str, Any]] = []
        is_first = True
        wants_logprobs = bool(item.parameters.get("logprobs"))
        with closing(self._model.generator.stream(item.rows[index], item.notes.of_row(index))) as pieces:
            for piece in pieces:
                if isinstance(piece, Generated):
                    rest, calls = _finished(item, watch)
                    last = chats.delta(rest or None, calls, is_first=is_first)
                    yield _chunk(
                        index, last, chats.finish_reason(piece, calls), noted if wants_logprobs and noted else None
                    )
                    return piece
                if piece is None:
                    yield None
                    continue
                noted.append(chats.logprob_of(piece))
                shown = watch.add(piece.text)
                if shown or is_first:
                    yield _chunk(
                        index, chats.delta(shown, [], is_first=is_first), None, noted if wants_logprobs else None
                    )
                    noted, is_first = [], False
        raise AssertionError("a stream ends with the whole")


class SeeingChat(ChatCompletion):
    """A chat with a model that sees pictures."""

    def __init__(self, model: SeeingModel) -> None:
        super().__init__(model.language_model)
        self._seeing = model

    def _row(self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]) -> Row:
        pictures = [decode_image(data, name) for name, data in pictures_in(messages, "messages")]
        plain = chats.as_template_messages(messages, with_images=True)
        return self._model.check_prompt(self._seeing.row(plain, pictures, tools=list(tools) or None), "messages")


_EMPTY = {"id": "", "created": 0, "model": "", "system_fingerprint": ""}


def _chunk(
    index: int, delta: dict[str, Any], finish_reason: str | None, noted: list[dict[str, Any]] | None
) -> dict[str, Any]:
    logprobs = None if noted is None else {"content": noted}
    one = {"index": index, "delta": delta, "finish_reason": finish_reason, "logprobs": logprobs}
    return {"object": "chat.completion.chunk", **_EMPTY, "choices": [one], "usage": None}


def offered_tools(parameters: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Tools that the model is told of."""
    tools: Sequence[Mapping[str, Any]] = parameters.get("tools", ())
    return () if parameters.get("tool_choice") == "none" else tools


def _tool_names(item: Item) -> list[str]:
    return [tool["function"]["name"] for tool in offered_tools(item.parameters)]


def _finished(item: Item, watch: ToolCallFilter) -> tuple[str, list[ToolCall]]:
    """The rest of the text, and the calls; one, where not several at once are wanted."""
    rest, calls = watch.finish()
    return rest, calls[:1] if item.parameters.get("parallel_tool_calls") is False else calls


def _options(parameters: Mapping[str, Any]) -> dict[str, Any]:
    options = {name: parameters[name] for name in _SAMPLING if name in parameters}
    penalty = {name: parameters[name] for name in ("repetition_penalty",) if name in parameters}
    if options.get("temperature") == 0:
        return {"do_sample": False, **penalty}
    draws = bool(options) or parameters.get("n", 1) > 1  # else all answers would be the same
    return options | penalty | ({"do_sample": True} if draws else {})


def _stops(stop: str | Sequence[str]) -> tuple[str, ...]:
    return (stop,) if isinstance(stop, str) else tuple(stop)


def load(folder: Path, wish: Wish) -> ChatCompletion:
    """Load a decoder. See `tasks.load` for errors."""
    model = load_language_model(folder, wish)
    if not model.reader.tokenizer.chat_template:
        raise UnusableModel(
            problem="its tokenizer has no chat template, so it is not a chat model; try text-generation"
        )
    return ChatCompletion(model)


def load_seeing(folder: Path, wish: Wish) -> SeeingChat:
    """Load a vision-language model. See `tasks.load` for errors."""
    return SeeingChat(load_seeing_model(folder, wish))
