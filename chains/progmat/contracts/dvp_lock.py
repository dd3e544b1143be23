"""Contract ``dvp_lock``: the buyer's cash waits, encumbered, for what the other chain says about the packet.

``Lock`` turns the buyer's coins into cash and lock that encumber each other, spends the trade id and commits to the
packet. ``Unlock`` spends both, on the other chain's proof and on nothing else: the acknowledgement of success pays
the seller, the error acknowledgement or the absence of a receipt after the time-out pays the buyer back. The rules
are in ``dvp_locking`` and ``dvp_unlocking``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.cash_codec import CoinKind
from chains.progmat.contracts.dvp_lock_codec import decode_lock, encode_lock
from chains.progmat.contracts.errors import DvpLockViolation
from chains.progmat.contracts.names import DVP_LOCK
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.transactions.component_codec import decode_single_key
from chains.progmat.transactions.model import Party, TransactionState, check_name
from ibc.dvp import CashAccount, SettlementTerms, terms_hash
from ibc.identifiers import client_id as checked_client_id
from ibc.packet import Packet
from primitives.public_key import PublicKey
from primitives.types import Hash32

LOCK: Final = "Lock"
UNLOCK: Final = "Unlock"

rules = RuleBook(DvpLockViolation)
"""Shared by the two halves of the contract."""


@dataclass(frozen=True)
class DvpLockState:
    """A pending settlement: its terms, the one packet, the light client it waits for, and the issuer of the coins.

    Both ways out must exist before cash may enter, so both accounts' keys are decoded and checked at construction.
    """

    terms: SettlementTerms
    packet: Packet
    client_id: str
    issuer: Party

    def __post_init__(self) -> None:
        checked_client_id(self.client_id)
        check_name("DvpLockState coin", self.terms.cash.coin_id)
        _ = (self.cash_for(self.terms.cash.buyer), self.cash_for(self.terms.cash.seller))

    @property
    def buyer_key(self) -> PublicKey:
        """The account the cash comes from, and goes back to."""
        return decode_single_key(self.terms.cash.buyer.key)

    @property
    def seller_key(self) -> PublicKey:
        """The account the cash goes to when the securities were delivered."""
        return decode_single_key(self.terms.cash.seller.key)

    @cached_property
    def terms_hash(self) -> Hash32:
        """What the other chain acknowledges."""
        return terms_hash(self.terms)

    def cash_for(self, account: CashAccount, kind: CoinKind = CoinKind.NONE) -> CashState:
        """The whole locked amount, owned by ``account``; ``kind`` is the coin's, which is not in the terms."""
        cash, owner = self.terms.cash, decode_single_key(account.key)
        return CashState(cash.coin_id, self.issuer, cash.amount_yen, owner, account.node, kind=kind)

    def encode(self) -> bytes:
        """Canonical bytes."""
        return encode_lock(self.terms, self.packet, self.client_id, self.issuer)

    def as_output(self, notary: Party, encumbrance: int) -> TransactionState:
        """This lock as an output, encumbered by the cash at index ``encumbrance``."""
        return TransactionState(DVP_LOCK, self.encode(), notary, encumbrance)

    @classmethod
    def of(cls, state: TransactionState) -> DvpLockState:
        """The lock in a state of this contract; raises DvpLockViolation for another contract's, DecodeError."""
        rules.equal("the state is a DvP lock", expected=DVP_LOCK, found=state.contract)
        return _decoded(state.data)


@lru_cache(maxsize=1024)
def _decoded(data: bytes) -> DvpLockState:
    return DvpLockState(*decode_lock(data))
