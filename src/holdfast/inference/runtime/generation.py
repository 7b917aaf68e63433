"""Generates tokens with transformers' own loop, watched token by token: stop texts, limits, log-probabilities, streams.

Rows of one batch share a plan but for their lengths and stop texts. It knows no task: prompts come as rows.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from queue import SimpleQueue
from typing import Any

from holdfast.inference.domain.generation import Generated, Plan, Token
from holdfast.inference.domain.growing_text import GrowingText
from holdfast.inference.runtime.grammars import Follower, GrammarReader
from holdfast.inference.runtime.libraries import need
from holdfast.inference.runtime.loading import Loaded
from holdfast.inference.runtime.networks import Network
from holdfast.inference.runtime.rows import Padding, Row, batches, stack

Emit = Callable[[int, Token], None]
_MAX_BATCH_SIZE = 16_384
_MAX_BATCH_ROWS = 32


@dataclass(frozen=True)
class Generator:
    """A model that makes tokens, and the tokenizer that reads them."""

    loaded: Loaded
    tokenizer: Any

    def generate(self, rows: Sequence[Row], plans: Sequence[Plan]) -> list[Generated]:
        """Generate for rows whose plans have the same group: one result per row, in order."""
        results: dict[int, Generated] = {}
        for indexes in batches(rows, _MAX_BATCH_SIZE, _MAX_BATCH_ROWS):
            batch = _Batch(self, [rows[index] for index in indexes], [plans[index] for index in indexes])
            results |= zip(indexes, batch.run(), strict=True)
        return [results[index] for index in range(len(rows))]

    def stream(self, row: Row, plan: Plan) -> Iterator[Token | Generated]:
        """Tokens as they are made, then the whole. Closing the iterator stops the model at its next token."""
        queue: SimpleQueue[Token | Generated | BaseException] = SimpleQueue()
        batch = _Batch(self, [row], [plan], emit=lambda _index, token: queue.put(token))

        def work() -> None:
            try:
                queue.put(batch.run()[0])
            except BaseException as error:  # noqa: BLE001 - carried over to the caller's thread and raised there
                queue.put(error)

        thread = threading.Thread(target=work, name="generation", daemon=True)
        thread.start()
        try:
            while not isinstance(piece := queue.get(), (Generated, BaseException)):
                yield piece
            if isinstance(piece, BaseException):
                raise piece
            yield piece
        finally:
            batch.cancelled.set()
            thread.join()

    def decode(self, ids: Sequence[int]) -> str:
        text: str = self.tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text

    @cached_property
    def grammars(self) -> GrammarReader:
        size = self.loaded.model.get_output_embeddings().weight.shape[0]
        return GrammarReader(self.tokenizer, size, self.end_tokens)

    @property
    def end_tokens(self) -> frozenset[int]:
        ends = self.loaded.model.generation_config.eos_token_id
        if ends is None:
            ends = self.tokenizer.eos_token_id
        return frozenset(ends if isinstance(ends, list) else [ends] if ends is not None else [])


@dataclass
class _Growing:
    """One row while it is generated."""

    plan: Plan
    text: GrowingText
    prompt_tokens: int
    follower: Follower | None = None
    tokens: list[Token] = field(default_factory=list)
    finish_reason: str | None = None


class _Batch:
    """One run of transformers' loop. It is its own stopping criterion: called with all tokens after each step."""

    def __init__(
        self, generator: Generator, rows: Sequence[Row], plans: Sequence[Plan], emit: Emit | None = None
    ) -> None:
        self._generator = generator
        self._model = generator.loaded.model
        self._is_decoder = not self._model.config.is_encoder_decoder
        self._rows = rows
        self._growing = [
            _Growing(
                plan,
                GrowingText(generator.decode, prompt, plan.stop),
                len(prompt),
                generator.grammars.follower(plan.grammar) if plan.grammar else None,
            )
            for plan, prompt in zip(plans, [self._prompt(row) for row in rows], strict=True)
        ]
        self._plan = plans[0]
        self._emit = emit
        self._ends = generator.end_tokens
        self._special = frozenset(generator.tokenizer.all_special_ids)
        self._logits: list[Any] = []
        self._seen = 0
        self._start = 0
        self.cancelled = threading.Event()

    def _prompt(self, row: Row) -> list[int]:
        return [int(token) for token in row["input_ids"]] if self._is_decoder and "input_ids" in row else []

    def run(self) -> list[Generated]:
        torch = need("torch")
        fill = {"input_ids": self._generator.tokenizer.pad_token_id or 0}
        padding = Padding(fill, "left" if self._is_decoder else "right")
        tensors = Network(self._generator.loaded).tensors(stack(self._rows, padding))
        self._seen = tensors["input_ids"].shape[1] if self._is_decoder and "input_ids" in tensors else 1
        self._start = self._seen
        if self._plan.seed is not None:
            torch.manual_seed(self._plan.seed)
        with torch.inference_mode(), self._logits_noted():
            found = self._model.generate(
                **tensors,
                generation_config=self._config(),
                stopping_criteria=need("transformers").StoppingCriteriaList([self]),
                logits_processor=self._processors(),
            )
        if self._plan.beams > 1:
            self._take_best(found)
        return [self._result(one) for one in self._growing]

    def _config(self) -> Any:
        config = copy.deepcopy(self._model.generation_config)
        options = {**self._plan.options, "max_new_tokens": max(one.plan.max_new_tokens for one in self._growing)}
        options.pop("max_length", None)
        config.update(**options, max_length=None)
        if config.pad_token_id is None:
            config.pad_token_id = self._generator.tokenizer.pad_token_id
        return config

    def _processors(self) -> Any:
        found: list[Callable[[Any, Any], Any]] = []
        if self._plan.presence_penalty or self._plan.frequency_penalty:
            found.append(self._penalize)
        if any(one.follower for one in self._growing):
            found.append(self._keep_to_grammars)
        return need("transformers").LogitsProcessorList(found) if found else None

    def _penalize(self, input_ids: Any, scores: Any) -> Any:
        torch, plan = need("torch"), self._plan
        made = input_ids[:, self._start :]
        counts = torch.zeros_like(scores).scatter_add_(1, made, torch.ones_like(made, dtype=scores.dtype))
        return scores - plan.frequency_penalty * counts - plan.presence_penalty * (counts > 0)

    def _keep_to_grammars(self, _input_ids: Any, scores: Any) -> Any:
        torch = need("torch")
        for index, one in enumerate(self._growing):
            if one.follower and one.finish_reason is None:
                # The chosen token of the step before; at the first step there is none.
                one.follower.take([one.tokens[-1].id] if one.tokens else [])
                refused = torch.from_numpy(~one.follower.allowed()).to(scores.device)
                scores[index].masked_fill_(refused, float("-inf"))
        return scores

    @contextmanager
    def _logits_noted(self) -> Iterator[None]:
        """Keep the model's own outputs of each step until the token that was chosen of them is known."""
        if self._plan.beams > 1:
            yield
            return
        own_thread = threading.get_ident()  # streams of one model run beside each other, each in a thread of its own

        def note(_model: Any, _inputs: Any, output: Any) -> None:
            if threading.get_ident() == own_thread:
                self._logits.append(output.logits[:, -1])

        hook = self._model.register_forward_hook(note)
        try:
            yield
        finally:
            hook.remove()

    def __call__(self, input_ids: Any, scores: Any, **_others: Any) -> Any:  # noqa: ARG002 - transformers' signature
        torch = need("torch")
        if self._plan.beams == 1:
            for column in range(self._seen, input_ids.shape[1]):
                self._step(input_ids[:, column].tolist())
            self._seen = input_ids.shape[1]
        stop = self.cancelled.is_set()
        done = [stop or one.finish_reason is not None for one in self._growing]
        rows = input_ids.shape[0]
        return torch.tensor(done if len(done) == rows else [stop] * rows, device=input_ids.device)

    def _step(self, tokens: Sequence[int]) -> None:
        """Take one token for each row that is not done."""
        torch = need("torch")
        logprobs = torch.log_softmax(self._logits.pop(0).float(), dim=-1)
        for index, (one, token) in enumerate(zip(self._growing, tokens, strict=True)):
            if one.finish_reason is None:
                self._take(index, one, token, logprobs[index])

    def _take(self, index: int, one: _Growing, token: int, logprobs: Any) -> None:
        is_end = token in self._ends
        shown = "" if is_end else one.text.add(token)
        limit = len(one.tokens) + 1 >= one.plan.max_new_tokens
        one.finish_reason = (
            "eos_token" if is_end else "stop_sequence" if one.text.is_stopped else "length" if limit else None
        )
        shown += one.text.finish() if one.finish_reason else ""
        made = Token(token, shown, float(logprobs[token]), token in self._special, self._top(logprobs))
        one.tokens.append(made)
        if self._emit:
            self._emit(index, made)

    def _top(self, logprobs: Any) -> tuple[tuple[int, str, float], ...]:
        if not self._plan.top_tokens:
            return ()
        found = logprobs.topk(min(self._plan.top_tokens, len(logprobs)))
        decode = self._generator.tokenizer.decode
        pairs = zip(found.indices.tolist(), found.values.tolist(), strict=True)
        return tuple((token, decode([token]), logprob) for token, logprob in pairs)

    def _take_best(self, sequences: Any) -> None:
        """Beams are known only at the end, and have no log-probabilities of their own."""
        for one, line in zip(self._growing, sequences[:, self._seen :].tolist(), strict=True):
            kept = line[: next((place for place, token in enumerate(line) if token in self._ends), len(line))]
            one.finish_reason = "eos_token" if len(kept) < len(line) else "length"
            shown = [one.text.add(token) for token in kept]
            rest = one.text.finish()
            shown = [*shown[:-1], shown[-1] + rest] if shown else []
            texts = zip(kept, shown, strict=True)
            one.tokens = [Token(token, text, 0.0, token in self._special) for token, text in texts]

    def _result(self, one: _Growing) -> Generated:
        return Generated(one.text.text, tuple(one.tokens), one.finish_reason or "length", one.prompt_tokens)
