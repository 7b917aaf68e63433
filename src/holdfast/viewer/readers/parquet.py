"""Parquet, by pyarrow. Hostile files make it take what memory there is: call it through `isolation`.

Source: apache/parquet-format README.
"""

from __future__ import annotations

import io

from holdfast.viewer.domain import MAX_COLUMNS, Source, TableHead, Unreadable, cut
from holdfast.viewer.readers.arrow_tables import head_of_batch
from holdfast.viewer.readers.range_file import RangeFile


def read_head(source: Source, max_rows: int) -> TableHead | Unreadable:
    """The first rows; the footer tells how many there are."""
    import pyarrow as arrow  # noqa: PLC0415 - large; only files of this kind need it
    from pyarrow import parquet  # noqa: PLC0415

    try:
        file = parquet.ParquetFile(io.BufferedReader(RangeFile(source), 64 * 1024), pre_buffer=False)
        names = file.schema_arrow.names[:MAX_COLUMNS]
        batches = file.iter_batches(max_rows, columns=names, use_threads=False)
        return head_of_batch(file.schema_arrow, next(batches, None), file.metadata.num_rows)
    except (arrow.ArrowException, OSError, ValueError, MemoryError) as error:
        return Unreadable(f"can't be read as Parquet: {cut(str(error), 200)}")
