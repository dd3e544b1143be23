"""The light client of the Progmat ledger behind the LightClient protocol (ICS-02).

The chain that really needs it is an EVM, where ``ProgmatLightClient.sol`` does the same; this one serves the relayer,
the offline verifiers and the tests that hold the two against each other.
"""

from __future__ import annotations

from ibc.light_client import ConsensusAt, LightClientStatus, TimeBounds, UpdateResult
from light_clients.clock import status_at, validate_usable
from light_clients.progmat.client_state import decode_client_state, encode_client_state
from light_clients.progmat.consensus_state import ProgmatConsensusState, decode_consensus_state
from light_clients.progmat.errors import MalformedCheckpoint
from light_clients.progmat.header import decode_header, header_height
from light_clients.progmat.membership import validate_absence, validate_presence
from light_clients.progmat.misbehaviour import (
    contradicts_known,
    decode_misbehaviour,
    is_misbehaviour,
    validate_contradiction,
)
from light_clients.progmat.update import apply_header
from light_clients.progmat.verify import validate_evidence_header, validate_header
from primitives.errors import InvalidArgument

BUILDS_ON_LATEST = 0
"""Answer of `trusted_height`: a checkpoint names no height it builds on, it builds on the client's latest."""


class ProgmatLightClient:
    """Pure; every call gets all it needs and returns new bytes. Client and consensus states as in their modules."""

    client_type = "progmat"

    def initialise(self, client_state: bytes, consensus_state: bytes) -> int:
        """The latest height; MalformedCheckpoint unless both decode and the client is not born frozen."""
        decode_consensus_state(consensus_state)
        decoded = decode_client_state(client_state)
        if decoded.frozen:
            raise MalformedCheckpoint("a client cannot begin frozen", expected="not frozen", found="frozen")
        return decoded.latest_height

    def trusted_height(self, client_message: bytes) -> int:  # noqa: ARG002 # the protocol's signature
        """Always BUILDS_ON_LATEST."""
        return BUILDS_ON_LATEST

    def message_height(self, client_message: bytes) -> int:
        """The height of a header; of evidence, which is about two headers, 0."""
        return header_height(client_message)

    def verify_client_message(
        self, client_state: bytes, trusted: ConsensusAt, client_message: bytes, now: TimeBounds
    ) -> None:
        """Signatures, time and validator set of a header, or of both headers of evidence, which must contradict.

        ``trusted`` is the consensus state at the client's latest height. Raises what `validate_header` raises, and
        NoMisbehaviour for evidence that proves nothing.
        """
        decoded = decode_client_state(client_state)
        if trusted.height != decoded.latest_height:
            raise InvalidArgument(
                f"pass the consensus state at the client's latest height {decoded.latest_height}, not {trusted.height}"
            )
        latest_timestamp_s = decode_consensus_state(trusted.consensus_state).timestamp_s
        if is_misbehaviour(client_message):
            evidence = decode_misbehaviour(client_message, decoded.ledger_id)
            validate_evidence_header(decoded, latest_timestamp_s, evidence.header_1, now)
            validate_evidence_header(decoded, latest_timestamp_s, evidence.header_2, now)
            validate_contradiction(evidence)
            return
        validate_header(decoded, latest_timestamp_s, decode_header(client_message, decoded.ledger_id), now)

    def check_for_misbehaviour(self, client_state: bytes, known: ConsensusAt | None, client_message: bytes) -> bool:
        """Whether a verified message must freeze the client.

        ``known`` is the consensus state kept at the message's height or, where there is none, the latest one: a higher
        checkpoint that is earlier than it contradicts it too. None is refused with InvalidArgument for a header.
        """
        if is_misbehaviour(client_message):
            return True
        if known is None:
            raise InvalidArgument("pass the consensus state at the header's height, or else the latest one")
        return contradicts_known(decode_header(client_message, decode_client_state(client_state).ledger_id), known)

    def update_state(self, client_state: bytes, client_message: bytes) -> UpdateResult:
        """The client after a verified header; StaleHeader for one below the latest height."""
        if is_misbehaviour(client_message):
            raise InvalidArgument("misbehaviour updates nothing: freeze the client")
        decoded = decode_client_state(client_state)
        return apply_header(decoded, decode_header(client_message, decoded.ledger_id))

    def freeze(self, client_state: bytes) -> bytes:
        """The client state, frozen for good."""
        return encode_client_state(decode_client_state(client_state).as_frozen())

    def verify_membership(
        self, client_state: bytes, consensus: ConsensusAt, proof: bytes, path: bytes, value: bytes, now: TimeBounds
    ) -> int:
        """The checkpoint's time in seconds, if the ledger held ``value`` under ``path`` at it; else InvalidProof."""
        consensus_state = _usable(client_state, consensus, now)
        validate_presence(consensus_state, proof, path, value)
        return consensus_state.timestamp_s

    def verify_non_membership(
        self, client_state: bytes, consensus: ConsensusAt, proof: bytes, path: bytes, now: TimeBounds
    ) -> int:
        """The checkpoint's time in seconds, if the ledger held nothing under ``path`` at it; else InvalidProof."""
        consensus_state = _usable(client_state, consensus, now)
        validate_absence(consensus_state, proof, path)
        return consensus_state.timestamp_s

    def status(self, client_state: bytes, latest: ConsensusAt, now_s: int) -> LightClientStatus:
        """FROZEN before EXPIRED before ACTIVE."""
        return status_at(decode_client_state(client_state), self.timestamp_at(latest.consensus_state), now_s)

    def timestamp_at(self, consensus_state: bytes) -> int:
        """Seconds, UTC."""
        return decode_consensus_state(consensus_state).timestamp_s


def _usable(client_state: bytes, consensus: ConsensusAt, now: TimeBounds) -> ProgmatConsensusState:
    consensus_state = decode_consensus_state(consensus.consensus_state)
    validate_usable(decode_client_state(client_state), consensus_state.timestamp_s, now)
    return consensus_state
