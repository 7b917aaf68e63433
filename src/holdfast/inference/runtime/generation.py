"""Generates tokens: rows that can join and leave a running batch do so; the others run whole, by transformers' loop.

Which way a row goes is a rule (`Generator.joins`), and a model whose rows cannot join says why (`Decoder.why_not`). It
knows no task: prompts come as rows.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator as Steps
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from queue import SimpleQueue
from typing import Any

from holdfast.inference.domain.generation import Generated, Plan, Token
from holdfast.inference.runtime.decoder import Decoder
from holdfast.inference.runtime.grammars import GrammarReader
from holdfast.inference.runtime.growing_rows import GrowingRow, Vocabulary
from holdfast.inference.runtime.live_adapters import LiveAdapter
from holdfast.inference.runtime.loading import Loaded
from holdfast.inference.runtime.rows import Row, batches
from holdfast.inference.runtime.running_batch import RunningBatch
from holdfast.inference.runtime.token_choice import TokenChooser, is_step_by_step, open_chooser, prepared_config
from holdfast.inference.runtime.whole_batch import WholeBatch

MOST_THREADS = 8
"""Streams that do not join the running batch, at once: each has a thread."""
_MAX_BATCH_SIZE = 16_384
_MAX_BATCH_ROWS = 32
_LEAST_CACHE_BYTES = 512 * 1024 * 1024
_CACHE_SHARE = 0.5
"""Of the model's weights, for keys and values of the running batch, if that is more."""


