"""Proof of earmark: the buyer's node does not lock cash before the securities are set aside for these very terms.

The DvP app on the EVM keeps `mapping(bytes32 tradeId => bytes32)` at the ERC-7201 slot named below; while a trade is
earmarked its word is the hash of the terms. The word is read through a light client, from the state root of a height
that this ledger has verified.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from chains.progmat.contracts.ibc_records import ClientRecord, ConsensusRecord, require_active
from chains.progmat.ibc_host.errors import EarmarkNotProved
from ibc.dvp import SettlementTerms, terms_hash
from ibc.light_client import ConsensusAt, TimeBounds
from primitives.keccak import keccak256
from primitives.types import Hash32

EARMARKS_SLOT: Final = bytes.fromhex("e244dbc3fb6c8375bfda661893256341c1aca98e8f7e69811a70d9785827f100")
"""ERC-7201 slot of the namespace "crossdvp.storage.DvpApp"."""


class StorageReader(Protocol):
    """A light client's reading of any contract's storage, such as ``light_clients.qbft.verify_storage_at``."""

    def __call__(
        self,
        client_state: bytes,
        consensus: ConsensusAt,
        address: bytes,
        slot: bytes,
        account_proof: Sequence[bytes],
        storage_proof: Sequence[bytes],
        now: TimeBounds,
    ) -> bytes | None:
        """The proved word, None if it is zero; raises when the proof does not hold or the client must not be used."""
        ...


@dataclass(frozen=True, slots=True)
class ChainReader:
    """What a kind of light client tells of the EVM chain it follows, besides IBC's facts.

    ``chain_id_of`` takes the client's state.
    """

    read_storage: StorageReader
    chain_id_of: Callable[[bytes], int]


@dataclass(frozen=True, slots=True)
class EarmarkProof:
    """The nodes that lead from the state root to the app's account, and from there to the earmark's word."""

    account_proof: tuple[bytes, ...]
    storage_proof: tuple[bytes, ...]


def earmark_slot(trade_id: bytes) -> Hash32:
    """The storage slot of a trade's earmark."""
    return Hash32(keccak256(trade_id + EARMARKS_SLOT))


def require_earmark(
    terms: SettlementTerms,
    client: ClientRecord,
    consensus: ConsensusRecord,
    proof: EarmarkProof,
    read_storage: StorageReader,
    now: TimeBounds,
) -> None:
    """Return if the securities are earmarked for exactly these terms at ``consensus``.

    Raises EarmarkNotProved, IbcClientViolation for a frozen client, or what ``read_storage`` raises.
    """
    require_active(client)
    word = read_storage(
        client.client_state,
        consensus.at,
        terms.security.adapter,
        earmark_slot(terms.trade_id),
        proof.account_proof,
        proof.storage_proof,
        now,
    )
    expected = terms_hash(terms)
    if word != expected:
        raise EarmarkNotProved(
            f"earmark of trade {terms.trade_id.hex()} at height {consensus.height} is for these terms",
            expected=expected,
            found="none" if word is None else word,
        )
