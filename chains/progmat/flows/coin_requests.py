"""Requests of a trustee's node: coins registered and amended, accounts admitted, amounts frozen, thawed, forced.

Field names equal those of ``coin_service.proto``. ``author`` and ``approver`` are staff ids; who they may be was
checked before the flow began, and they stay in its record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chains.progmat.contracts.cash_codec import CoinKind
from chains.progmat.contracts.coin import MAX_APPROVERS
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.request_base import MOST, FlowRequest
from chains.progmat.transactions.component_codec import decode_single_key
from chains.progmat.transactions.model import check_name
from ibc.dvp import CashAccount
from primitives.errors import DecodeError

MAX_WORDS: Final = 64


@dataclass(frozen=True)
class _OfCoin(FlowRequest):
    """Base of these requests."""

    coin_id: str

    def __post_init__(self) -> None:
        super().__post_init__()
        try:
            check_name("coin_id", self.coin_id)
        except DecodeError as error:
            raise InvalidRequest("coin_id", str(error)) from error


@dataclass(frozen=True)
class RegisterCoin(_OfCoin):
    """A coin and its approvers, by their keys in ascending order."""

    kind = FlowKind.REGISTER_COIN

    coin_kind: CoinKind
    approver_keys: tuple[bytes, ...]
    author: str
    approver: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.coin_kind is CoinKind.NONE:
            raise InvalidRequest("coin_kind", "WHOLESALE or RETAIL is wanted")
        _check_keys(self.approver_keys)


@dataclass(frozen=True)
class AmendCoin(_OfCoin):
    """Other approvers of a coin."""

    kind = FlowKind.AMEND_COIN

    approver_keys: tuple[bytes, ...]
    author: str
    approver: str

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_keys(self.approver_keys)


@dataclass(frozen=True)
class AdmitHolder(_OfCoin):
    """An account that may receive a wholesale coin from now on."""

    kind = FlowKind.ADMIT_HOLDER

    to: CashAccount
    author: str


@dataclass(frozen=True)
class RemoveHolder(_OfCoin):
    """An account that may not receive it any more."""

    kind = FlowKind.REMOVE_HOLDER

    to: CashAccount
    author: str


@dataclass(frozen=True)
class _TrusteesAct(_OfCoin):
    """``amount_yen`` of an account, 0 for as much as one transaction takes; ``reason`` and ``reference`` say why."""

    account: CashAccount
    amount_yen: int
    reason: str
    reference: str
    author: str
    approver: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.amount_yen <= MOST:
            raise InvalidRequest("amount_yen", f"0 to 10^15 yen are possible, not {self.amount_yen}")
        if not self.reason:
            raise InvalidRequest("reason", "an act without its owner has a reason")
        for field, words in (("reason", self.reason), ("reference", self.reference)):
            if len(words) > MAX_WORDS or not words.isprintable():
                raise InvalidRequest(field, f"at most {MAX_WORDS} printable characters are wanted")


@dataclass(frozen=True)
class FreezeCash(_TrusteesAct):
    """Free amounts that nobody moves from now on."""

    kind = FlowKind.FREEZE_CASH


@dataclass(frozen=True)
class ThawCash(_TrusteesAct):
    """Frozen amounts that are free again."""

    kind = FlowKind.THAW_CASH


@dataclass(frozen=True)
class ForceCash(_TrusteesAct):
    """Free and frozen amounts of ``account`` that go to ``to`` without their owner (強制移転)."""

    kind = FlowKind.FORCE_CASH

    to: CashAccount


def _check_keys(keys: tuple[bytes, ...]) -> None:
    if not 1 <= len(keys) <= MAX_APPROVERS or list(keys) != sorted(set(keys)):
        raise InvalidRequest("approver_keys", f"1 to {MAX_APPROVERS} distinct keys in ascending order are wanted")
    for key in keys:
        try:
            decode_single_key(key)
        except DecodeError as error:
            raise InvalidRequest("approver_keys", str(error)) from error
