"""The model of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Artefact:
    """The model of a run, written to its folder.

    Args:
        task: of inference that serves it.
        family: of the best trial, or `ensemble`.
        parameters: of the best trial.
        library: tag of the card: `sklearn`, `transformers`, `sentence-transformers`, `stable-baselines3`, `holdfast`.
        base_model: that it was made from; None where it began from nothing.
        example: inputs for the card and for the request that proves it is served.
        explanation: what the report shows beside the scores: importances, layers, profiles of clusters, …
        scores: of the sealed test, where the trainer judges itself (perplexity, reward); None lets the run judge by
            the predictor.
    """

    task: str
    family: str
    parameters: Mapping[str, Any]
    library: str
    example: Any
    base_model: str | None = None
    explanation: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, float] | None = None
