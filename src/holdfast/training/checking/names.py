"""Names of columns: present, different, free of stray spaces, and really names."""

from __future__ import annotations

import re
from collections import Counter

import pandas as pd

from holdfast.training.checking.draft import Draft
from holdfast.training.checking.phrases import code, count, several

_NUMBER = re.compile(r"^[+\-]?\d+([.,]\d+)?(e[+\-]?\d+)?$", re.I)
_ASKED = "columns"


def tidy_names(draft: Draft) -> None:
    """Give every column a name of its own."""
    if _is_data(draft):
        _return_header(draft)
    given = [str(name) for name in draft.frame.columns]
    clean = [" ".join(name.replace("\ufeff", "").split()) for name in given]
    if any(old != new for old, new in zip(given, clean, strict=True)):
        odd = [old for old, new in zip(given, clean, strict=True) if old != new]
        draft.repaired(
            "untidy-column-names", f"Spaces were taken off the names of {count(len(odd), 'column')}: {several(odd)}."
        )
    named = [name or f"column_{number}" for number, name in enumerate(clean, 1)]
    if named != clean:
        draft.repaired(
            "unnamed-columns",
            f"{count(sum(not name for name in clean), 'column')} had no name and got one: "
            f"{several(new for new, old in zip(named, clean, strict=True) if not old)}.",
        )
    draft.frame.columns = _different(draft, named)


def _is_data(draft: Draft) -> bool:
    """Whether what stands for names looks like a row of values: a file without a header."""
    names = [str(name).strip() for name in draft.frame.columns]
    if len(names) < 2 or draft.has_test or draft.spec.columns:
        return False
    if all(isinstance(name, int) for name in draft.frame.columns) or names == [
        str(number) for number in range(len(names))
    ]:
        return False
    return sum(bool(_NUMBER.match(name)) for name in names) >= 0.3 * len(names)


def _return_header(draft: Draft) -> None:
    first = pd.DataFrame([[re.sub(r"^(\d+\.\d+)\.\d+$", r"\1", str(name)) for name in draft.frame.columns]])
    rest = draft.frame.copy()
    rest.columns = first.columns
    whole = pd.concat([first.astype(object), rest.astype(object)], ignore_index=True)
    whole.columns = [f"column_{number}" for number in range(1, len(whole.columns) + 1)]
    draft.repaired(
        "no-header",
        f"The first line of the file holds values ({several(draft.frame.columns)}) and no names, so it was "
        "counted as a row "
        f"and the columns were named {code(whole.columns[0])} to {code(whole.columns[-1])}.",
        "Write a first line with a name for each column, so that you can tell them apart.",
    )
    draft.frame = whole
    draft.is_test = pd.Series(draft.is_test).reindex(range(len(whole)), fill_value=False).to_numpy()


def _different(draft: Draft, names: list[str]) -> list[str]:
    seen: Counter[str] = Counter()
    result = []
    for name in names:
        seen[name] += 1
        result.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    twice = [name for name, times in seen.items() if times > 1]
    if twice:
        draft.repaired(
            "same-column-name",
            f"{several(twice)} {'is' if len(twice) == 1 else 'are'} the name of more than one column; the "
            f"later ones got a number: {several(name for name in result if name not in names)}.",
        )
    return result
