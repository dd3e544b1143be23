"""The QBFT client message, decoded: a header as the chain has it, with the proof of the router's account."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QbftHeader:
    """Untrusted. ``header_rlp`` is verbatim, ``account_proof`` the nodes from the state root to the router's account.

    ``trusted_height`` names the consensus state whose validators must vouch for it.
    """

    header_rlp: bytes
    trusted_height: int
    account_proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class QbftMisbehaviour:
    """Untrusted. Two headers said to be different blocks of one height; their account proofs are empty."""

    header_1: QbftHeader
    header_2: QbftHeader


QbftClientMessage = QbftHeader | QbftMisbehaviour
