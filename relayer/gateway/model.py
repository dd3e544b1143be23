"""A settlement as the gateway knows it: plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from ibc.dvp import SettlementTerms, terms_hash
from relayer.gateway.lifecycle import SettlementState
from relayer.gateway.matching import Side


class Ledger(Enum):
    """Which of the two worlds reports a fact."""

    EVM = "evm"
    PROGMAT = "progmat"


@dataclass(frozen=True)
class Fact:
    """One step on one ledger: ``tx_id`` in hex, ``height`` its block or journal position, ``at_s`` its own time."""

    ledger: Ledger
    what: str
    tx_id: str
    height: int
    at_s: int
    proof_bytes: int = 0


@dataclass(frozen=True)
class Waiting:
    """What a settlement waits for now. Times in Unix seconds; ``next_attempt_s`` 0 = driven by events."""

    on: str
    what: str
    since_s: int
    next_attempt_s: int = 0
    attempts: int = 0
    last_error: str = ""


@dataclass(frozen=True)
class Alarm:
    """Something done to the tokens held for a trade: an act with its ``tx_id`` in hex, or a condition without one.

    ``height`` and ``since_s``, Unix seconds: where and when it was seen first.
    """

    name: str
    detail: str
    advice: str
    tx_id: str
    height: int
    since_s: int = 0

    @property
    def is_act(self) -> bool:
        """An act stays told; a condition is told while it stands."""
        return bool(self.tx_id)

    @property
    def identity(self) -> tuple[str, str, str]:
        """Equal for two sights of one alarm."""
        return self.name, self.detail, self.tx_id


@dataclass(frozen=True)
class Settlement:
    """One settlement. ``instructions`` holds the terms of each side that has spoken."""

    trade_id: bytes
    state: SettlementState
    instructions: dict[Side, SettlementTerms]
    created_s: int
    updated_s: int
    waiting: Waiting | None = None
    facts: tuple[Fact, ...] = ()
    mismatched: tuple[str, ...] = field(default=())
    packet_sequence: int = 0
    alarms: tuple[Alarm, ...] = ()

    @property
    def name(self) -> str:
        """Resource name: ``settlements/{trade id in hex}``."""
        return f"settlements/{self.trade_id.hex()}"

    @property
    def terms(self) -> SettlementTerms:
        """The terms, as the first side gave them (both sides' when matched)."""
        return next(iter(self.instructions.values()))

    @property
    def nodes(self) -> frozenset[str]:
        """The custodian nodes of both sides: the same in every instruction of a settlement."""
        return frozenset(side.account_in(self.terms).node for side in Side)

    @property
    def terms_hash(self) -> bytes:
        """Hash of the terms, as both ledgers compare it."""
        return terms_hash(self.terms)
