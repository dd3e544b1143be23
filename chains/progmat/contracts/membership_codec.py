"""Memberships to bytes and back, strictly."""

from __future__ import annotations

from collections.abc import Sequence

from crossdvp.ledger.v1 import states_pb2 as pb

from chains.progmat.transactions.component_codec import party_from_message, party_to_message
from chains.progmat.transactions.model import MAX_STATE_DATA_BYTES, Party
from primitives.codec import deterministic_bytes, strict_parse


def encode_membership(network: int, party: Party, roles: Sequence[int], status: int) -> bytes:
    """Canonical bytes of a membership."""
    return deterministic_bytes(
        pb.MembershipState(
            network=pb.BusinessNetwork.Name(network),
            party=party_to_message(party),
            roles=[pb.MemberRole.Name(role) for role in roles],
            status=pb.MembershipStatus.Name(status),
        )
    )


def decode_membership(data: bytes) -> tuple[int, Party, tuple[int, ...], int]:
    """Network, party, roles and status in ``data``, enumerations still as numbers; raises DecodeError."""
    message = strict_parse(pb.MembershipState, data, max_bytes=MAX_STATE_DATA_BYTES)
    return int(message.network), party_from_message(message.party), tuple(map(int, message.roles)), int(message.status)
