"""Instructions of brokers without a node: a CSV file of trades between customers of this custodian, a row each.

Rows stand alone: what is wrong with one is reported by row and column, the others are entered. A file is known by its
hash: the same one again answers as before; a corrected one enters what is new in it, for trades are known by their ids.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.token import MAX_QUANTITY
from chains.progmat.market.bank.errors import RowProblem
from chains.progmat.market.bank.import_files import (
    ImportedFile,
    ImportKind,
    ImportStatus,
    check_import,
    find_import,
    hash_of,
    keep_import,
)
from chains.progmat.market.bank.strict_csv import RowReader, read_rows
from chains.progmat.market.trades.errors import InstructionInvalid, TradeDiffers
from chains.progmat.market.trades.model import TRADE_ID_BYTES, OwnParty, ResolvedTrade, Side
from chains.progmat.market.trades.patterns import Channel
from chains.progmat.market.trades.store import add_trades

HEADER: Final = (
    "trade_id",
    "network",
    "token_id",
    "registrar",
    "quantity",
    "amount_yen",
    "settlement_day",
    "settle_by",
    "seller_id",
    "seller_broker",
    "seller_account",
    "buyer_id",
    "buyer_broker",
    "buyer_account",
)
EXAMPLE: Final = (
    "5f0c7d1e2b3a49586776859403122130a1b2c3d4e5f60718293a4b5c6d7e8f90,ST,ST-1,an,10,1000000,2026-11-30,"
    "2026-11-30T15:00:00+09:00,INV-0001,broker-a,0101c0ffee,INV-0002,broker-b,0101f00d00"
)
INVALID: Final = "ROW_INVALID"


@dataclass(frozen=True, slots=True)
class InstructionImport:
    """What an import did: trades entered (or known already), and rows that were refused."""

    file_hash: bytes
    entered: int
    problems: tuple[RowProblem, ...]
    was_imported_before: bool


@dataclass(frozen=True, slots=True)
class InstructionFile:
    """A file, read: the trades of the rows that are right, by row, and what is wrong with the others."""

    name: str
    file_hash: bytes
    size_bytes: int
    trades: tuple[tuple[int, ResolvedTrade], ...]
    problems: tuple[RowProblem, ...]


def read_instructions(own_name: str, own_keys: Collection[bytes], file_name: str, content: bytes) -> InstructionFile:
    """Pure, and slow for a large file: not for an event loop. Raises ``ImportFileRefused`` for what is no such file."""
    _, rows, problems = read_rows(content, (HEADER,))
    trades = []
    for row in rows:
        reader = RowReader(row)
        resolved = _of_own(reader, own_name, own_keys)
        if resolved is None:
            problems += reader.problems
        else:
            trades.append((row.number, resolved))
    return InstructionFile(file_name, hash_of(content, own_name), len(content), tuple(trades), tuple(problems))


def import_instructions(
    connection: Connection, file: InstructionFile, registrant: str, now_ms: int
) -> InstructionImport:
    """Enter a file's trades, once. Raises ``ImportFileRefused`` for names that cannot be kept."""
    check_import(file.name, registrant)
    kind = ImportKind.TRADE_INSTRUCTIONS
    known = find_import(connection, file.file_hash, kind)
    if known is not None:
        return _answer(file.file_hash, known.result, was_imported_before=True)
    differing = add_trades(connection, file.trades, now_ms)
    problems = sorted((*file.problems, *map(_differs, differing)), key=lambda problem: problem.row)
    entered = len(file.trades) - len(differing)
    result = {"entered": entered, "problems": [_words(problem) for problem in problems]}
    status = ImportStatus.PARTLY if problems else ImportStatus.DONE
    keep_import(
        connection,
        ImportedFile(file.file_hash, kind, file.name, file.size_bytes, now_ms, status, result, registrant),
    )
    return _answer(file.file_hash, result, was_imported_before=False)


def _differs(at: tuple[int, TradeDiffers]) -> RowProblem:
    row, error = at
    expected = "the trade as it is known, or a new id"
    return RowProblem(row, "trade_id", expected, ", ".join(error.fields), error.reason)


def _of_own(reader: RowReader, own_name: str, own_keys: Collection[bytes]) -> ResolvedTrade | None:
    """The trade of a row between accounts kept here; None if anything is wrong."""
    resolved = _resolved(reader, own_name)
    if resolved is not None:
        for column, party in (("seller_account", resolved.seller), ("buyer_account", resolved.buyer)):
            if party is not None and party.tokens_key not in own_keys:
                reader.refuse(column, "the key of an account kept here", party.tokens_key.hex())
    return None if reader.problems else resolved


def _resolved(reader: RowReader, own_name: str) -> ResolvedTrade | None:
    trade_id = reader.hex_bytes("trade_id", TRADE_ID_BYTES)
    network = reader.choice("network", ("ST", "UT"))
    quantity = reader.whole_number("quantity", least=1)
    amount = reader.whole_number("amount_yen", least=1)
    day = reader.day("settlement_day")
    settle_by_s = _moment(reader, "settle_by")
    seller, buyer = _party(reader, "seller"), _party(reader, "buyer")
    if trade_id is None or network is None or quantity is None or amount is None or day is None:
        return None
    if settle_by_s is None or seller is None or buyer is None:
        return None
    if quantity > MAX_QUANTITY:
        reader.refuse("quantity", f"at most {MAX_QUANTITY}", str(quantity))
        return None
    try:
        return ResolvedTrade(
            trade_id=trade_id,
            side=Side.BOTH,
            channel=Channel.CSV,
            network=BusinessNetwork[network],
            token_id=reader.row.fields["token_id"].strip(),
            registrar=reader.row.fields["registrar"].strip(),
            quantity=quantity,
            amount_yen=amount,
            settlement_day=day,
            settle_by_s=settle_by_s,
            counterparty=own_name,
            seller=seller,
            buyer=buyer,
        )
    except InstructionInvalid as error:
        reader.refuse(error.field, error.expected, error.found)
        return None


def _party(reader: RowReader, side: str) -> OwnParty | None:
    key = reader.hex_bytes(f"{side}_account")
    if key is None:
        return None
    fields = reader.row.fields
    try:
        return OwnParty(fields[f"{side}_id"].strip(), fields[f"{side}_broker"].strip(), key)
    except InstructionInvalid as error:
        column = {"investor_id": f"{side}_id", "broker": f"{side}_broker"}.get(error.field, f"{side}_account")
        reader.refuse(column, error.expected, error.found)
        return None


def _moment(reader: RowReader, column: str) -> int | None:
    """A time with its distance from UTC: a bare one would be read by the custodian's clock, not the broker's."""
    found = reader.row.fields[column].strip()
    try:
        moment = datetime.fromisoformat(found)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        reader.refuse(column, "a time as 2026-11-30T15:00:00+09:00", found or "nothing")
        return None
    return int(moment.timestamp())


def _words(problem: RowProblem) -> dict[str, Any]:
    return {
        "row": problem.row,
        "column": problem.column,
        "expected": problem.expected,
        "found": problem.found,
        "reason": problem.reason,
    }


def _answer(file_hash: bytes, result: dict[str, Any], *, was_imported_before: bool) -> InstructionImport:
    problems = tuple(RowProblem(**words) for words in result["problems"])
    return InstructionImport(file_hash, result["entered"], problems, was_imported_before)
