"""Bodies of the peer methods ``node.*``, strictly decoded into plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from crossdvp.ledger.v1 import dvp_peers_pb2
from crossdvp.ledger.v1 import node_peers_pb2 as pb

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.transactions.model import check_name
from primitives.codec import deterministic_bytes, strict_parse
from primitives.errors import DecodeError

COUNTERSIGN: Final = "node.countersign"
FINALISE: Final = "node.finalise"
FETCH_TRANSACTIONS: Final = "node.fetch_transactions"
FETCH_MEMBERSHIP: Final = "node.fetch_membership"

MAX_FETCHED_IDS: Final = 64
MAX_FETCH_RESPONSE_BYTES: Final = 3 * 1024 * 1024
MAX_TRANSACTION_BODY_BYTES: Final = 768 * 1024
MAX_SIGNATURES: Final = 192
MAX_SIGNATURE_BYTES: Final = 16 * 1024


@dataclass(frozen=True)
class Finality:
    """A final transaction on its way to a participant.

    ``signatures`` are encoded transaction signatures, the notary's included.
    """

    tx_id: bytes
    signatures: tuple[bytes, ...]
    wire: bytes


@dataclass(frozen=True)
class FetchedTransaction:
    """A recorded transaction as kept; the position (0 without provable writes) is only the holder's word."""

    signed: bytes
    journal_position: int


def encode_countersign_request(signed: bytes) -> bytes:
    """Ask for signatures over the signed transaction ``signed``."""
    return deterministic_bytes(pb.CountersignRequest(signed_transaction=signed))


def decode_countersign_request(body: bytes) -> bytes:
    """Bytes of the signed transaction; raises ``DecodeError``."""
    message = strict_parse(pb.CountersignRequest, body, max_bytes=MAX_TRANSACTION_BODY_BYTES)
    return message.signed_transaction


def encode_countersign_response(signatures: tuple[bytes, ...]) -> bytes:
    """Answer with encoded transaction signatures."""
    return deterministic_bytes(pb.CountersignResponse(signatures=signatures))


def decode_countersign_response(body: bytes) -> tuple[bytes, ...]:
    """Encoded transaction signatures; raises ``DecodeError``."""
    message = strict_parse(pb.CountersignResponse, body, max_bytes=MAX_SIGNATURE_BYTES * 8)
    return tuple(message.signatures)


def encode_finality(finality: Finality) -> bytes:
    """A delivery."""
    message = pb.FinaliseRequest(
        tx_id=finality.tx_id,
        signatures=finality.signatures,
        wire_transaction=finality.wire,
    )
    return deterministic_bytes(message)


def decode_finality(body: bytes) -> Finality:
    """A delivery; raises ``DecodeError``."""
    message = strict_parse(pb.FinaliseRequest, body, max_bytes=MAX_TRANSACTION_BODY_BYTES + MAX_SIGNATURE_BYTES * 8)
    if len(message.tx_id) != 32:
        raise DecodeError("transaction id has the wrong size", expected=32, found=len(message.tx_id))
    if len(message.signatures) > MAX_SIGNATURES:
        raise DecodeError("too many signatures", expected=f"at most {MAX_SIGNATURES}", found=len(message.signatures))
    return Finality(message.tx_id, tuple(message.signatures), message.wire_transaction)


def encode_finalise_response() -> bytes:
    """It is recorded."""
    return deterministic_bytes(pb.FinaliseResponse())


def encode_fetch_request(tx_ids: tuple[bytes, ...]) -> bytes:
    """Ask for recorded transactions by id, at most 64."""
    return deterministic_bytes(pb.FetchTransactionsRequest(tx_ids=tx_ids))


def decode_fetch_request(body: bytes) -> tuple[bytes, ...]:
    """Ids asked for, distinct, 1 to 64; raises ``DecodeError``."""
    message = strict_parse(pb.FetchTransactionsRequest, body, max_bytes=MAX_FETCHED_IDS * 40)
    ids = tuple(message.tx_ids)
    if not 1 <= len(ids) <= MAX_FETCHED_IDS or len(set(ids)) != len(ids):
        raise DecodeError("ids asked for", expected=f"1 to {MAX_FETCHED_IDS} distinct ids", found=len(ids))
    for tx_id in ids:
        if len(tx_id) != 32:
            raise DecodeError("transaction id has the wrong size", expected=32, found=len(tx_id))
    return ids


def encode_fetch_response(transactions: tuple[FetchedTransaction, ...]) -> bytes:
    """Answer with transactions."""
    message = pb.FetchTransactionsResponse(
        transactions=[
            pb.FetchedTransaction(signed_transaction=item.signed, journal_position=item.journal_position)
            for item in transactions
        ]
    )
    return deterministic_bytes(message)


def decode_fetch_response(body: bytes) -> tuple[FetchedTransaction, ...]:
    """Transactions answered; raises ``DecodeError``."""
    message = strict_parse(pb.FetchTransactionsResponse, body, max_bytes=MAX_FETCH_RESPONSE_BYTES + 1024)
    return tuple(FetchedTransaction(item.signed_transaction, item.journal_position) for item in message.transactions)


def encode_fetch_membership(network: BusinessNetwork, party: str) -> bytes:
    """Ask for the latest membership of a party; it is answered with transactions."""
    return deterministic_bytes(dvp_peers_pb2.FetchMembershipRequest(network=int(network), party=party))  # type: ignore[arg-type] # enum values are ints at run time


def decode_fetch_membership(body: bytes) -> tuple[BusinessNetwork, str]:
    """Network and party asked for; raises ``DecodeError``."""
    message = strict_parse(dvp_peers_pb2.FetchMembershipRequest, body, max_bytes=1024)
    check_name("party", message.party)
    try:
        return BusinessNetwork(int(message.network)), message.party
    except ValueError as error:
        raise DecodeError("business network", expected="ST, SC or UT", found=int(message.network)) from error
