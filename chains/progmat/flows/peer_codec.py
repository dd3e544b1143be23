"""Bodies of the peer methods ``node.*``, strictly decoded into plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from crossdvp.ledger.v1 import dvp_peers_pb2, rule_peers_pb2
from crossdvp.ledger.v1 import node_peers_pb2 as pb

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.flows.fresh_key_codec import MAX_STATEMENT_BYTES, statement_from_message, statement_to_message
from chains.progmat.transactions.fresh_keys import FreshKeyStatement
from chains.progmat.transactions.model import check_name
from chains.progmat.transactions.signed_codec import MAX_AHEAD, MAX_AHEAD_BYTES
from primitives.codec import deterministic_bytes, strict_parse
from primitives.errors import DecodeError

COUNTERSIGN: Final = "node.countersign"
FINALISE: Final = "node.finalise"
ATTESTED: Final = "node.attested"
FETCH_TRANSACTIONS: Final = "node.fetch_transactions"
FETCH_MEMBERSHIP: Final = "node.fetch_membership"
FETCH_RULE_STATE: Final = "node.fetch_rule_state"
LIST_FINAL: Final = "node.list_final"

MAX_FETCHED_IDS: Final = 64
MAX_LISTED_IDS: Final = 1024
MAX_HISTORY_ID_CHARACTERS: Final = 64
MAX_WANTED_OUTPUTS: Final = 256
MAX_FETCH_REQUEST_BYTES: Final = MAX_FETCHED_IDS * 640
MAX_FETCH_RESPONSE_BYTES: Final = 3 * 1024 * 1024
MAX_TRANSACTION_BODY_BYTES: Final = 768 * 1024
MAX_FRESH_KEYS: Final = 256
"""As many as a transaction has outputs."""
MAX_SIGNATURES: Final = 192
MAX_SIGNATURE_BYTES: Final = 16 * 1024
MAX_FINALITY_BYTES: Final = MAX_TRANSACTION_BODY_BYTES + MAX_SIGNATURE_BYTES * 8 + MAX_AHEAD * (MAX_AHEAD_BYTES + 64)


@dataclass(frozen=True)
class Finality:
    """A final transaction on its way to a participant.

    ``signatures`` are encoded transaction signatures, the notary's included. ``ahead`` are ancestors, signed, for which
    the receiver would ask otherwise; it takes those it lacks.
    """

    tx_id: bytes
    signatures: tuple[bytes, ...]
    wire: bytes
    ahead: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class WantedOutputs:
    """A transaction wanted for some of its outputs. No ``indexes``: only the whole transaction will do."""

    tx_id: bytes
    indexes: tuple[int, ...] = ()


@dataclass(frozen=True)
class FetchAnswer:
    """Whole transactions, signed, as kept; and encoded ``AttestedOutputs`` in the place of others."""

    transactions: tuple[bytes, ...]
    attested: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class ListingCursor:
    """How far a node has been told of another's records; ``history_id`` names the records, empty before the first."""

    history_id: str = ""
    after: int = 0


@dataclass(frozen=True)
class FinalListing:
    """Ids of final transactions in which the asker takes part, up to ``cursor``."""

    cursor: ListingCursor
    tx_ids: tuple[bytes, ...]
    is_complete: bool


def encode_countersign_request(signed: bytes, fresh_keys: tuple[FreshKeyStatement, ...] = ()) -> bytes:
    """Ask for signatures over the signed transaction ``signed``; an issuer is told whose the fresh keys are."""
    message = pb.CountersignRequest(signed_transaction=signed, fresh_keys=map(statement_to_message, fresh_keys))
    return deterministic_bytes(message)


def decode_countersign_request(body: bytes) -> tuple[bytes, tuple[FreshKeyStatement, ...]]:
    """Bytes of the signed transaction, and statements whose signatures are not verified; raises ``DecodeError``."""
    bound = MAX_TRANSACTION_BODY_BYTES + MAX_FRESH_KEYS * MAX_STATEMENT_BYTES
    message = strict_parse(pb.CountersignRequest, body, max_bytes=bound)
    if len(message.fresh_keys) > MAX_FRESH_KEYS:
        raise DecodeError("fresh keys", expected=f"at most {MAX_FRESH_KEYS}", found=len(message.fresh_keys))
    return message.signed_transaction, tuple(map(statement_from_message, message.fresh_keys[:]))


