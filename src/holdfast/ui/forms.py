"""Forms that were refused: what to say beside which field."""

from __future__ import annotations

from holdfast.base.errors import Conflict, Forbidden, HoldfastError, InvalidInput, NotFound, Overloaded, WrongPassword

REFUSALS = (InvalidInput, Conflict, Forbidden, NotFound, Overloaded, WrongPassword)
"""What a form shows again together with what was typed; anything else is a page of its own."""

FORM = "form"
"""Where a problem stands that is about no single field."""


def problems(error: HoldfastError, fields: dict[str, str] | None = None) -> dict[str, str]:
    """Sentences by field.

    Args:
        error: the refusal.
        fields: what services call a field → what the form calls it; the others have the same name.
    """
    if not isinstance(error, InvalidInput):
        return {FORM: error.message}
    name = (fields or {}).get(error.field, error.field)
    return {name: f"{error.problem[:1].upper()}{error.problem[1:].rstrip('.')}."}
