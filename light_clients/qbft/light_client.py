"""The light client of QBFT chains behind the LightClient protocol (ICS-02).

Accepts headers of QBFT, IBFT2 and IBFT1, of a chain that changes its engine, and of validator-contract mode, all as the
client state's eras say for the header's number.
"""

from __future__ import annotations

from collections.abc import Sequence

from ibc.light_client import ConsensusAt, LightClientStatus, TimeBounds, UpdateResult
from light_clients.clock import status_at, validate_usable
from light_clients.qbft.client_state import QbftClientState
from light_clients.qbft.codec import (
    decode_client_message,
    decode_client_state,
    decode_consensus_state,
    decode_membership_proof,
    encode_client_state,
)
from light_clients.qbft.consensus_state import QbftConsensusState
from light_clients.qbft.eras import ProposerCheck, era_of
from light_clients.qbft.errors import MalformedHeader, WrongTrustedHeight
from light_clients.qbft.execution_header import decode_execution_header
from light_clients.qbft.header import QbftHeader, QbftMisbehaviour
from light_clients.qbft.membership import validate_commitment, validate_no_commitment, word_at
from light_clients.qbft.misbehaviour import BlockClaim, contradicts, validate_contradiction
from light_clients.qbft.own_validators import anchor_of, read_client_header
from light_clients.qbft.sealed_header import SealedHeader
from light_clients.qbft.update import apply_header, consensus_state_of
from light_clients.qbft.verify import validate_header, validate_proposer
from primitives.errors import InvalidArgument


class QbftLightClient:
    """Pure; every call gets all it needs and returns new bytes (proto/crossdvp/ibc/v1/qbft.proto)."""

    client_type = "qbft"

    def initialise(self, client_state: bytes, consensus_state: bytes) -> int:
        """The latest height; DecodeError unless both decode and the client is not born frozen."""
        decode_consensus_state(consensus_state)
        decoded = decode_client_state(client_state)
        if decoded.frozen:
            raise MalformedHeader("a client cannot begin frozen", expected="not frozen", found="frozen")
        return decoded.latest_height

    def trusted_height(self, client_message: bytes) -> int:
        """The height the header builds on; of evidence, the one both headers build on."""
        return _first_header(client_message).trusted_height

    def message_height(self, client_message: bytes) -> int:
        """The block number of the header; of evidence, of its first header."""
        return decode_execution_header(_first_header(client_message).header_rlp).number

    def verify_client_message(
        self, client_state: bytes, trusted: ConsensusAt, client_message: bytes, now: TimeBounds
    ) -> None:
        """Seals, sets, time and the router's account of a header; or both headers of evidence, which must contradict.

        Raises ClientFrozen, ClientExpired, WrongTrustedHeight, what `validate_header` raises, for a header
        AccountAbsent or MptError, for evidence NoMisbehaviour.
        """
        decoded = decode_client_state(client_state)
        anchor = _usable(decoded, trusted, now)
        message = decode_client_message(client_message)
        match message:
            case QbftHeader():
                sealed = _verified(decoded, trusted.height, anchor, message, now)
                consensus_state_of(decoded, sealed, message.account_proof)
            case QbftMisbehaviour():
                one = _verified(decoded, trusted.height, anchor, message.header_1, now)
                other = _verified(decoded, trusted.height, anchor, message.header_2, now)
                validate_contradiction(one, other)

    def check_for_misbehaviour(self, client_state: bytes, known: ConsensusAt | None, client_message: bytes) -> bool:
        """Whether a verified message must freeze the client: evidence, or a header that a kept block contradicts.

        ``known`` may be of any height: another block of the header's own, one that is not the parent it must be, or one
        whose time is on the wrong side.
        """
        message = decode_client_message(client_message)
        if isinstance(message, QbftMisbehaviour):
            return True
        if known is None:
            return False
        sealed = read_client_header(decode_client_state(client_state), message)
        kept = BlockClaim.of_stored(known.height, decode_consensus_state(known.consensus_state))
        return contradicts(BlockClaim.of_header(sealed), kept)

    def update_state(self, client_state: bytes, client_message: bytes) -> UpdateResult:
        """The client after a verified header."""
        message = decode_client_message(client_message)
        if isinstance(message, QbftMisbehaviour):
            raise InvalidArgument("misbehaviour updates nothing: freeze the client")
        decoded = decode_client_state(client_state)
        return apply_header(decoded, read_client_header(decoded, message), message.account_proof)

    def freeze(self, client_state: bytes) -> bytes:
        """The client state, frozen until it is recovered."""
        return encode_client_state(decode_client_state(client_state).as_frozen())

    def recover(self, client_state: bytes, substitute_state: bytes) -> bytes:
        """The client state with the substitute's, active; UnfitSubstitute (see `QbftClientState.recovered_by`)."""
        substitute = decode_client_state(substitute_state)
        return encode_client_state(decode_client_state(client_state).recovered_by(substitute))

    def verify_membership(
        self, client_state: bytes, consensus: ConsensusAt, proof: bytes, path: bytes, value: bytes, now: TimeBounds
    ) -> int:
        """The block's time in seconds, if the router held ``value`` under ``path``; else InvalidProof or MptError."""
        decoded = decode_client_state(client_state)
        consensus_state = _usable(decoded, consensus, now)
        validate_commitment(decoded, consensus_state, decode_membership_proof(proof), path, value)
        return consensus_state.timestamp_s

    def verify_non_membership(
        self, client_state: bytes, consensus: ConsensusAt, proof: bytes, path: bytes, now: TimeBounds
    ) -> int:
        """The block's time in seconds, if the router held nothing under ``path``; else InvalidProof or MptError."""
        decoded = decode_client_state(client_state)
        consensus_state = _usable(decoded, consensus, now)
        validate_no_commitment(decoded, consensus_state, decode_membership_proof(proof), path)
        return consensus_state.timestamp_s

    def status(self, client_state: bytes, latest: ConsensusAt, now_s: int) -> LightClientStatus:
        """FROZEN before EXPIRED before ACTIVE."""
        return status_at(decode_client_state(client_state), self.timestamp_at(latest.consensus_state), now_s)

    def timestamp_at(self, consensus_state: bytes) -> int:
        """Seconds, UTC."""
        return decode_consensus_state(consensus_state).timestamp_s


