"""Commercial use: every license of the vocabulary was looked at, and the strictest of several counts."""

import pytest

from holdfast.hub.repos.metadata.licensing import COMMERCIAL_USE, CommercialUse, commercial_use
from holdfast.hub.repos.metadata.vocabulary import LICENSES

ALLOWED, CONDITIONAL, FORBIDDEN = CommercialUse


def test_every_license_is_sorted_or_says_nothing():
    assert set(LICENSES) - COMMERCIAL_USE.keys() == {"cc", "unknown", "other"}
    assert COMMERCIAL_USE.keys() <= set(LICENSES)


def test_names_with_nc_forbid():
    assert all(COMMERCIAL_USE[name] is FORBIDDEN for name in LICENSES if "-nc" in name or "noncommercial" in name)


@pytest.mark.parametrize(
    ("licenses", "use"),
    [
        (["mit"], ALLOWED),
        (["Apache-2.0"], ALLOWED),
        (["gpl-3.0"], ALLOWED),
        (["cc-by-sa-4.0"], ALLOWED),
        (["llama3.1"], CONDITIONAL),
        (["openrail++"], CONDITIONAL),
        (["cc-by-nc-4.0"], FORBIDDEN),
        (["mit", "gemma"], CONDITIONAL),
        (["mit", "cc-by-nc-4.0"], FORBIDDEN),
        (["cc-by-nc-4.0", "other"], FORBIDDEN),
        (["mit", "other"], None),
        (["other"], None),
        (["my-own"], None),
        ([], None),
    ],
)
def test_the_strictest_counts(licenses, use):
    assert commercial_use(licenses) is use
