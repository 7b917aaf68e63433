"""Files that hold a table: CSV and TSV in any encoding, JSON, JSON Lines, Parquet, Excel."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd

from holdfast.base.errors import InvalidInput
from holdfast.inference.runtime.libraries import need
from holdfast.training.reading.encodings import decode

_SAMPLE = 64 * 1024
_DELIMITERS = ",;\t|"
_MISSING = ["", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "?", "-", "#N/A"]
_ROWS_UNDER = ("data", "rows", "records", "train", "examples", "instances")


def read_delimited(path: Path) -> pd.DataFrame:
    """A table with a delimiter, which is found by looking; a file without a header gets numbered columns.

    Raises:
        InvalidInput: it is no such table; says what is wrong.
    """
    text = decode(path.read_bytes(), path.name)
    if not text.strip():
        raise InvalidInput(field="data", problem=f"is empty: there is nothing in {path.name}")
    delimiter = _delimiter(text[:_SAMPLE], path.suffix.lower())
    header = 0 if _has_header(text[:_SAMPLE], delimiter) else None
    try:
        frame = pd.read_csv(
            io.StringIO(text),
            sep=delimiter,
            header=header,
            na_values=_MISSING,
            keep_default_na=False,
            low_memory=False,
            skipinitialspace=True,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise InvalidInput(field="data", problem=f"cannot be read: {path.name}: {str(error).strip()[:200]}") from None
    if header is None:
        frame.columns = [f"column_{index}" for index in range(frame.shape[1])]
    return frame


def _delimiter(sample: str, suffix: str) -> str:
    """The one that cuts the first lines into equally many parts, more than one; by the file's name in doubt."""
    whole = sample[: sample.rfind("\n") + 1] or sample
    counted: dict[str, tuple[float, int]] = {}
    for delimiter in _DELIMITERS:
        widths = [len(row) for row in csv.reader(io.StringIO(whole), delimiter=delimiter) if row][:200]
        width = max(set(widths), key=widths.count, default=1)
        counted[delimiter] = (widths.count(width) / max(1, len(widths)) if width > 1 else 0.0, width)
    best = max(_DELIMITERS, key=lambda delimiter: counted[delimiter])
    if counted[best][0]:
        return best
    return "\t" if suffix == ".tsv" else ","


def _has_header(sample: str, delimiter: str) -> bool:
    """Whether the first line names columns: no number stands in it, or each of its words is new to its column."""
    rows = [row for row in csv.reader(io.StringIO(sample), delimiter=delimiter) if row][:50]
    if not rows or not any(_is_number(cell) for cell in rows[0]):
        return _is_unlike_the_rest(rows)
    return not any(
        _is_number(row[place]) for row in rows[1:] for place, cell in enumerate(rows[0][: len(row)]) if _is_number(cell)
    )


def _is_unlike_the_rest(rows: list[list[str]]) -> bool:
    """A header is no row that says of every column what other rows say too."""
    if len(rows) < 3:
        return True
    first = rows[0]
    seen_again = [any(len(row) > place and row[place] == cell for row in rows[1:]) for place, cell in enumerate(first)]
    return not all(seen_again)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def read_json(path: Path) -> pd.DataFrame:
    """JSON Lines, a list of objects, an object of columns, or an object that holds one of these.

    Raises:
        InvalidInput: it is neither; names the line.
    """
    text = decode(path.read_bytes(), path.name)
    try:
        return frame_of(json.loads(text), path.name)
    except json.JSONDecodeError:
        return pd.DataFrame(_lines(text, path.name))


def _lines(text: str, name: str) -> list[dict[str, Any]]:
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise InvalidInput(
                field="data", problem=f"cannot be read: line {number} of {name} is no JSON ({error.msg})"
            ) from None
        if not isinstance(row, dict):
            raise InvalidInput(field="data", problem=f"cannot be read: line {number} of {name} is no object")
        rows.append(row)
    return rows


def frame_of(value: Any, name: str) -> pd.DataFrame:
    """Rows of parsed JSON.

    Raises:
        InvalidInput: it holds no rows.
    """
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        return pd.DataFrame(value)
    if isinstance(value, dict):
        for key in _ROWS_UNDER:
            if isinstance(value.get(key), list):
                return frame_of(value[key], name)
        if value and all(isinstance(column, list) for column in value.values()):
            return pd.DataFrame(value)
        return pd.DataFrame([value])
    raise InvalidInput(field="data", problem=f"cannot be read: {name} holds no list of objects")


def read_parquet(path: Path) -> pd.DataFrame:
    """A Parquet file.

    Raises:
        InvalidInput: it is damaged.
    """
    import pyarrow as pa  # noqa: PLC0415 - only here
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise InvalidInput(field="data", problem=f"cannot be read: {path.name}: {str(error)[:200]}") from None
    return table.to_pandas()


def read_excel(path: Path) -> pd.DataFrame:
    """The first sheet of a workbook.

    Raises:
        InvalidInput: it is damaged, or holds no sheet with rows.
        NotInstalled: the `training` extra is missing.
    """
    need("openpyxl", "Reading Excel files", "training")
    import zipfile  # noqa: PLC0415 - only here

    try:
        return pd.read_excel(path, sheet_name=0, na_values=_MISSING, engine="openpyxl")
    except (ValueError, KeyError, zipfile.BadZipFile, OSError) as error:
        raise InvalidInput(field="data", problem=f"cannot be read: {path.name}: {str(error)[:200]}") from None
