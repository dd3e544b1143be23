"""CSV files of other systems: cp932 (Windows-31J) or UTF-8 with or without BOM, bounded, each field checked."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from chains.progmat.market.bank.errors import ImportFileRefused, RowProblem
from chains.progmat.market.bank.kana import normal_text

MAX_FILE_BYTES: Final = 1 << 20
MAX_ROWS: Final = 20_000
MAX_FIELD_CHARS: Final = 256
MAX_YEN_DIGITS: Final = 15
_DAY: Final = re.compile(r"([0-9]{4})([-/]?)([0-9]{2})\2([0-9]{2})")
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A row under its header; ``number`` counts from 1, the header."""

    number: int
    fields: dict[str, str]


@dataclass(slots=True)
class RowReader:
    """Reads fields of one row, and keeps what is wrong with them. A field that is wrong reads as None."""

    row: CsvRow
    problems: list[RowProblem] = field(default_factory=list)

    def text(self, column: str, most: int = MAX_FIELD_CHARS) -> str | None:
        """Any text, widths made one."""
        found = normal_text(self.row.fields[column])
        if len(found) > most:
            self.refuse(column, f"at most {most} characters", f"{len(found)}")
            return None
        return found

    def whole_number(self, column: str, *, least: int = 0, default: int | None = None) -> int | None:
        """Digits, grouped by commas or not; ``default`` for an empty field."""
        found = normal_text(self.row.fields[column]).removeprefix("\\").removeprefix("¥")
        if not found and default is not None:
            return default
        digits = found.removeprefix("-") if least < 0 else found
        if "," in digits and not _is_grouped(digits):
            self.refuse(column, "groups of three digits", found)
            return None
        digits = digits.replace(",", "")
        if not (digits.isascii() and digits.isdigit()) or len(digits) > MAX_YEN_DIGITS:
            self.refuse(column, f"1 to {MAX_YEN_DIGITS} digits", found or "nothing")
            return None
        value = -int(digits) if found.startswith("-") else int(digits)
        if value < least:
            self.refuse(column, f"{least} or more", found)
            return None
        return value

    def day(self, column: str, *, default: date | None = None) -> date | None:
        """YYYY-MM-DD, YYYY/MM/DD or YYYYMMDD."""
        found = normal_text(self.row.fields[column])
        if not found and default is not None:
            return default
        shaped = _DAY.fullmatch(found)
        try:
            return date.fromisoformat("-".join(shaped.group(1, 3, 4)) if shaped else "")
        except ValueError:
            self.refuse(column, "a day as YYYY-MM-DD, YYYY/MM/DD or YYYYMMDD", found or "nothing")
            return None

    def hex_bytes(self, column: str, size: int | None = None) -> bytes | None:
        """Hexadecimal digits; of ``size`` bytes if given."""
        found = normal_text(self.row.fields[column]).removeprefix("0x")
        try:
            value = bytes.fromhex(found)
        except ValueError:
            value = b""
        if not value or (size is not None and len(value) != size):
            wanted = "hexadecimal digits" if size is None else f"{2 * size} hexadecimal digits"
            self.refuse(column, wanted, found or "nothing")
            return None
        return value

    def choice(self, column: str, choices: Sequence[str]) -> str | None:
        """One of several words."""
        found = normal_text(self.row.fields[column])
        if found not in choices:
            self.refuse(column, " or ".join(choices), found or "nothing")
            return None
        return found

    def refuse(self, column: str, expected: str, found: str) -> None:
        """Note what is wrong in a column."""
        self.problems.append(RowProblem(self.row.number, column, expected, found[:80]))


def read_rows(
    content: bytes, headers: Sequence[tuple[str, ...]]
) -> tuple[tuple[str, ...], list[CsvRow], list[RowProblem]]:
    """The header that the file has of ``headers``, its rows, and the rows that have not its columns.

    Raises ``ImportFileRefused`` for what is no such file at all.
    """
    if not content or len(content) > MAX_FILE_BYTES:
        raise ImportFileRefused("size of the file", f"1 to {MAX_FILE_BYTES} bytes", f"{len(content)}")
    text = _decoded(content)
    if "\x00" in text:
        raise ImportFileRefused("the file", "text", "a NUL character")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        table = [row for _, row in zip(range(MAX_ROWS + 2), reader, strict=False)]
    except csv.Error as error:
        raise ImportFileRefused(f"row {reader.line_num}", "fields as CSV writes them", str(error)) from error
    if len(table) > MAX_ROWS + 1:
        raise ImportFileRefused("rows", f"at most {MAX_ROWS}", "more")
    found = tuple(normal_text(name) for name in table[0]) if table else ()
    header = next((each for each in headers if tuple(map(normal_text, each)) == found), None)
    if header is None:
        wanted = " | ".join(",".join(each) for each in headers)
        raise ImportFileRefused("the header", wanted, ",".join(found)[:200] or "nothing")
    return header, *_under(header, table[1:])


def collect(rows: Sequence[CsvRow], parse: Callable[[RowReader], None]) -> list[RowProblem]:
    """Run ``parse`` over every row; what was wrong anywhere."""
    problems: list[RowProblem] = []
    for row in rows:
        reader = RowReader(row)
        parse(reader)
        problems += reader.problems
    return problems


def _under(header: tuple[str, ...], table: Sequence[Sequence[str]]) -> tuple[list[CsvRow], list[RowProblem]]:
    rows, problems = [], []
    for number, row in enumerate(table, 2):
        if len(row) != len(header):
            problems.append(RowProblem(number, "columns", f"{len(header)} columns", f"{len(row)}"))
        elif any(len(value) > MAX_FIELD_CHARS for value in row):
            problems.append(RowProblem(number, "columns", f"at most {MAX_FIELD_CHARS} characters a field", "more"))
        else:
            rows.append(CsvRow(number, dict(zip(header, row, strict=True))))
    return rows, problems


def _decoded(content: bytes) -> str:
    """UTF-8 where the bytes are UTF-8, else cp932: text in cp932 that is valid UTF-8 by chance is ASCII only."""
    for encoding, data in (("utf-8", content.removeprefix(_BOM)), ("cp932", content)):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ImportFileRefused("the file", "UTF-8 or cp932 (Shift_JIS of Windows)", "bytes of neither")


def _is_grouped(digits: str) -> bool:
    first, *rest = digits.split(",")
    return 1 <= len(first) <= 3 and all(len(group) == 3 for group in rest)
