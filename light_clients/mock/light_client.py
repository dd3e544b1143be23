"""The mock light client: every rule of the protocol about heights, time, freezing and expiry, and no cryptography."""

from __future__ import annotations

from dataclasses import replace

from ibc.errors import InvalidHeader, InvalidProof
from ibc.light_client import ConsensusAt, LightClientStatus, TimeBounds, UpdateResult
from light_clients.clock import status_at, validate_usable
from light_clients.mock.states import (
    MockClientState,
    MockConsensusState,
    absence_proof,
    decode_client_state,
    decode_consensus_state,
    decode_header,
    encode_client_state,
    presence_proof,
)
from light_clients.registry import MOCK_CLIENT_TYPE


class MockLightClient:
    """For tests only: anybody can make its headers and proofs (`light_clients.mock.states`)."""

    client_type = MOCK_CLIENT_TYPE

    def initialise(self, client_state: bytes, consensus_state: bytes) -> int:
        """The latest height of two states that decode."""
        decode_consensus_state(consensus_state)
        return decode_client_state(client_state).latest_height

    def trusted_height(self, client_message: bytes) -> int:
        """The height the header says it builds on."""
        return decode_header(client_message).trusted_height

    def message_height(self, client_message: bytes) -> int:
        """The height of the header."""
        return decode_header(client_message).height

    def verify_client_message(
        self, client_state: bytes, trusted: ConsensusAt, client_message: bytes, now: TimeBounds
    ) -> None:
        """InvalidHeader unless the header is above what it builds on; ClientFrozen, ClientExpired."""
        _usable(decode_client_state(client_state), trusted, now)
        header = decode_header(client_message)
        if header.trusted_height != trusted.height or header.height <= trusted.height:
            raise InvalidHeader(
                "header does not build on what it is held against", expected=trusted.height, found=header.height
            )

    def check_for_misbehaviour(self, client_state: bytes, known: ConsensusAt | None, client_message: bytes) -> bool:
        """Whether another consensus state is known at the header's height."""
        decode_client_state(client_state)
        header = decode_header(client_message)
        return known is not None and known.height == header.height and known.consensus_state != header.consensus_state

    def update_state(self, client_state: bytes, client_message: bytes) -> UpdateResult:
        """The client with the header's height and consensus state."""
        decoded = decode_client_state(client_state)
        header = decode_header(client_message)
        updated = replace(decoded, latest_height=max(decoded.latest_height, header.height))
        return UpdateResult(encode_client_state(updated), (ConsensusAt(header.height, header.consensus_state),))

    def freeze(self, client_state: bytes) -> bytes:
        """The client state, frozen."""
        return encode_client_state(replace(decode_client_state(client_state), frozen=True))

    def verify_membership(
        self, client_state: bytes, consensus: ConsensusAt, proof: bytes, path: bytes, value: bytes, now: TimeBounds
    ) -> int:
        """The time, if the proof is `presence_proof` of path and value."""
        consensus_state = _usable(decode_client_state(client_state), consensus, now)
        if proof != presence_proof(consensus_state.root, path, value):
            raise InvalidProof("not the mock's proof of presence", found=proof)
        return consensus_state.timestamp_s

    def verify_non_membership(
        self, client_state: bytes, consensus: ConsensusAt, proof: bytes, path: bytes, now: TimeBounds
    ) -> int:
        """The time, if the proof is `absence_proof` of the path."""
        consensus_state = _usable(decode_client_state(client_state), consensus, now)
        if proof != absence_proof(consensus_state.root, path):
            raise InvalidProof("not the mock's proof of absence", found=proof)
        return consensus_state.timestamp_s

    def status(self, client_state: bytes, latest: ConsensusAt, now_s: int) -> LightClientStatus:
        """FROZEN before EXPIRED before ACTIVE."""
        return status_at(decode_client_state(client_state), self.timestamp_at(latest.consensus_state), now_s)

    def timestamp_at(self, consensus_state: bytes) -> int:
        """Seconds, UTC."""
        return decode_consensus_state(consensus_state).timestamp_s


def _usable(client_state: MockClientState, consensus: ConsensusAt, now: TimeBounds) -> MockConsensusState:
    consensus_state = decode_consensus_state(consensus.consensus_state)
    validate_usable(client_state, consensus_state.timestamp_s, now)
    return consensus_state
