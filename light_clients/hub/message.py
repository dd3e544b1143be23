"""The hub client's message, decoded."""

from __future__ import annotations

from dataclasses import dataclass

from light_clients.hub.far_block import FarBlock


@dataclass(frozen=True, slots=True)
class HubHeader:
    """Untrusted. A header of the hub, in the format of its light client, and in its state a far block.

    ``trusted_height`` is the far height of the consensus state whose hub part the header builds on. Proofs are nodes,
    root first: to the contract's account, its head slot, and the far height's place in its ring.
    """

    hub_message: bytes
    trusted_height: int
    account_proof: tuple[bytes, ...]
    head_proof: tuple[bytes, ...]
    ring_proof: tuple[bytes, ...]
    shown: FarBlock


@dataclass(frozen=True, slots=True)
class HubMisbehaviour:
    """Untrusted. Evidence against the hub, in the format of its light client."""

    hub_message: bytes
    trusted_height: int


HubClientMessage = HubHeader | HubMisbehaviour
