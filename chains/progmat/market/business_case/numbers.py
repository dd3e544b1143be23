"""A broker's year in numbers: what it holds and does, and the prices of doing it. Defaults are the published case's.

The published case (working-group slides of 2022) gives the unit costs without naming what each consists of beyond its
process; the names here are ours.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from primitives.errors import CallerError

MAX_FILE_BYTES: Final = 64 * 1024
MOST_YEN: Final = 10**15

Yen = Annotated[int, Field(strict=True, ge=0, le=MOST_YEN)]
Count = Annotated[int, Field(strict=True, ge=0, le=10**9)]
BasisPoints = Annotated[int, Field(strict=True, ge=0, le=10_000)]


class NumbersUnreadable(CallerError):
    """A file of a broker's own numbers cannot be used."""

    reason = "BUSINESS_CASE_NUMBERS_UNREADABLE"

    def __init__(self, file: Path, why: str) -> None:
        super().__init__(f"{file}: {why}; `crossdvp business-case --template` prints one to start from")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Volumes(_Section):
    """What one broker holds and does in a year."""

    balance_yen: Yen = 50_000_000_000
    moved_yen: Yen = 22_500_000_000
    moves: Count = 22_500
    bank_transfers: Count = 3_430
    business_days: Annotated[int, Field(strict=True, ge=1, le=366)] = 245
    brokers: Annotated[int, Field(strict=True, ge=1, le=10_000)] = 15


class PricesToday(_Section):
    """As is: fees in basis points (1/10,000) of an amount, and people's work by business day."""

    balance_bp: BasisPoints = 20
    balance_day_yen: Yen = 661
    transfer_bp: BasisPoints = 5
    transfer_day_yen: Yen = 1_323
    investor_checks_day_yen: Yen = 3_306
    investor_entries_day_yen: Yen = 661
    bank_transfer_yen: Yen = 660
    cash_day_yen: Yen = 19_626


class PricesOnTheLedger(_Section):
    """To be: a licence, and a price a move, a day or a settlement."""

    licence_yen: Yen = 15_000_000
    move_yen: Yen = 100
    investor_checks_day_yen: Yen = 500
    investor_entries_day_yen: Yen = 100
    cash_settlement_yen: Yen = 100


class Numbers(_Section):
    """All of a case's numbers: sections ``volumes``, ``today`` and ``ledger`` of a TOML file, each with defaults."""

    volumes: Volumes = Volumes()
    today: PricesToday = PricesToday()
    ledger: PricesOnTheLedger = PricesOnTheLedger()


def read_numbers(file: Path) -> Numbers:
    """A broker's own numbers; what the file leaves out is the published case's. Raises ``NumbersUnreadable``."""
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_FILE_BYTES + 1)
        if len(data) > MAX_FILE_BYTES:
            raise NumbersUnreadable(file, f"at most {MAX_FILE_BYTES} bytes are read")
        return Numbers.model_validate(tomllib.loads(data.decode()))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise NumbersUnreadable(file, f"{where}: {first['msg']}, found {first['input']!r}"[:300]) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise NumbersUnreadable(file, str(error)) from error


def template() -> str:
    """The published case as a TOML file to change."""
    lines: list[str] = ["# The published case. Change what differs; what is left out keeps these values."]
    for section, values in Numbers().model_dump().items():
        lines += ["", f"[{section}]", *(f"{name} = {value:_}" for name, value in values.items())]
    return "\n".join(lines) + "\n"
