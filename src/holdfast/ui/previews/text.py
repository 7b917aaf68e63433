"""Code and plain text, with numbered lines."""

from __future__ import annotations

from holdfast.ui.previews.preview import Preview, PreviewedFile
from holdfast.ui.rendering import highlight_lines, language_of_path

MAX_BYTES = 1024 * 1024
MAX_LINES = 10_000
MAX_LINE_CHARACTERS = 20_000
_SNIFFED_BYTES = 8192


def preview(file: PreviewedFile) -> Preview | None:
    """The beginning of a text; None for what is none."""
    if not is_text(file.start(_SNIFFED_BYTES)):
        return None
    text, notices = read_text(file)
    if text is None:
        return None
    language = language_of_path(file.path)
    return Preview(
        "text",
        {"language": language, "text": text, "isWhole": not notices},
        {"lines": highlight_lines(text, language)},
        notices,
        is_text=True,
    )


def is_text(data: bytes) -> bool:
    """Whether bytes from the start of a file look like text: UTF-8 (cut anywhere) or UTF-16 with a mark."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    if b"\0" in data:
        return False
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start >= len(data) - 3 and error.reason == "unexpected end of data"
    return True


def read_text(file: PreviewedFile) -> tuple[str | None, tuple[str, ...]]:
    """As much of a text as is shown, and what the reader must know about that; None where it is no text further on."""
    data = file.start(MAX_BYTES)
    if b"\0" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None, ()
    is_whole = file.size_bytes <= MAX_BYTES
    if not is_whole:
        data = data[: data.rfind(b"\n") + 1] or data
    text = data.decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig", "replace")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
    notices = []
    if not is_whole or len(lines) > MAX_LINES:
        lines = lines[:MAX_LINES]
        notices.append(f"This file is long: its first {len(lines):,} lines are shown.")
    if any(len(line) > MAX_LINE_CHARACTERS for line in lines):
        lines = [line if len(line) <= MAX_LINE_CHARACTERS else line[:MAX_LINE_CHARACTERS] + " …" for line in lines]
        notices.append(f"Lines of more than {MAX_LINE_CHARACTERS:,} characters are cut.")
    return "\n".join(lines), tuple(notices)