def encode_countersign_response(signatures: tuple[bytes, ...]) -> bytes:
    """Answer with encoded transaction signatures."""
    return deterministic_bytes(pb.CountersignResponse(signatures=signatures))


def decode_countersign_response(body: bytes) -> tuple[bytes, ...]:
    """Encoded transaction signatures; raises ``DecodeError``."""
    message = strict_parse(pb.CountersignResponse, body, max_bytes=MAX_SIGNATURE_BYTES * 8)
    return tuple(message.signatures[:])


def encode_finality(finality: Finality) -> bytes:
    """A delivery."""
    message = pb.FinaliseRequest(
        tx_id=finality.tx_id,
        signatures=finality.signatures,
        wire_transaction=finality.wire,
        ahead=finality.ahead,
    )
    return deterministic_bytes(message)


def with_ahead(body: bytes, ahead: tuple[bytes, ...]) -> bytes:
    """The delivery ``body``, which has nothing ahead, with some: the last field of the message, so it comes behind."""
    if not ahead:
        return body
    return body + deterministic_bytes(pb.FinaliseRequest(ahead=ahead))


def decode_finality(body: bytes) -> Finality:
    """A delivery; raises ``DecodeError``."""
    message = strict_parse(pb.FinaliseRequest, body, max_bytes=MAX_FINALITY_BYTES)
    if len(message.tx_id) != 32:
        raise DecodeError("transaction id has the wrong size", expected=32, found=len(message.tx_id))
    if len(message.signatures) > MAX_SIGNATURES:
        raise DecodeError("too many signatures", expected=f"at most {MAX_SIGNATURES}", found=len(message.signatures))
    if len(message.ahead) > MAX_AHEAD:
        raise DecodeError("too many ancestors ahead", expected=f"at most {MAX_AHEAD}", found=len(message.ahead))
    return Finality(message.tx_id, tuple(message.signatures[:]), message.wire_transaction, tuple(message.ahead[:]))


def encode_finalise_response() -> bytes:
    """It is recorded."""
    return deterministic_bytes(pb.FinaliseResponse())


def encode_fetch_request(wanted: tuple[WantedOutputs, ...]) -> bytes:
    """Ask for recorded transactions, at most 64."""
    message = pb.FetchTransactionsRequest(
        wanted=[pb.WantedOutputs(tx_id=item.tx_id, indexes=item.indexes) for item in wanted]
    )
    return deterministic_bytes(message)


def decode_fetch_request(body: bytes) -> tuple[WantedOutputs, ...]:
    """What is asked for: 1 to 64 distinct transactions; raises ``DecodeError``."""
    message = strict_parse(pb.FetchTransactionsRequest, body, max_bytes=MAX_FETCH_REQUEST_BYTES)
    wanted = tuple(WantedOutputs(item.tx_id, tuple(item.indexes)) for item in message.wanted)
    distinct = len({item.tx_id for item in wanted})
    if not 1 <= len(wanted) <= MAX_FETCHED_IDS or distinct != len(wanted):
        raise DecodeError("transactions asked for", expected=f"1 to {MAX_FETCHED_IDS} distinct", found=len(wanted))
    for item in wanted:
        if len(item.tx_id) != 32:
            raise DecodeError("transaction id has the wrong size", expected=32, found=len(item.tx_id))
        if sorted(set(item.indexes)) != list(item.indexes) or len(item.indexes) > MAX_WANTED_OUTPUTS:
            raise DecodeError(
                "outputs asked for", expected=f"at most {MAX_WANTED_OUTPUTS}, ascending", found=item.tx_id
            )
    return wanted


def encode_fetch_response(answer: FetchAnswer) -> bytes:
    """Answer with transactions."""
    message = pb.FetchTransactionsResponse(
        transactions=answer.transactions,
        attested=answer.attested,
    )
    return deterministic_bytes(message)


def decode_fetch_response(body: bytes) -> FetchAnswer:
    """What was answered; raises ``DecodeError``."""
    message = strict_parse(pb.FetchTransactionsResponse, body, max_bytes=MAX_FETCH_RESPONSE_BYTES + 1024)
    return FetchAnswer(tuple(message.transactions), tuple(message.attested))


def encode_list_request(cursor: ListingCursor) -> bytes:
    """Ask for what came after a cursor."""
    return deterministic_bytes(pb.ListFinalRequest(history_id=cursor.history_id, after=cursor.after))


