"""The client of a chain that light clients in enclaves follow, behind the LightClient protocol (ICS-02).

Every node that checks a ledger transaction verifies the whole attestation of a new key itself, and from then on one
signature for each operator a statement. Which chain is followed is bound by the state ids.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ibc.light_client import ConsensusAt, LightClientStatus, TimeBounds, UpdateResult
from light_clients.clock import status_at, validate_usable
from light_clients.enclave.attestation.roots import PRODUCTION_ROOT_PINS
from light_clients.enclave.client_message import EnclaveMisbehaviour
from light_clients.enclave.client_state import EnclaveClientState
from light_clients.enclave.codec import (
    checked_signatures,
    decode_client_message,
    decode_client_state,
    decode_consensus_state,
    decode_membership_proof,
    encode_client_state,
    encode_consensus_state,
)
from light_clients.enclave.consensus_state import EnclaveConsensusState
from light_clients.enclave.errors import MalformedStatement, StateMismatch, UntrustedRoot
from light_clients.enclave.keys import keys_after, validate_signers
from light_clients.enclave.statements import (
    PREFIX_IBC,
    PREFIX_STORAGE,
    StateStatement,
    encode_statement,
    value_hash,
)
from light_clients.enclave.update import trusted_height_of, validate_misbehaviour, validate_update
from primitives.errors import InvalidArgument

_WORD_BYTES = 32


class EnclaveLightClient:
    """Pure; every call gets all it needs and returns new bytes (proto/crossdvp/ibc/v1/enclave.proto).

    `root_pins` are all a client state may pin: in production the makers', so that nobody can create a client that
    believes simulated enclaves.
    """

    client_type = "enclave"

    def __init__(self, root_pins: Collection[bytes] = PRODUCTION_ROOT_PINS) -> None:
        self._root_pins = frozenset(root_pins)

    def initialise(self, client_state: bytes, consensus_state: bytes) -> int:
        """The latest height; DecodeError unless both decode, UntrustedRoot for a root this verifier does not pin."""
        decoded = decode_client_state(client_state)
        consensus = decode_consensus_state(consensus_state)
        if decoded.frozen or consensus.keys or consensus.revoked_keys:
            raise MalformedStatement("a client begins active and without keys: they are registered with an update")
        self._check_roots(decoded)
        return decoded.latest_height

    def trusted_height(self, client_message: bytes) -> int:
        """The height the message builds on."""
        return trusted_height_of(decode_client_message(client_message))

    def message_height(self, client_message: bytes) -> int:
        """The height an update is about; of evidence, the one it builds on."""
        message = decode_client_message(client_message)
        return trusted_height_of(message) if isinstance(message, EnclaveMisbehaviour) else message.update.post_height

    def verify_client_message(
        self, client_state: bytes, trusted: ConsensusAt, client_message: bytes, now: TimeBounds
    ) -> None:
        """Keys, attestations, signatures and time of an update; or evidence, which must contradict.

        Raises ClientFrozen, ClientExpired, StatementMismatch, KeyRefused, TooFewOperators, AttestationRefused.
        """
        decoded = decode_client_state(client_state)
        self._check_roots(decoded)
        consensus = _usable(decoded, trusted, now)
        message = decode_client_message(client_message)
        if isinstance(message, EnclaveMisbehaviour):
            validate_misbehaviour(decoded, trusted.height, consensus, message, now)
            return
        if message.trusted_consensus_state != trusted.consensus_state:
            raise MalformedStatement(
                "update shows another consensus state than the one stored",
                expected=trusted.consensus_state,
                found=message.trusted_consensus_state,
            )
        validate_update(decoded, trusted.height, consensus, message, now)

    def check_for_misbehaviour(self, client_state: bytes, known: ConsensusAt | None, client_message: bytes) -> bool:
        """Whether a verified message must freeze the client: evidence, or another state at a known height."""
        message = decode_client_message(client_message)
        if isinstance(message, EnclaveMisbehaviour):
            return True
        decode_client_state(client_state)
        if known is None or known.height != message.update.post_height:
            return False
        return decode_consensus_state(known.consensus_state).state_id != message.update.post_state_id

    def update_state(self, client_state: bytes, client_message: bytes) -> UpdateResult:
        """The client after a verified update."""
        message = decode_client_message(client_message)
        if isinstance(message, EnclaveMisbehaviour):
            raise InvalidArgument("misbehaviour updates nothing: freeze the client")
        decoded = decode_client_state(client_state)
        height = message.update.post_height
        consensus = keys_after(decoded, decode_consensus_state(message.trusted_consensus_state), message)
        updated = encode_client_state(decoded.at_least(height))
        return UpdateResult(updated, (ConsensusAt(height, encode_consensus_state(consensus)),))

    def freeze(self, client_state: bytes) -> bytes:
        """The client state, frozen for good."""
        return encode_client_state(decode_client_state(client_state).as_frozen())

    def verify_membership(
        self, client_state: bytes, consensus: ConsensusAt, proof: bytes, path: bytes, value: bytes, now: TimeBounds
    ) -> int:
        """The time in seconds, if enough operators' enclaves state ``value`` under ``path`` at this very state."""
        return self._verify_state(client_state, consensus, proof, path, value_hash(value), now)

    def verify_non_membership(
        self, client_state: bytes, consensus: ConsensusAt, proof: bytes, path: bytes, now: TimeBounds
    ) -> int:
        """The time in seconds, if enough operators' enclaves state nothing to be under ``path`` at this very state."""
        return self._verify_state(client_state, consensus, proof, path, None, now)

    def status(self, client_state: bytes, latest: ConsensusAt, now_s: int) -> LightClientStatus:
        """FROZEN before EXPIRED before ACTIVE."""
        return status_at(decode_client_state(client_state), self.timestamp_at(latest.consensus_state), now_s)

    def timestamp_at(self, consensus_state: bytes) -> int:
        """Seconds, UTC."""
        return decode_consensus_state(consensus_state).timestamp_s

    @staticmethod
    def _verify_state(
        client_state: bytes,
        consensus: ConsensusAt,
        proof: bytes,
        path: bytes,
        hashed: bytes | None,
        now: TimeBounds,
    ) -> int:
        decoded = decode_client_state(client_state)
        consensus_state = _usable(decoded, consensus, now)
        statement = StateStatement(PREFIX_IBC, path, hashed, consensus.height, consensus_state.state_id)
        _check_signed(decoded, consensus_state, statement, decode_membership_proof(proof), now)
        return consensus_state.timestamp_s

    def _check_roots(self, client_state: EnclaveClientState) -> None:
        for pin in client_state.policy.root_pins:
            if pin not in self._root_pins:
                pins = ", ".join(sorted(each.hex() for each in self._root_pins))
                raise UntrustedRoot("client pins a root that this verifier does not", expected=pins, found=pin)


