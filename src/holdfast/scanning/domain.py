"""What is found in a file. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """How far an import can be trusted; the higher, the worse."""

    INNOCUOUS = 0
    """Known to make numbers, names and containers only."""
    SUSPICIOUS = 1
    """Unknown here: it may be anything."""
    DANGEROUS = 2
    """Runs code or commands, or reaches for files and networks."""


@dataclass(frozen=True)
class Import:
    """A name that loading the file would look up, and could call."""

    module: str
    name: str
    level: Level


@dataclass(frozen=True)
class Scan:
    """What one content would do when it is loaded.

    Args:
        imports: each once, in the order found.
        problem: why it could not be read to its end, as the end of a sentence that starts with the file's name; empty
            when it could.
    """

    imports: tuple[Import, ...]
    problem: str = ""

    @property
    def level(self) -> Level:
        """That of the worst import; a file that was not read to its end is at least suspicious."""
        least = Level.SUSPICIOUS if self.problem else Level.INNOCUOUS
        return max([least, *(found.level for found in self.imports)])
