"""CSV as spreadsheets in Japan read and write it: UTF-8 or cp932, and no cell that a spreadsheet would calculate."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Final

from chains.progmat.market.register.errors import BadRegisterFile

MAX_CSV_BYTES: Final = 64 * 1024 * 1024
_CALCULATED: Final = ("=", "+", "-", "@", "'")
"""What a spreadsheet takes for the beginning of a formula; and the mark that keeps it from doing so."""


class Encoding(Enum):
    """How the characters are written. UTF-8 has a byte order mark: without one a spreadsheet takes it for cp932."""

    UTF_8 = "utf-8-sig"
    CP932 = "cp932"


def to_csv(rows: Iterable[Sequence[object]], encoding: Encoding) -> bytes:
    """Rows as CSV with CRLF; raises ``BadRegisterFile`` for a character that the encoding does not have."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([_safe(cell) for cell in row])
    try:
        return text.getvalue().encode(encoding.value)
    except UnicodeEncodeError as error:
        found = error.object[error.start : error.end]
        raise BadRegisterFile([f"{found!r} is not in {encoding.value}: write it as UTF-8"]) from error


def from_csv(content: bytes, encoding: Encoding) -> list[list[str]]:
    """Rows of a CSV file; raises ``BadRegisterFile``."""
    if len(content) > MAX_CSV_BYTES:
        raise BadRegisterFile([f"at most {MAX_CSV_BYTES} bytes are possible, not {len(content)}"])
    try:
        text = content.decode(encoding.value)
    except UnicodeDecodeError as error:
        raise BadRegisterFile([f"byte {error.start} is not {encoding.value}: name the other encoding"]) from error
    try:
        return [[_plain(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""), strict=True)]
    except csv.Error as error:
        raise BadRegisterFile([f"it is not CSV: {error}"]) from error


def _safe(cell: object) -> str:
    text = str(cell)
    return f"'{text}" if text.startswith(_CALCULATED) else text


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_CALCULATED) else cell
