"""What was recorded, as a reader sees it: entries of the books, past balances, updates of the stream. No tables."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from chains.progmat.transactions.model import StateRef
from chains.progmat.vault.indexing import AccountAsset
from chains.progmat.vault.lines import Coin
from chains.progmat.vault.pages import Listed


class EntryKind(Enum):
    """What a ledger_tx did; the value is what the database holds."""

    ISSUE = "ISSUE"
    MOVE = "MOVE"
    MERGE = "MERGE"
    """A move from an account to itself."""
    REDEEM = "REDEEM"
    LOCK = "LOCK"
    """Part of the balance is encumbered for a trade; it stays in the account."""
    UNLOCK = "UNLOCK"
    """A trade's outcome: the encumbered part left for the seller (a change), or is free again (none)."""
    PAYMENT = "PAYMENT"
    """Paid to the seller on the arrival of a packet: the securities were locked first."""
    NOTARY_CHANGE = "NOTARY_CHANGE"
    """What is held is at another notary now; no change."""
    PACKAGE_UPGRADE = "PACKAGE_UPGRADE"
    """What is held is of another contract package now; no change."""
    FORCE = "FORCE"
    """A forced transfer: by the keeper and an approver, without the owner."""
    FREEZE = "FREEZE"
    """Part of the balance, counted as locked from now on, waits for the keeper; no change."""
    THAW = "THAW"
    """It is free again; no change."""
    CANCEL = "CANCEL"
    """What an earlier transfer brought goes back, by the keeper and an approver."""
    COUPON = "COUPON"
    """Yen to the holders of a security on a record date."""
    DVP = "DVP"
    """Tokens against cash in one ledger_tx: an account of each side changes in both."""
    OTHER = "OTHER"
    """A light client's or a membership's record, or a kind this release has no name for."""


@dataclass(frozen=True, slots=True)
class CounterLeg:
    """What changed, in the same ledger_tx, for an entry's change: an account in another asset, by how much."""

    account: AccountAsset
    change_amount: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What one ledger_tx did to one account; amounts in the asset's smallest unit, balances after it."""

    sequence: int
    tx_id: bytes
    kind: EntryKind
    recorded_ms: int
    journal_position: int
    account: AccountAsset
    counterparty: tuple[str, bytes] | None
    """Node and key; None: nobody, several, or not shown to this node."""
    change_amount: int
    locked_change_amount: int
    balance_amount: int
    locked_amount: int
    counter_leg: CounterLeg | None = None
    """Of a trade settled in this ledger_tx, where it is read for: see ``counter_legs``."""

    @property
    def in_amount(self) -> int:
        """What came in."""
        return max(self.change_amount, 0)

    @property
    def out_amount(self) -> int:
        """What went out."""
        return max(-self.change_amount, 0)


@dataclass(frozen=True, slots=True)
class PastBalance:
    """A balance with its locked part, after the entry ``sequence`` recorded at ``recorded_ms``; zeros: no entry yet."""

    balance_amount: int
    locked_amount: int
    sequence: int
    recorded_ms: int


@dataclass(frozen=True, slots=True)
class StatementPage:
    """As ``Statement``, as a reader gets it."""

    opening: PastBalance
    closing: PastBalance
    entries: Listed[Entry]


@dataclass(frozen=True, slots=True)
class Update:
    """One recorded ledger_tx that touched this vault."""

    sequence: int
    tx_id: bytes
    kind: EntryKind
    recorded_ms: int
    journal_position: int


@dataclass(frozen=True, slots=True)
class SeenUpdate:
    """An update, its entries, the amounts it made (spent since or not), and the amounts it consumed."""

    update: Update
    entries: tuple[Entry, ...]
    made: tuple[Coin, ...]
    consumed: tuple[StateRef, ...]

    @property
    def is_about_accounts(self) -> bool:
        """Whether it touched any account that the reader sees."""
        return bool(self.entries or self.made or self.consumed)


@dataclass(frozen=True, slots=True)
class Watched:
    """A message of the update stream, to be resumed after ``sequence``; without an update it is a heartbeat."""

    sequence: int
    update: SeenUpdate | None
    records_id: str = ""
    """Of which records the sequence is one; a vault restored from an older copy has others."""
