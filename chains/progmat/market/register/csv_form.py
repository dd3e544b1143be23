"""The register as a CSV file (受益権原簿): its facts, then a row for each holder's account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from chains.business_calendar import JST
from chains.progmat.market.register.cells import Encoding, from_csv, to_csv
from chains.progmat.market.register.errors import BadRegisterFile, RegisterAltered
from chains.progmat.market.register.model import Register, RegisterLine, RegisterMoment
from chains.progmat.vault.indexing import Asset
from ibc.dvp import CashAccount
from primitives.errors import DecodeError

TITLE: Final = "受益権原簿"
COLUMNS: Final = ("管理ノード", "口座鍵", "受益者ID", "保有口数", "うち凍結口数")
_NETWORK, _SECURITY, _REGISTRAR = "ネットワーク", "銘柄ID", "原簿管理者"
_AS_OF, _RECORDED_MS, _SEQUENCE, _POSITION = "基準日時", "記録時刻", "更新番号", "台帳位置"
_HOLDERS, _UNITS, _HASH = "受益者口座数", "合計口数", "原簿ハッシュ"
_FACTS: Final = (
    _SECURITY,
    _NETWORK,
    _REGISTRAR,
    _AS_OF,
    _RECORDED_MS,
    _SEQUENCE,
    _POSITION,
    _HOLDERS,
    _UNITS,
    _HASH,
)
MAX_UNITS: Final = 10**15
_MOST_DIGITS: Final = 19


def register_to_csv(register: Register, investor_ids: Mapping[CashAccount, str], encoding: Encoding) -> bytes:
    """The file. Raises ``BadRegisterFile`` for a name that the encoding cannot write."""
    moment = register.moment
    facts = {
        _SECURITY: register.security.asset_id,
        _NETWORK: register.security.network,
        _REGISTRAR: register.security.issuer,
        _AS_OF: datetime.fromtimestamp(moment.recorded_ms / 1000, UTC).astimezone(JST).isoformat(timespec="seconds"),
        _RECORDED_MS: moment.recorded_ms,
        _SEQUENCE: moment.sequence,
        _POSITION: moment.journal_position,
        _HOLDERS: len(register.lines),
        _UNITS: register.units,
        _HASH: register.hash.hex(),
    }
    rows: list[tuple[object, ...]] = [(TITLE,), *facts.items(), (), COLUMNS]
    for line in register.lines:
        investor_id = investor_ids.get(line.account, "")
        rows.append((line.node, line.key.hex(), investor_id, line.units, line.frozen))
    return to_csv(rows, encoding)


def register_from_csv(content: bytes, encoding: Encoding) -> tuple[Register, dict[CashAccount, str]]:
    """The register with its investor ids. Raises ``BadRegisterFile`` by row, ``RegisterAltered``."""
    rows = from_csv(content, encoding)
    begin = len(_FACTS) + 1
    if len(rows) < begin + 2 or rows[0][:1] != [TITLE] or tuple(rows[begin + 1]) != COLUMNS:
        raise BadRegisterFile([f"row 1 says {TITLE}, row {begin + 2} the columns {', '.join(COLUMNS)}"])
    facts = {row[0]: row[1] for row in rows[1:begin] if len(row) == 2}
    if tuple(facts) != _FACTS:
        raise BadRegisterFile([f"rows 2 to {begin} say {', '.join(_FACTS)}, in this order"])
    problems: list[str] = []
    lines: list[RegisterLine] = []
    investor_ids: dict[CashAccount, str] = {}
    for number, row in enumerate(rows[begin + 2 :], begin + 3):
        try:
            line, investor_id = _line(row)
            lines.append(line)
            if investor_id:
                investor_ids[line.account] = investor_id
        except (ValueError, DecodeError) as error:
            problems.append(f"row {number}: {error}")
    if problems:
        raise BadRegisterFile(problems)
    try:
        moment = RegisterMoment(*(amount_from(facts[name]) for name in (_SEQUENCE, _RECORDED_MS, _POSITION)))
        expected = bytes.fromhex(facts[_HASH])
    except ValueError as error:
        raise BadRegisterFile([f"rows 2 to {begin}: {error}"]) from error
    security = Asset(facts[_NETWORK], facts[_SECURITY], facts[_REGISTRAR])
    register = Register(security, moment, tuple(lines))
    if register.hash != expected:
        raise RegisterAltered(expected, register.hash)
    return register, investor_ids


def amount_from(cell: str, most: int = 2**63 - 1) -> int:
    """A whole number as a cell has it; raises ValueError."""
    if not cell.isascii() or not cell.isdigit() or len(cell) > _MOST_DIGITS or int(cell) > most:
        raise ValueError(f"a whole number up to {most} is wanted, not {cell[:40]!r}")
    return int(cell)


def _line(row: list[str]) -> tuple[RegisterLine, str]:
    if len(row) != len(COLUMNS):
        raise ValueError(f"{len(COLUMNS)} cells are wanted, not {len(row)}")
    node, key, investor_id, units, frozen = row
    line = RegisterLine(node, bytes.fromhex(key), amount_from(units, MAX_UNITS), amount_from(frozen, MAX_UNITS))
    if not 0 <= line.frozen <= line.units or not line.units:
        raise ValueError("an account holds one unit or more, and at most all of them are frozen")
    CashAccount(line.node, line.key)
    return line, investor_id
