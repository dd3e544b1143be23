"""Bodies of the peer methods ``node.propose_dvp`` and ``node.release_dvp``, strictly decoded into plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from crossdvp.ledger.v1 import dvp_peers_pb2 as pb

from chains.progmat.contracts.native_terms import (
    MAX_NATIVE_TERMS_BYTES,
    NativeTerms,
    native_terms_from_message,
    native_terms_to_message,
)
from chains.progmat.transactions.model import StateRef, check_hash, check_name
from primitives.codec import deterministic_bytes, strict_parse
from primitives.errors import DecodeError
from primitives.types import Hash32

PROPOSE_DVP: Final = "node.propose_dvp"
RELEASE_DVP: Final = "node.release_dvp"

MAX_OFFERED: Final = 64
_MAX_REST_BYTES: Final = 512  # of a proposal, besides its terms


@dataclass(frozen=True)
class Release:
    """The seller's attempts at a trade that began by ``round_ms`` (Unix ms) are over, without effect."""

    trade_id: bytes
    round_ms: int


@dataclass(frozen=True)
class Proposal:
    """Terms, when the seller's attempt began, and at which notary its tokens are (empty: the journal's)."""

    terms: NativeTerms
    round_ms: int
    notary: str = ""


def encode_proposal(proposal: Proposal) -> bytes:
    """Ask for the buyer's coins."""
    terms = native_terms_to_message(proposal.terms)
    return deterministic_bytes(pb.ProposeDvpRequest(terms=terms, round_ms=proposal.round_ms, notary=proposal.notary))


def decode_proposal(body: bytes) -> Proposal:
    """What the seller proposes; raises ``DecodeError``."""
    message = strict_parse(pb.ProposeDvpRequest, body, max_bytes=MAX_NATIVE_TERMS_BYTES + _MAX_REST_BYTES)
    if message.notary:
        check_name("notary", message.notary)
    return Proposal(native_terms_from_message(message.terms), message.round_ms, message.notary)


def encode_offer(refs: tuple[StateRef, ...]) -> bytes:
    """Answer with the buyer's coins."""
    return deterministic_bytes(
        pb.ProposeDvpResponse(inputs=[pb.DvpInput(tx_id=ref.tx_id, index=ref.index) for ref in refs])
    )


def decode_offer(body: bytes) -> tuple[StateRef, ...]:
    """The buyer's coins, distinct, 1 to 64; raises ``DecodeError``."""
    message = strict_parse(pb.ProposeDvpResponse, body, max_bytes=MAX_OFFERED * 64)
    refs = tuple(StateRef(Hash32(item.tx_id), item.index) for item in message.inputs)
    if not 1 <= len(refs) <= MAX_OFFERED or len(set(refs)) != len(refs):
        raise DecodeError("states offered", expected=f"1 to {MAX_OFFERED} distinct states", found=len(refs))
    return refs


def encode_release(release: Release) -> bytes:
    """Tell that it is over."""
    return deterministic_bytes(pb.ReleaseDvpRequest(trade_id=release.trade_id, round_ms=release.round_ms))


def decode_release(body: bytes) -> Release:
    """What is over; raises ``DecodeError``."""
    message = strict_parse(pb.ReleaseDvpRequest, body, max_bytes=128)
    check_hash("trade_id", message.trade_id)
    return Release(message.trade_id, message.round_ms)


def encode_release_response() -> bytes:
    """It is noted."""
    return deterministic_bytes(pb.ReleaseDvpResponse())
