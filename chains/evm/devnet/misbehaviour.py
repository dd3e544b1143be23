"""Equivocation: a second header of the same height, sealed by the same quorum.

This is what a light client freezes on. The header is honest in form and false in content, so it passes every check
that looks at one header alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chains.evm.devnet.consensus import QbftHeader, as_qbft, raw_fields
from chains.evm.devnet.sealing import ValidatorKeys
from primitives.keccak import keccak256

_DOMAIN: Final = b"crossdvp/devnet/equivocation/1"


@dataclass(frozen=True)
class FalseClaim:
    """What the second header says otherwise; None keeps the true header's value, and a made-up state root if both."""

    state_root: bytes | None = None
    timestamp_s: int | None = None


def equivocate(keys: ValidatorKeys, true_header: QbftHeader, claim: FalseClaim) -> QbftHeader:
    """Seal another header at the height of `true_header`; it is returned, never made part of the chain."""
    if claim.state_root is None and claim.timestamp_s is None:
        claim = FalseClaim(state_root=keccak256(_DOMAIN + bytes(true_header.state_root)))
    false_header = as_qbft(
        true_header.copy(
            state_root=true_header.state_root if claim.state_root is None else claim.state_root,
            timestamp=true_header.timestamp if claim.timestamp_s is None else claim.timestamp_s,
        )
    )
    extra_data = keys.seal(raw_fields(false_header), bytes(true_header.coinbase))
    return as_qbft(false_header.copy(extra_data=extra_data))
