"""Taking over a failed intermediary's customers: a file says which account's coin goes to which account elsewhere.

One row for each account, in UTF-8: ``FROM_NODE,FROM_KEY,TO_NODE,TO_KEY``, keys hexadecimal, below a row of headings.
Each row becomes forced transfers of all that the account has, a bounded number of states each. Their request ids follow
from the file's hash, the round and the row, so that whoever carries the same file out again goes on where it stopped.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Final

from chains.progmat.market.trust.errors import TakeOverRefused
from chains.progmat.transactions.component_codec import decode_single_key
from ibc.dvp import CashAccount
from primitives.errors import DecodeError
from primitives.hashing import sha256

HEADINGS: Final = ("from_node", "from_key", "to_node", "to_key")
MAX_BYTES: Final = 16 * 1024 * 1024
MAX_ROWS: Final = 100_000
MAX_CHARACTERS: Final = 512


@dataclass(frozen=True, slots=True)
class TakeOverRow:
    """All coin of ``source`` goes to ``target``; ``number`` is the row's in the file, from 1 below the headings."""

    number: int
    source: CashAccount
    target: CashAccount


@dataclass(frozen=True, slots=True)
class TakeOver:
    """A file of rows; ``file_hash`` is SHA-256 of its bytes."""

    rows: tuple[TakeOverRow, ...]
    file_hash: bytes

    def request_id(self, coin_id: str, round_number: int, row: TakeOverRow, turn: int) -> str:
        """Of one forced transfer: the same however often the file is carried out for this coin in one round.

        Another round takes what the first could not: what a lock held then, or came in since.
        """
        of_coin = sha256(coin_id.encode()).hex()[:8]
        return f"take-over/{self.file_hash.hex()[:32]}/{of_coin}/{round_number}/{row.number}/{turn}"


def read_take_over(data: bytes, failed_node: str) -> TakeOver:
    """The rows of a file about customers of ``failed_node``; raises ``TakeOverRefused`` for the first bad row."""
    if len(data) > MAX_BYTES:
        raise TakeOverRefused(0, f"expected at most {MAX_BYTES} bytes, found {len(data)}: split the file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TakeOverRefused(0, "expected UTF-8: save the file as CSV UTF-8") from error
    try:
        lines = list(csv.reader(io.StringIO(text), strict=True))
    except csv.Error as error:
        raise TakeOverRefused(0, f"expected CSV, found what cannot be read as such: {error}") from error
    if not lines or tuple(cell.strip() for cell in lines[0]) != HEADINGS:
        raise TakeOverRefused(0, f"expected the headings {','.join(HEADINGS)}")
    if not 1 <= len(lines) - 1 <= MAX_ROWS:
        raise TakeOverRefused(0, f"expected 1 to {MAX_ROWS} rows, found {len(lines) - 1}")
    rows: list[TakeOverRow] = []
    seen: set[CashAccount] = set()
    for number, cells in enumerate(lines[1:], start=1):
        row = _row(number, cells)
        if row.source.node != failed_node:
            raise TakeOverRefused(number, f"expected an account at {failed_node}, found one at {row.source.node}")
        if row.target.node == failed_node:
            raise TakeOverRefused(number, f"expected an account elsewhere than at {failed_node}")
        if row.source in seen:
            raise TakeOverRefused(number, "expected each account once, found it in an earlier row")
        seen.add(row.source)
        rows.append(row)
    return TakeOver(tuple(rows), bytes(sha256(data)))


def _row(number: int, cells: list[str]) -> TakeOverRow:
    if len(cells) != len(HEADINGS):
        raise TakeOverRefused(number, f"expected {len(HEADINGS)} columns, found {len(cells)}")
    if any(len(cell) > MAX_CHARACTERS for cell in cells):
        raise TakeOverRefused(number, f"expected at most {MAX_CHARACTERS} characters in each column")
    from_node, from_key, to_node, to_key = (cell.strip() for cell in cells)
    return TakeOverRow(number, _account(number, from_node, from_key), _account(number, to_node, to_key))


def _account(number: int, node: str, key: str) -> CashAccount:
    try:
        decode_single_key(bytes.fromhex(key))
        return CashAccount(node, bytes.fromhex(key))
    except (ValueError, DecodeError) as error:
        raise TakeOverRefused(number, f"expected a node and an account's key in hexadecimal: {error}") from error
