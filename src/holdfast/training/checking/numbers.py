"""Numbers written as text: `1,234.50 €`, `1.234,50`, `12 %`, `3 kg`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_CURRENCY = r"[€$£¥₹₽₩]|EUR|USD|GBP|CHF|JPY|CNY|INR|AUD|CAD|SEK|NOK|DKK|PLN|Fr\.?|Rs\.?"
_UNITS = (
    "%|‰|kg|g|mg|t|lbs?|oz|km|m|cm|mm|mi|miles?|ft|in|l|ml|h|hrs?|hours?|min|mins|minutes?|s|sec|seconds?|ms|d|days?"
    "|months?|y|yrs?|years?|°C|°F|°|C|kW|kWh|W|V|A|Hz|kHz|MHz|GHz|px|B|KB|kB|MB|GB|TB|km/h|mph|m²|m2|sqm|sqft|bar|hPa|k|K|M"
)
_NUMBER = re.compile(
    rf"^(?P<before>{_CURRENCY})?\s*(?P<body>[+\-−]?\s?(?:\d[\d.,'’\s]*|[.,]\d+))(?P<exponent>[eE][+\-]?\d+)?\s*"
    rf"(?P<after>{_CURRENCY}|{_UNITS})?$"
)
_PLAIN = re.compile(r"^[+\-]?(\d+\.?\d*|\.\d+)([eE][+\-]?\d+)?$")
_ENGLISH = re.compile(r"^[+\-]?\d{1,3}(,\d{3})+(\.\d+)?$|^[+\-]?\d+\.\d+$")
_CONTINENTAL = re.compile(r"^[+\-]?\d{1,3}(\.\d{3})+(,\d+)?$|^[+\-]?\d+,\d+$")
_THOUSANDS = re.compile(r"^[+\-]?\d{1,3}([,.]\d{3})+$")
_CODE = re.compile(r"^0\d+$")


@dataclass(frozen=True)
class Numbers:
    """A column's different texts as numbers.

    Args:
        values: one a text; NaN where the text is no number.
        signs: currencies and units that were taken off.
        decimal_comma: whether `,` stands before the decimals.
        grouped: whether thousands were separated.
    """

    values: np.ndarray
    signs: tuple[str, ...]
    decimal_comma: bool
    grouped: bool

    @property
    def plain(self) -> bool:
        """Whether nothing had to be understood: any program would read them."""
        return not (self.signs or self.decimal_comma or self.grouped)


def read_numbers(texts: Sequence[str]) -> Numbers | None:
    """The different values of a column as numbers, or None where most are something else.

    Codes such as `00123` are no numbers, nor are values with two kinds of units.
    """
    found = [_NUMBER.match(text) for text in texts]
    matched = [match for match in found if match]
    signs = Counter(sign for match in matched for sign in (match["before"], match["after"]) if sign)
    if not matched or len(signs) > 1 or _are_codes(texts):
        return None
    bodies = [re.sub(r"[\s'’]", "", match["body"]).replace("−", "-") if match else None for match in found]
    comma = _decimal_comma([body for body in bodies if body])
    exponents = [match["exponent"] or "" if match else "" for match in found]
    values = np.array([_value(body, end, comma) for body, end in zip(bodies, exponents, strict=True)], dtype=float)
    grouped = any(
        body != match["body"] or _is_grouped(body, comma)
        for body, match in zip(bodies, found, strict=True)
        if match and body
    )
    return Numbers(values, tuple(signs), comma and any(body and "," in body for body in bodies), grouped)


def _are_codes(texts: Sequence[str]) -> bool:
    """Leading zeros mean something: postcodes, article numbers."""
    if not all(text.isdigit() for text in texts[:1000]):
        return False
    return any(_CODE.match(text) for text in texts) and len({len(text) for text in texts}) <= 2


def _decimal_comma(bodies: Sequence[str]) -> bool:
    """Whether the column writes decimals with a comma: by those values that leave no doubt."""
    clear = [body for body in bodies if not _THOUSANDS.match(body) or body.count(",") + body.count(".") > 1]
    continental = sum(bool(_CONTINENTAL.match(body)) for body in clear)
    english = sum(bool(_ENGLISH.match(body)) for body in clear)
    return continental > english


def _is_grouped(body: str, comma: bool) -> bool:  # noqa: FBT001 - private, named at the call
    return ("." if comma else ",") in body


def _value(body: str | None, exponent: str, comma: bool) -> float:  # noqa: FBT001 - private, named at the call
    if not body:
        return float("nan")
    pattern = _CONTINENTAL if comma else _ENGLISH
    if not _PLAIN.match(body) or comma:
        if not (pattern.match(body) or re.fullmatch(r"[+\-]?\d+", body)):
            return float("nan")
        group, point = (".", ",") if comma else (",", ".")
        body = body.replace(group, "").replace(point, ".")
    return float(body + exponent)
