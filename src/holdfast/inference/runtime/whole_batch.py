"""Rows that are generated together from their first token to the last, by transformers' own loop.

The loop is watched token by token: stop texts, limits, log-probabilities. Rows share a plan but for their lengths and
stop texts. For whatever the running batch cannot take: beams, models that read and write, unusual ones.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from holdfast.inference.domain.generation import Generated, Token
from holdfast.inference.runtime.growing_rows import GrowingRow
from holdfast.inference.runtime.libraries import need
from holdfast.inference.runtime.loading import Loaded
from holdfast.inference.runtime.networks import Network
from holdfast.inference.runtime.rows import Padding, Row, stack
from holdfast.inference.runtime.token_choice import biased, merged_config

Emit = Callable[[int, Token], None]


class WholeBatch:
    """One run of transformers' loop. It is its own stopping criterion: called with all tokens after each step.

    Args:
        loaded: the model.
        pad_token: what short rows are filled with.
        rows: the model's inputs.
        growing: the same rows, as they grow.
        emit: is told of every token at once.
    """

    def __init__(
        self,
        loaded: Loaded,
        pad_token: int | None,
        rows: Sequence[Row],
        growing: Sequence[GrowingRow],
        emit: Emit | None = None,
    ) -> None:
        self._loaded = loaded
        self._model = loaded.model
        self._pad_token = pad_token
        self._is_decoder = not self._model.config.is_encoder_decoder
        self._rows = rows
        self._growing = growing
        self._plan = growing[0].plan
        self._emit = emit
        self._logits: list[Any] = []
        self._seen = 0
        self._start = 0
        self.cancelled = threading.Event()

    def run(self) -> list[Generated]:
        torch = need("torch")
        tensors = Network(self._loaded).tensors(self.stacked())
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
        return [one.result() for one in self._growing]

    def stacked(self) -> dict[str, Any]:
        """The rows as arrays with a batch dimension."""
        fill = {"input_ids": self._pad_token or 0}
        return stack(self._rows, Padding(fill, "left" if self._is_decoder else "right"))

    def _config(self) -> Any:
        config = merged_config(self._model, self._plan, self._pad_token)
        config.update(max_new_tokens=max(one.plan.max_new_tokens for one in self._growing))
        return config

    def _processors(self) -> Any:
        found: list[Callable[[Any, Any], Any]] = []
        if self._plan.presence_penalty or self._plan.frequency_penalty:
            found.append(self._penalize)
        if self._plan.biases:
            found.append(lambda _ids, scores: biased(scores, self._plan.biases))
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
            allowed = one.allowed_by_grammar()
            if allowed is not None:
                scores[index].masked_fill_(torch.from_numpy(~allowed).to(scores.device), float("-inf"))
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
                made = one.take(token, logprobs[index])
                if self._emit:
                    self._emit(index, made)

    def _take_best(self, sequences: Any) -> None:
        """Beams are known only at the end."""
        for one, line in zip(self._growing, sequences[:, self._seen :].tolist(), strict=True):
            one.take_all(line)
