"""What the gateway needs of the two ledgers. Implementations talk to nodes; the gateway's rules talk to these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from chains.evm.client.proofs import StorageEvidence
from ibc.dvp import DvpPayload, SettlementTerms
from relayer.gateway.changes import Sighting
from relayer.gateway.matching import Side
from relayer.gateway.model import Alarm

HeldTrades = Mapping[bytes, DvpPayload]
"""Trades for which tokens are held, by trade id: all of the chain's, not only this gateway's."""


@dataclass(frozen=True)
class EarmarkEvidence:
    """Proof that an earmark stands at ``height`` of the EVM chain, for a light client that trusts ``trusted_height``.

    ``client_message`` brings the ledger's light client to ``height``; proofs are lists of trie nodes, root first.
    """

    height: int
    client_message: bytes
    account_proof: tuple[bytes, ...]
    storage_proof: tuple[bytes, ...]


@dataclass(frozen=True)
class InterferenceSeen:
    """What blocks up to ``until`` show of the tokens held for trades; alarms by trade id.

    ``standing`` None: what stands now was not asked.
    """

    until: int
    held: HeldTrades
    acts: Mapping[bytes, tuple[Alarm, ...]]
    standing: Mapping[bytes, tuple[Alarm, ...]] | None


class EarmarkProver(Protocol):
    """Proofs of the EVM chain in the form that the ledger's light client of it takes; a ``QbftProver`` is one."""

    async def header_message(self, height: int, trusted_height: int) -> bytes:
        """The client message from a height that the light client knows to a later one."""

    async def storage_evidences(
        self, contract: bytes, slots: Sequence[bytes], height: int
    ) -> tuple[StorageEvidence, ...]:
        """The proofs of slots of any contract at exactly ``height``, in that order."""


class SecuritiesSide(Protocol):
    """The EVM chain, seen from the gateway. All methods raise ``UnavailableError`` when its nodes do not answer."""

    async def sightings(self, after_block: int) -> tuple[tuple[Sighting, ...], int]:
        """What blocks after ``after_block`` show of any trade, in order, and the last block read."""

    async def earmark_sighting(self, trade_id: bytes) -> Sighting | None:
        """The earmark, or lock, of a trade as it stands now, if any: for instructions that match after it was made."""

    async def end_sightings(self, trade_id: bytes) -> tuple[Sighting, ...]:
        """How a trade's tokens left the adapter, if they have: for what was read too early, wrong, or not at all."""

    async def time_s(self) -> int:
        """The newest block's time, Unix seconds: the chain's clock."""

    async def obstacle(self, terms: SettlementTerms, to: Side) -> str:
        """What would keep the token from going to that side now, in words; empty if nothing."""

    async def interference(self, after_block: int, held: HeldTrades, *, asks: bool = True) -> InterferenceSeen:
        """What was done to tokens held for trades in blocks after ``after_block``, at which ``held`` were all.

        ``asks``: the adapters are asked what stands now; else only where the blocks show an act.
        """

    async def earmark_evidence(
        self, adapter: bytes, trade_ids: Sequence[bytes], trusted_height: int
    ) -> tuple[EarmarkEvidence, ...]:
        """Proofs of earmarks that an adapter keeps, in that order, all at the newest block."""


class CashSide(Protocol):
    """The Progmat ledger, seen from the gateway. All methods raise ``UnavailableError`` when no node answers."""

    async def trade_sightings(
        self, node: str, trades: Sequence[SettlementTerms]
    ) -> Mapping[bytes, tuple[Sighting, ...]]:
        """Everything the buyers' custodian node knows of trades so far, in order; none of those it does not know."""

    async def trusted_height(self) -> int:
        """The newest height of the EVM chain that the ledger's light client knows."""

    async def bring_header(self, node: str, evidence: EarmarkEvidence) -> None:
        """The header under which earmarks are proved, to the ledger and to the custodian node that is to lock."""

    async def lock(self, terms: SettlementTerms, evidence: EarmarkEvidence, attempts: int) -> Sighting:
        """Lock the buyer's cash, once the header was brought; what the ledger shows then.

        Called again it goes on with a try under way, or starts anew after a failed one; at most one lock results.
        ``attempts``: so many failed as far as is known. Raises ``CallerError`` or ``PeerError`` when the node refuses
        (for instance: not enough cash yet).
        """

    async def cancel(self, terms: SettlementTerms) -> None:
        """Spend the trade id as cancelled. Raises ``CallerError`` when the lock was faster."""
