"""Which licenses let people use a model or dataset commercially: a table by identifier. It is no legal advice.

It sorts identifiers, it gives no legal advice: what counts is the text of the license in the repo. A license that is
not in the table, such as `other` or a mere family (`cc`), says nothing.
Source: the licenses' own texts; SPDX 3.27 for the identifiers, the Hub's list (repositories-licenses) for the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from holdfast.hub.repos.metadata.vocabulary import LICENSE_FAMILIES


class CommercialUse(Enum):
    """What a license says about earning money. The value is the filter's word; the order is from free to forbidden."""

    ALLOWED = "yes"
    """At most with duties that everybody has: naming authors, sharing changes under the same license."""
    CONDITIONAL = "conditions"
    """Allowed within bounds: rules of acceptable use, a limit on users, no derived works, no redistribution."""
    FORBIDDEN = "no"
    """Research or private use only."""


_FORBIDDEN = frozenset((
    "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0", "cc-by-nc-sa-2.0",
    "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0", "apple-amlr", "deepfloyd-if-license", "fair-noncommercial-research-license",
    "intel-research", "h-research",
))  # fmt: skip
_CONDITIONAL = frozenset((
    "cc-by-nd-4.0", "c-uda", "openrail", "openrail++", "bigscience-openrail-m", "creativeml-openrail-m",
    "bigscience-bloom-rail-1.0", "bigcode-openrail-m", "llama2", "llama3", "llama3.1", "llama3.2", "llama3.3",
    "llama4", "gemma", "apple-ascl", "grok2-community",
))  # fmt: skip
_SAYS_NOTHING = frozenset({"cc", "unknown", "other"})
_ALLOWED = (
    frozenset(name for names in LICENSE_FAMILIES.values() for name in names.split())
    - _FORBIDDEN
    - _CONDITIONAL
    - _SAYS_NOTHING
)
COMMERCIAL_USE: dict[str, CommercialUse] = {
    **dict.fromkeys(sorted(_ALLOWED), CommercialUse.ALLOWED),
    **dict.fromkeys(sorted(_CONDITIONAL), CommercialUse.CONDITIONAL),
    **dict.fromkeys(sorted(_FORBIDDEN), CommercialUse.FORBIDDEN),
}
"""By license identifier, lower case. Every license of the vocabulary is here or says nothing."""


def commercial_use(licenses: Iterable[str]) -> CommercialUse | None:
    """The strictest of a repo's licenses; None when it names none, or one that says nothing."""
    found = [COMMERCIAL_USE.get(name.lower()) for name in licenses]
    known = [use for use in found if use is not None]
    if not known or (len(known) < len(found) and CommercialUse.FORBIDDEN not in known):
        return None
    return max(known, key=list(CommercialUse).index)
