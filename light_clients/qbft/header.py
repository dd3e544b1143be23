"""The QBFT client message, decoded: a header as the chain has it, with the proof of the router's account."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ValidatorsProof:
    """Untrusted. The validators of a block in a contract's storage after its parent block.

    ``parent_header_rlp`` is the parent's header in the form that is hashed (`SealedHeader.hashed_rlp`). ``slots`` prove
    the array's length and then each element in order; all nodes root first.
    """

    parent_header_rlp: bytes
    account_proof: tuple[bytes, ...]
    slots: tuple[tuple[bytes, ...], ...]


@dataclass(frozen=True, slots=True)
class QbftHeader:
    """Untrusted. ``header_rlp`` is verbatim, ``account_proof`` the nodes from the state root to the router's account.

    ``trusted_height`` names the consensus state whose validators must vouch for it. ``validators_proof`` is there
    exactly if the block's era takes its validators from a contract.
    """

    header_rlp: bytes
    trusted_height: int
    account_proof: tuple[bytes, ...]
    validators_proof: ValidatorsProof | None = None


@dataclass(frozen=True, slots=True)
class QbftMisbehaviour:
    """Untrusted. Two headers said not to be of one chain; their account proofs are empty."""

    header_1: QbftHeader
    header_2: QbftHeader


QbftClientMessage = QbftHeader | QbftMisbehaviour