def verify_stated_storage(
    client_state: bytes,
    consensus: ConsensusAt,
    address: bytes,
    slot: bytes,
    account_proof: Sequence[bytes],
    storage_proof: Sequence[bytes],
    now: TimeBounds,
) -> bytes | None:
    """The 32-byte word in a slot of any contract at a verified height, None if it is zero; for earmarks.

    `account_proof` is the word alone, `storage_proof` the enclaves' signatures ascending by operator. Raises as
    `verify_membership`, and StateMismatch.
    """
    decoded = decode_client_state(client_state)
    consensus_state = _usable(decoded, consensus, now)
    if len(account_proof) != 1 or len(account_proof[0]) != _WORD_BYTES:
        raise StateMismatch(
            "proof is no word with signatures", expected="one word; signatures", found=len(account_proof)
        )
    word = account_proof[0]
    hashed = value_hash(word) if any(word) else None
    statement = StateStatement(PREFIX_STORAGE, address + slot, hashed, consensus.height, consensus_state.state_id)
    _check_signed(decoded, consensus_state, statement, checked_signatures(storage_proof), now)
    return word if any(word) else None


def _check_signed(
    client_state: EnclaveClientState,
    consensus_state: EnclaveConsensusState,
    statement: StateStatement,
    signatures: Sequence[bytes],
    now: TimeBounds,
) -> None:
    """The statement is written anew from what is asked: a signature over anything else recovers to a stranger."""
    validate_signers(client_state, consensus_state.keys, encode_statement(statement), signatures, now)


def _usable(client_state: EnclaveClientState, consensus: ConsensusAt, now: TimeBounds) -> EnclaveConsensusState:
    consensus_state = decode_consensus_state(consensus.consensus_state)
    validate_usable(client_state, consensus_state.timestamp_s, now)
    return consensus_state
