"""Arrow's own files and streams, by pyarrow: what the `datasets` library keeps on disk. Call it through `isolation`.

Source: arrow.apache.org/docs/format/Columnar.html.
"""

from __future__ import annotations

import io
from typing import Any

from holdfast.viewer.domain import Source, TableHead, Unreadable, cut
from holdfast.viewer.readers.arrow_tables import head_of_batch
from holdfast.viewer.readers.range_file import RangeFile

_FILE_MAGIC = b"ARROW1"


def read_head(source: Source, max_rows: int) -> TableHead | Unreadable:
    """The first rows; how many there are is not known without reading the whole."""
    import pyarrow as arrow  # noqa: PLC0415 - large; only files of this kind need it

    try:
        batch = _first_batch(source)
        return head_of_batch(batch.schema, batch.slice(0, max_rows), None)
    except StopIteration:
        return Unreadable("has no rows")
    except (arrow.ArrowException, OSError, ValueError, MemoryError) as error:
        return Unreadable(f"can't be read as Arrow: {cut(str(error), 200)}")


def _first_batch(source: Source) -> Any:
    from pyarrow import ipc  # noqa: PLC0415

    file = io.BufferedReader(RangeFile(source), 64 * 1024)
    if source.read(0, len(_FILE_MAGIC)) == _FILE_MAGIC:
        return ipc.open_file(file).get_batch(0)
    return next(iter(ipc.open_stream(file)))