def verify_storage_at(
    client_state: bytes,
    consensus: ConsensusAt,
    address: bytes,
    slot: bytes,
    account_proof: Sequence[bytes],
    storage_proof: Sequence[bytes],
    now: TimeBounds,
) -> bytes | None:
    """The 32-byte word in a slot of any contract at a verified height, None if it is zero.

    For what lies outside the router: the earmark of a security token. Raises as `verify_membership`, and AccountAbsent.
    """
    consensus_state = _usable(decode_client_state(client_state), consensus, now)
    return word_at(consensus_state, address, slot, account_proof, storage_proof)


def _first_header(client_message: bytes) -> QbftHeader:
    message = decode_client_message(client_message)
    return message.header_1 if isinstance(message, QbftMisbehaviour) else message


def _usable(client_state: QbftClientState, consensus: ConsensusAt, now: TimeBounds) -> QbftConsensusState:
    consensus_state = decode_consensus_state(consensus.consensus_state)
    validate_usable(client_state, consensus_state.timestamp_s, now)
    return consensus_state


def _verified(
    client_state: QbftClientState,
    trusted_height: int,
    trusted: QbftConsensusState,
    header: QbftHeader,
    now: TimeBounds,
) -> SealedHeader:
    if header.trusted_height != trusted_height:
        raise WrongTrustedHeight(
            "header builds on another height than it is held against",
            expected=trusted_height,
            found=header.trusted_height,
        )
    sealed = read_client_header(client_state, header)
    anchor = anchor_of(client_state, sealed, trusted_height, trusted)
    validate_header(sealed, anchor, client_state.max_clock_drift_s, now)
    if era_of(client_state.eras, sealed.header.number).proposer_check is ProposerCheck.VALIDATOR:
        validate_proposer(sealed)
    return sealed
