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
from chains.progmat.market.bank.strict_csv import CsvRow, RowReader, read_rows
from chains.progmat.market.trades.errors import InstructionInvalid, TradeDiffers
from chains.progmat.market.trades.model import TRADE_ID_BYTES, OwnParty, ResolvedTrade, Side
from chains.progmat.market.trades.patterns import Channel
from chains.progmat.market.trades.store import add_trade

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


def import_instructions(
    connection: Connection,
    own_name: str,
    own_keys: Collection[bytes],
    file_name: str,
    content: bytes,
    registrant: str,
    now_ms: int,
) -> InstructionImport:
    """Enter a file's trades, once. Raises ``ImportFileRefused`` for what is no such file at all."""
    check_import(file_name, registrant)
    file_hash = hash_of(content, own_name)
    known = find_import(connection, file_hash, ImportKind.TRADE_INSTRUCTIONS)
    if known is not None:
        return _answer(file_hash, known.result, was_imported_before=True)
    _, rows, problems = read_rows(content, (HEADER,))
    entered = 0
    for row in rows:
        found = _enter(connection, own_name, own_keys, row, now_ms)
        problems += found
        entered += not found
    problems.sort(key=lambda problem: problem.row)
    result = {"entered": entered, "problems": [_words(problem) for problem in problems]}
    status = ImportStatus.PARTLY if problems else ImportStatus.DONE
    kind = ImportKind.TRADE_INSTRUCTIONS
    keep_import(connection, ImportedFile(file_hash, kind, file_name, len(content), now_ms, status, result, registrant))
    return _answer(file_hash, result, was_imported_before=False)


def _enter(
    connection: Connection, own_name: str, own_keys: Collection[bytes], row: CsvRow, now_ms: int
) -> list[RowProblem]:
    reader = RowReader(row)
    resolved = _resolved(reader, own_name)
    if resolved is not None:
        for column, party in (("seller_account", resolved.seller), ("buyer_account", resolved.buyer)):
            if party is not None and party.tokens_key not in own_keys:
                reader.refuse(column, "the key of an account kept here", party.tokens_key.hex())
    if resolved is None or reader.problems:
        return reader.problems
    try:
        add_trade(connection, resolved, now_ms)
    except TradeDiffers as error:
        found = ", ".join(error.fields)
        return [RowProblem(row.number, "trade_id", "the trade as it is known, or a new id", found, error.reason)]
    return []


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
