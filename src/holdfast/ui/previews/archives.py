"""What a ZIP archive holds, from its directory; nothing is unpacked."""

from __future__ import annotations

from holdfast.ui.previews.preview import Preview, PreviewedFile
from holdfast.viewer.readers.archives import open_archive

SUFFIXES = frozenset(("zip", "npz", "keras", "whl", "jar"))
MAX_ENTRIES = 1_000
_MAX_TOTAL_BYTES = 2**53
"""What no archive holds, and JSON does not count exactly."""


def preview(file: PreviewedFile) -> Preview | None:
    """The names and sizes; None when it is no such archive."""
    archive = open_archive(file.source)
    entries = archive.infolist() if archive else []
    total = sum(entry.file_size for entry in entries)
    if archive is None or total > _MAX_TOTAL_BYTES:
        return None
    listed = [
        {"path": entry.filename[:1_000], "size": entry.file_size, "compressedSize": entry.compress_size}
        for entry in entries[:MAX_ENTRIES]
    ]
    return Preview("archive", {"entries": listed, "numEntries": len(entries), "totalSize": total})
