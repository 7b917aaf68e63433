"""Chooses the sandbox driver."""

from __future__ import annotations

from holdfast.backends.sandboxes.protocol import Sandbox
from holdfast.base.errors import InvalidInput

DRIVERS = ("bubblewrap", "none")


def open_sandbox(name: str) -> Sandbox:
    """The driver of that name.

    Raises:
        InvalidInput: there is none.
    """
    if name == "bubblewrap":
        from holdfast.backends.sandboxes.bubblewrap import BubblewrapSandbox  # noqa: PLC0415 - drivers are lazy

        return BubblewrapSandbox()
    if name == "none":
        from holdfast.backends.sandboxes.unconfined import Unconfined  # noqa: PLC0415

        return Unconfined()
    raise InvalidInput(field="HOLDFAST_JOBS_SANDBOX", problem=f"must be one of {', '.join(DRIVERS)}; got {name!r}")
