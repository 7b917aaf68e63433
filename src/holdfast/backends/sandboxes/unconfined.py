"""No sandbox at all: for people who trust everybody who may run jobs, and said so."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.backends.sandboxes.protocol import Rules
from holdfast.base.errors import NoSandbox


class Unconfined:
    """Runs commands as they are: with the server's rights, network and files."""

    can_mount = False

    def problem(self) -> str | None:
        """Never one: nothing was promised."""
        return None

    def wrap(self, command: Sequence[str], rules: Rules) -> list[str]:
        """The command itself; see `Sandbox.wrap`."""
        if rules.mounts:
            raise NoSandbox(problem="nothing can be mounted without one")
        return list(command)
