"""Who holds a coin, as the trustee reads it: lines and their table. See holders, which reads the books."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ibc.dvp import CashAccount

COLUMNS: Final = ("仲介者", "口座", "残高(円)", "うち拘束(円)")
"""Intermediary, account, balance, of which locked or frozen; in yen."""


@dataclass(frozen=True, slots=True)
class HolderLine:
    """An account and what it holds; ``locked_yen`` is the part under a lock or frozen."""

    account: CashAccount
    balance_yen: int
    locked_yen: int


def as_csv(lines: Iterable[HolderLine]) -> str:
    """A table with Japanese headings; keys hexadecimal, amounts whole yen."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for line in lines:
        rows.writerow((line.account.node, line.account.key.hex(), line.balance_yen, line.locked_yen))
    return written.getvalue()