def decode_list_request(body: bytes) -> ListingCursor:
    """The cursor; raises ``DecodeError``."""
    message = strict_parse(pb.ListFinalRequest, body, max_bytes=256)
    return _cursor(message.history_id, message.after)


def encode_listing(listing: FinalListing) -> bytes:
    """Answer with ids."""
    message = pb.ListFinalResponse(
        history_id=listing.cursor.history_id,
        tx_ids=listing.tx_ids,
        up_to=listing.cursor.after,
        complete=listing.is_complete,
    )
    return deterministic_bytes(message)


def decode_listing(body: bytes) -> FinalListing:
    """What was answered; raises ``DecodeError``."""
    message = strict_parse(pb.ListFinalResponse, body, max_bytes=MAX_LISTED_IDS * 40 + 256)
    tx_ids = tuple(message.tx_ids)
    if len(tx_ids) > MAX_LISTED_IDS or len(set(tx_ids)) != len(tx_ids):
        raise DecodeError("ids listed", expected=f"at most {MAX_LISTED_IDS} distinct ids", found=len(tx_ids))
    for tx_id in tx_ids:
        if len(tx_id) != 32:
            raise DecodeError("transaction id has the wrong size", expected=32, found=len(tx_id))
    return FinalListing(_cursor(message.history_id, message.up_to), tx_ids, message.complete)


def _cursor(history_id: str, after: int) -> ListingCursor:
    if len(history_id) > MAX_HISTORY_ID_CHARACTERS:
        bound = f"at most {MAX_HISTORY_ID_CHARACTERS} characters"
        raise DecodeError("history id", expected=bound, found=len(history_id))
    if after >= 1 << 62:
        raise DecodeError("cursor", expected="less than 2^62", found=after)
    return ListingCursor(history_id, after)


def encode_fetch_membership(network: BusinessNetwork, party: str) -> bytes:
    """Ask which transactions made the present membership of a party."""
    return deterministic_bytes(dvp_peers_pb2.FetchMembershipRequest(network=int(network), party=party))  # type: ignore[arg-type] # enum values are ints at run time


def decode_fetch_membership(body: bytes) -> tuple[BusinessNetwork, str]:
    """Network and party asked for; raises ``DecodeError``."""
    message = strict_parse(dvp_peers_pb2.FetchMembershipRequest, body, max_bytes=1024)
    check_name("party", message.party)
    try:
        return BusinessNetwork(int(message.network)), message.party
    except ValueError as error:
        raise DecodeError("business network", expected="ST, SC or UT", found=int(message.network)) from error


def encode_membership_ids(tx_ids: tuple[bytes, ...]) -> bytes:
    """Answer with ids, which the asker may then fetch; none for a stranger."""
    return deterministic_bytes(dvp_peers_pb2.FetchMembershipResponse(tx_ids=tx_ids))


def encode_fetch_rule_state(contract: str, key: str) -> bytes:
    """Ask which transactions made a present rule state."""
    return deterministic_bytes(rule_peers_pb2.FetchRuleStateRequest(contract=contract, key=key))


def decode_fetch_rule_state(body: bytes) -> tuple[str, str]:
    """Contract and key asked for; raises ``DecodeError``."""
    message = strict_parse(rule_peers_pb2.FetchRuleStateRequest, body, max_bytes=1024)
    check_name("contract", message.contract)
    check_name("key", message.key)
    return message.contract, message.key


def encode_rule_state_ids(tx_ids: tuple[bytes, ...]) -> bytes:
    """Answer with ids, which the asker may then fetch."""
    return deterministic_bytes(rule_peers_pb2.FetchRuleStateResponse(tx_ids=tx_ids))


def decode_ids_of_transactions(body: bytes) -> tuple[bytes, ...]:
    """The ids in an answer about memberships or rule states, distinct, at most 64; raises ``DecodeError``."""
    message = strict_parse(rule_peers_pb2.FetchRuleStateResponse, body, max_bytes=MAX_FETCHED_IDS * 40)
    tx_ids = tuple(message.tx_ids)
    if len(set(tx_ids)) != len(tx_ids) or len(tx_ids) > MAX_FETCHED_IDS or any(len(tx_id) != 32 for tx_id in tx_ids):
        raise DecodeError("ids answered", expected=f"at most {MAX_FETCHED_IDS} distinct ids", found=len(tx_ids))
    return tx_ids
