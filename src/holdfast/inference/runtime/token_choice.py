"""Chooses the next token of one row, with whatever its plan asks: transformers' own processors, on that row alone.

So a row's tokens never depend on what else is computed beside it. Source: transformers 5.23, `GenerationMixin._sample`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from holdfast.inference.domain.generation import Plan
from holdfast.inference.runtime.growing_rows import GrowingRow
from holdfast.inference.runtime.libraries import need

_MODES = ("greedy_search", "sample")
_ELSEWHERE = ("guidance_scale", "cache_implementation", "watermarking_config")
"""Settings of a model's own generation config that need more than one row and a plain cache."""


def merged_config(model: Any, plan: Plan, pad_token: int | None) -> Any:
    """The model's generation config with what a plan asks."""
    config = copy.deepcopy(model.generation_config)
    options = {**plan.options, "max_new_tokens": plan.max_new_tokens}
    options.pop("max_length", None)
    config.update(**options, max_length=None)
    if config.pad_token_id is None:
        config.pad_token_id = pad_token
    return config


def prepared_config(model: Any, plan: Plan, pad_token: int | None) -> Any:
    """The same with transformers' own defaults, as `generate` completes it."""
    return model._prepare_generation_config(merged_config(model, plan, pad_token))[0]


def is_step_by_step(config: Any) -> bool:
    """Whether tokens are chosen one after the other from one row's logits: no beams, no second model, no second row.

    Args:
        config: a prepared one.
    """
    plain = all(getattr(config, name, None) in (None, 1, 1.0) for name in _ELSEWHERE)
    return plain and config.use_cache is not False and config.get_generation_mode() in _MODES


@dataclass
class TokenChooser:
    """How one row's tokens are chosen.

    Args:
        row: which.
        processors: change the logits before; None: nothing does.
        samples: draw tokens by chance, instead of always taking the likeliest.
        chance: where chance comes from; None: torch's own.
    """

    row: GrowingRow
    processors: Any
    samples: bool
    chance: Any = None

    @property
    def is_plain(self) -> bool:
        """Whether the likeliest token is the next."""
        return not self.samples and not self.processors

    def choose(self, logits_V: Any) -> int:
        """The next token from the model's logits in float32 (V: vocabulary)."""
        torch = need("torch")
        if self.processors:
            ids = [*self.row.prompt, *(token.id for token in self.row.tokens)]
            logits_V = self.processors(torch.tensor([ids], device=logits_V.device), logits_V[None].clone())[0]
        if not self.samples:
            return int(logits_V.argmax())
        return int(torch.multinomial(logits_V.softmax(dim=-1), 1, generator=self.chance))


def open_chooser(model: Any, row: GrowingRow, config: Any) -> TokenChooser:
    """A chooser for a row whose plan, with the model's own config, `is_step_by_step`."""
    torch = need("torch")
    # The two methods that `generate` itself calls; they have no public form.
    model._prepare_special_tokens(config, kwargs_has_attention_mask=True, device=model.device, batch_size=1)
    processors = model._get_logits_processor(
        config, len(row.prompt), logits_processor=_own_processors(row), device=model.device, model_kwargs={}
    )
    chance = None
    if config.do_sample and row.plan.seed is not None:
        chance = torch.Generator(device=model.device).manual_seed(row.plan.seed)
    return TokenChooser(row, processors or None, bool(config.do_sample), chance)


def _own_processors(row: GrowingRow) -> list[Callable[[Any, Any], Any]]:
    """What transformers has no setting for. It runs before anything is left out of what is drawn from."""
    torch, plan = need("torch"), row.plan

    def penalize(_ids: Any, logits_1V: Any) -> Any:
        made = torch.tensor([token.id for token in row.tokens], dtype=torch.long, device=logits_1V.device)
        counts = torch.bincount(made, minlength=logits_1V.shape[1])
        return logits_1V - plan.frequency_penalty * counts - plan.presence_penalty * (counts > 0)

    def keep_to_grammar(_ids: Any, logits_1V: Any) -> Any:
        refused = torch.from_numpy(~row.allowed_by_grammar()).to(logits_1V.device)
        return logits_1V.masked_fill(refused, float("-inf"))

    def bias(_ids: Any, logits_1V: Any) -> Any:
        return biased(logits_1V, plan.biases)

    penalizes = bool(plan.presence_penalty or plan.frequency_penalty)
    wanted = ((penalize, penalizes), (bias, plan.biases), (keep_to_grammar, row.follower))
    return [processor for processor, is_wanted in wanted if is_wanted]


def biased(logits_BV: Any, biases: Sequence[tuple[int, float]]) -> Any:
    """Logits with what is added to those of some tokens; -100 and 100 all but forbid and demand them."""
    torch = need("torch")
    tokens = torch.tensor([token for token, _ in biases], device=logits_BV.device)
    return logits_BV.index_add(
        1,
        tokens,
        torch.tensor([[bias for _, bias in biases]], dtype=logits_BV.dtype, device=logits_BV.device).expand(
            len(logits_BV), -1
        ),
    )
