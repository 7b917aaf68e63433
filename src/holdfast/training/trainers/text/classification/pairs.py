"""A ladder whose rungs learn from pairs of texts: what it makes says so, and is asked about a pair."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from holdfast.training.domain.trials import Board
from holdfast.training.trainers.interface import Artefact, Clock
from holdfast.training.trainers.text.classification.writing import write_pairs
from holdfast.training.trainers.text.ladder import Ladder


def asked(text: str, text_pair: str) -> dict[str, str]:
    """A pair of texts as the Inference API takes it."""
    return {"text": text, "text_pair": text_pair}


@dataclass(frozen=True)
class LadderOfPairs(Ladder):
    """See `Ladder`.

    Args:
        example: of its rows, for the card.
    """

    example: tuple[str, str] = ("", "")

    def finish(self, board: Board, folder: Path, clock: Clock) -> Artefact:
        """The model of the trial that was chosen."""
        made = super().finish(board, folder, clock)
        if any(folder.glob("*.skops")):
            write_pairs(folder)
        return replace(made, example=asked(*self.example))
