"""An intermediary's node tells the issuer's node of yen it will pay in: the peer message, and both of its ends."""

from __future__ import annotations

from typing import Final

from crossdvp.ledger.v1 import coin_service_pb2 as pb

from chains.progmat.contracts.terms_codec import account_from_message, account_to_message
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.market.trust.deposits import Announcement
from chains.progmat.node.peers.seam import PeerNetwork
from primitives.codec import deterministic_bytes, strict_parse
from primitives.errors import DecodeError

ANNOUNCE: Final = "coin.announce_deposit"
MAX_ANNOUNCEMENT_BYTES: Final = 2048
TIMEOUT_S: Final = 15.0


def encode_announcement(wanted: Announcement, issuer: str, author: str) -> bytes:
    """For the issuer's node."""
    return deterministic_bytes(
        pb.AnnounceDepositRequest(
            deposit_id=wanted.deposit_id,
            coin_id=wanted.coin_id,
            issuer=issuer,
            amount_yen=wanted.amount_yen,
            to=account_to_message(wanted.to),
            author=author,
        )
    )


def decode_announcement(body: bytes) -> tuple[Announcement, str]:
    """The announcement and its author; raises ``DecodeError``, ``InvalidRequest``, ``DepositRefused``."""
    message = strict_parse(pb.AnnounceDepositRequest, body, max_bytes=MAX_ANNOUNCEMENT_BYTES)
    return announcement_of(message), message.author


def announcement_of(message: pb.AnnounceDepositRequest) -> Announcement:
    """Raises ``InvalidRequest``, ``DepositRefused``."""
    try:
        to = account_from_message(message.to)
    except DecodeError as error:
        raise InvalidRequest("to", str(error)) from error
    return Announcement(message.deposit_id, message.coin_id, message.amount_yen, to)


async def announce_to(network: PeerNetwork, issuer: str, wanted: Announcement, author: str) -> bytes:
    """Tell the issuer's node; the deposit as it has it, a ``Deposit`` message. Raises as ``PeerNetwork.request``."""
    return await network.request(issuer, ANNOUNCE, encode_announcement(wanted, issuer, author), TIMEOUT_S)
