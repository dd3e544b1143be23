"""What the vault holds now, as a reader sees it: accounts, coins, holds, soft locks. No tables."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from chains.progmat.transactions.model import StateRef
from chains.progmat.vault.indexing import Asset
from ibc.dvp import CashAccount


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account holds of one asset; the three parts do not overlap."""

    free: int
    soft_locked: int
    encumbered: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.free + self.soft_locked + self.encumbered


class CoinStatus(Enum):
    """Whether a coin can be spent."""

    FREE = "FREE"
    RESERVED = "RESERVED"
    """Soft-locked by a running flow."""
    LOCKED = "LOCKED"
    """Encumbered by a trade's lock."""


@dataclass(frozen=True, slots=True)
class AccountLine:
    """What one account holds of one asset; ``coins`` counts the states."""

    asset: Asset
    account: CashAccount
    balance: Balance
    coins: int


@dataclass(frozen=True, slots=True)
class Coin:
    """An amount in one state. ``reserved_until_s`` is exclusive; the last three are empty or 0 if not so."""

    ref: StateRef
    asset: Asset
    account: CashAccount
    amount: int
    status: CoinStatus
    reserved_by: str = ""
    reserved_until_s: int = 0
    trade_id: bytes = b""


@dataclass(frozen=True, slots=True)
class HoldLine:
    """A lock and the cash under it that this vault keeps."""

    lock: StateRef
    trade_id: bytes
    client_id: str
    packet_sequence: int
    timeout_s: int
    issuer: str
    buyer_node: str
    seller_node: str
    coins: tuple[Coin, ...]

    @property
    def amount(self) -> int:
        """Held here."""
        return sum(coin.amount for coin in self.coins)


@dataclass(frozen=True, slots=True)
class SoftLock:
    """A state that a flow has reserved until ``expires_s`` (exclusive); ``coin`` only if it is an amount."""

    flow_id: str
    expires_s: int
    ref: StateRef
    state_kind: str
    coin: Coin | None