@dataclass(frozen=True)
class Generator:
    """A model that makes tokens, and the tokenizer that reads them.

    Args:
        loaded: the model.
        tokenizer: of its prompts and texts.
        adapter: works on the model for all rows of this generator; None: nothing does.
        base: the generator of the model without it, in whose running batch the rows take part.
    """

    loaded: Loaded
    tokenizer: Any
    adapter: LiveAdapter | None = None
    base: Generator | None = None
    _threads: set[threading.Thread] = field(default_factory=set, compare=False, repr=False)
    _known_ways: dict[Hashable, bool] = field(default_factory=dict, compare=False, repr=False)

    def generate(self, rows: Sequence[Row], plans: Sequence[Plan]) -> list[Generated]:
        """Generate for rows whose plans have the same group: one result per row, in order."""
        if self.joins(plans[0]):
            return self._generate_joining(rows, plans)
        results: dict[int, Generated] = {}
        for indexes in batches(rows, _MAX_BATCH_SIZE, _MAX_BATCH_ROWS):
            batch = self._whole([rows[index] for index in indexes], [plans[index] for index in indexes])
            with self.decoder.adapters.alone(self.adapter):
                results |= zip(indexes, batch.run(), strict=True)
        return [results[index] for index in range(len(rows))]

    def stream(self, row: Row, plan: Plan) -> Steps[Token | Generated | None, None, None]:
        """Tokens as they are made, then the whole; None first: it has begun. Closing it stops it at its next token."""
        return self._stream_joining(row, plan) if self.joins(plan) else self._stream_alone(row, plan)

    def steps(self, rows: Sequence[Row], plan: Plan) -> Steps[None, None, list[Generated]]:
        """Generate rows that join the running batch, a token for each between two yields. Closing it drops them."""
        choosers = [self._chooser(row, plan.of_row(index)) for index, row in enumerate(rows)]
        with self.running.joined(choosers, self.adapter) as runners:
            yield  # all that begin together are read together
            while not all(runner.is_done for runner in runners):
                for runner in runners:
                    self.running.poll(runner)
                yield
            return [runner.row.result() for runner in runners]

    def joins(self, plan: Plan) -> bool:
        """Whether rows of a plan can join the running batch."""
        key = tuple(sorted(plan.options.items()))
        if key not in self._known_ways:
            self._known_ways[key] = not self.decoder.why_not and is_step_by_step(self._config(plan))
        return self._known_ways[key]

    @property
    def batching(self) -> str:
        """How rows are computed together, in words."""
        return f"by whole answers, since {self.decoder.why_not}" if self.decoder.why_not else "continuous"

    def has_room(self, rows: Sequence[Row], plan: Plan) -> bool:
        """Whether rows can begin now, beside those that are on their way."""
        if not self.joins(plan):
            return len(self._threads) < MOST_THREADS
        longest = max(len(row["input_ids"]) for row in rows)
        return self.running.has_room(len(rows), longest + plan.max_new_tokens)

    @cached_property
    def decoder(self) -> Decoder:
        return Decoder(self.loaded) if self.base is None else self.base.decoder

    @cached_property
    def running(self) -> RunningBatch:
        """The one batch of all rows that can join it."""
        if self.base is not None:
            return self.base.running
        weights = sum(one.numel() * one.element_size() for one in self.loaded.model.parameters())
        room = max(_LEAST_CACHE_BYTES, int(weights * _CACHE_SHARE))
        return RunningBatch(self.decoder, room // self.decoder.token_bytes)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(self.tokenizer, self.end_tokens, frozenset(self.tokenizer.all_special_ids))

    @cached_property
    def grammars(self) -> GrammarReader:
        size = self.loaded.config.get_text_config().vocab_size
        return GrammarReader(self.tokenizer, size, self.end_tokens)

    @property
    def end_tokens(self) -> frozenset[int]:
        ends = self.loaded.model.generation_config.eos_token_id
        if ends is None:
            ends = self.tokenizer.eos_token_id
        return frozenset(ends if isinstance(ends, list) else [ends] if ends is not None else [])

    def _config(self, plan: Plan) -> Any:
        return prepared_config(self.loaded.model, plan, self.tokenizer.pad_token_id)

    def _growing(self, row: Row, plan: Plan) -> GrowingRow:
        is_decoder = not self.loaded.model.config.is_encoder_decoder
        prompt = row["input_ids"].tolist() if is_decoder and "input_ids" in row else []
        follower = self.grammars.follower(plan.grammar) if plan.grammar else None
        return GrowingRow(plan, self.vocabulary, prompt, follower)

    def _chooser(self, row: Row, plan: Plan) -> TokenChooser:
        return open_chooser(self.loaded.model, self._growing(row, plan), self._config(plan))

    def _whole(self, rows: Sequence[Row], plans: Sequence[Plan], **more: Any) -> WholeBatch:
        growing = [self._growing(row, plan) for row, plan in zip(rows, plans, strict=True)]
        return WholeBatch(self.loaded, self.tokenizer.pad_token_id, rows, growing, **more)

    def _generate_joining(self, rows: Sequence[Row], plans: Sequence[Plan]) -> list[Generated]:
        """As many at once as there is room for; who is done makes room for the next."""
        results: dict[int, Generated] = {}
        running: dict[int, Steps[None, None, list[Generated]]] = {}
        waiting = deque(range(len(rows)))
        while waiting or running:
            while waiting and (not running or self.has_room([rows[waiting[0]]], plans[waiting[0]])):
                index = waiting.popleft()
                running[index] = self.steps([rows[index]], plans[index])
                next(running[index])
            for index, steps in list(running.items()):
                try:
                    next(steps)
                except StopIteration as end:
                    [results[index]] = end.value
                    del running[index]
        return [results[index] for index in range(len(rows))]

    def _stream_joining(self, row: Row, plan: Plan) -> Steps[Token | Generated | None, None, None]:
        with self.running.joined([self._chooser(row, plan)], self.adapter) as [runner]:
            yield None
            while (token := self.running.poll(runner)) is not None:
                yield token
            yield runner.row.result()

    def _stream_alone(self, row: Row, plan: Plan) -> Steps[Token | Generated | None, None, None]:
        queue: SimpleQueue[Token | Generated | BaseException] = SimpleQueue()
        batch = self._whole([row], [plan], emit=lambda _index, token: queue.put(token))

        def work() -> None:
            try:
                with self.decoder.adapters.alone(self.adapter):
                    queue.put(batch.run()[0])
            except BaseException as error:  # noqa: BLE001 - carried over to the caller's thread and raised there
                queue.put(error)

        thread = threading.Thread(target=work, name="generation", daemon=True)
        self._threads.add(thread)
        thread.start()
        try:
            yield None
            while not isinstance(piece := queue.get(), (Generated, BaseException)):
                yield piece
            if isinstance(piece, BaseException):
                raise piece
            yield piece
        finally:
            batch.cancelled.set()
            thread.join()
            self._threads.discard(thread)
