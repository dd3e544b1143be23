"""The light client of an EVM chain behind a hub, behind the LightClient protocol (ICS-02).

Heights, times and roots are the far chain's, and proofs are a direct client's; only updates go through the hub. A
header brings a block of the hub, which the hub's own light client verifies, and shows in that block's state what the
far chain's light client on the hub keeps of one far block.
"""

from __future__ import annotations

from collections.abc import Sequence

from ibc.errors import ClientExpired, ClientFrozen
from ibc.light_client import ConsensusAt, LightClientStatus, TimeBounds, UpdateResult
from light_clients.clock import status_at, validate_usable
from light_clients.hub.client_state import HubClientState
from light_clients.hub.codec import (
    decode_client_message,
    decode_client_state,
    decode_consensus_state,
    decode_membership_proof,
    encode_client_state,
    encode_consensus_state,
)
from light_clients.hub.consensus_state import HubConsensusState
from light_clients.hub.errors import MalformedHubMessage, NoMisbehaviour, WrongTrustedHeight
from light_clients.hub.hub_chain import HubChain
from light_clients.hub.membership import commitment_at, validate_commitment, validate_no_commitment, word_at
from light_clients.hub.message import HubHeader, HubMisbehaviour
from light_clients.hub.verify import validate_shown
from primitives.errors import InvalidArgument

OF_NO_HEIGHT = 0
"""Answer of `message_height` for evidence: it is about a height of the hub."""


class HubLightClient:
    """Pure; every call gets all it needs and returns new bytes (proto/crossdvp/ibc/v1/hub.proto)."""

    client_type = "hub"

    def __init__(self, hub: HubChain) -> None:
        self._hub = hub

    def initialise(self, client_state: bytes, consensus_state: bytes) -> int:
        """The latest far height; DecodeError unless all decodes, the hub's part fits, and nothing is born frozen."""
        decoded, consensus = decode_client_state(client_state), decode_consensus_state(consensus_state)
        if decoded.frozen:
            raise MalformedHubMessage("a client cannot begin frozen", expected="not frozen", found="frozen")
        hub_height = self._hub.light_client.initialise(decoded.hub_client_state, consensus.hub_consensus_state)
        if hub_height != consensus.hub_height:
            raise MalformedHubMessage(
                "hub's states are of different heights", expected=hub_height, found=consensus.hub_height
            )
        return decoded.latest_height

    def trusted_height(self, client_message: bytes) -> int:
        """The far height of the consensus state that the message builds on."""
        return decode_client_message(client_message).trusted_height

    def message_height(self, client_message: bytes) -> int:
        """The far height that a header shows; of evidence OF_NO_HEIGHT."""
        message = decode_client_message(client_message)
        return message.shown.height if isinstance(message, HubHeader) else OF_NO_HEIGHT

    def verify_client_message(
        self, client_state: bytes, trusted: ConsensusAt, client_message: bytes, now: TimeBounds
    ) -> None:
        """The hub's header, and in its state the far block; or evidence against the hub.

        Raises ClientFrozen, ClientExpired, WrongTrustedHeight, what the hub's light client raises, what
        `validate_shown` raises, and for evidence NoMisbehaviour.
        """
        decoded = decode_client_state(client_state)
        anchor = self._usable(decoded, trusted, now)
        message = decode_client_message(client_message)
        if message.trusted_height != trusted.height:
            raise WrongTrustedHeight(
                "message builds on another far height than it is held against",
                expected=trusted.height,
                found=message.trusted_height,
            )
        follower = self._hub.light_client
        follower.verify_client_message(decoded.hub_client_state, anchor.hub, message.hub_message, now)
        is_evidence = follower.check_for_misbehaviour(decoded.hub_client_state, None, message.hub_message)
        match message:
            case HubHeader():
                if is_evidence:
                    raise MalformedHubMessage("evidence against the hub comes as misbehaviour", found="a header")
                validate_shown(decoded, self._hub, self._hub_block(decoded, message), message, now)
            case HubMisbehaviour():
                if not is_evidence:
                    raise NoMisbehaviour("the hub's message contradicts nothing", found="a header")

    def check_for_misbehaviour(self, client_state: bytes, known: ConsensusAt | None, client_message: bytes) -> bool:
        """Whether a verified message must freeze the client: evidence, or another far block at a known far height."""
        message = decode_client_message(client_message)
        if isinstance(message, HubMisbehaviour):
            return True
        if known is None or known.height != message.shown.height:
            return False
        decoded, stored = decode_client_state(client_state), decode_consensus_state(known.consensus_state)
        if stored.far != message.shown.far:
            return True
        return self._hub.light_client.check_for_misbehaviour(decoded.hub_client_state, stored.hub, message.hub_message)

    def update_state(self, client_state: bytes, client_message: bytes) -> UpdateResult:
        """The client after a verified header."""
        message = decode_client_message(client_message)
        if isinstance(message, HubMisbehaviour):
            raise InvalidArgument("misbehaviour updates nothing: freeze the client")
        decoded, shown = decode_client_state(client_state), message.shown
        updated = self._hub.light_client.update_state(decoded.hub_client_state, message.hub_message)
        hub_block = _one_block(updated)
        consensus_state = HubConsensusState(
            timestamp_s=shown.timestamp_s,
            state_root=shown.state_root,
            storage_root=shown.storage_root,
            block_hash=shown.block_hash,
            hub_height=hub_block.height,
            hub_consensus_state=hub_block.consensus_state,
        )
        return UpdateResult(
            encode_client_state(decoded.after(updated.client_state, shown.height)),
            (ConsensusAt(shown.height, encode_consensus_state(consensus_state)),),
        )

    def freeze(self, client_state: bytes) -> bytes:
        """The client state, frozen for good."""
        return encode_client_state(decode_client_state(client_state).as_frozen())

    def verify_membership(
        self, client_state: bytes, consensus: ConsensusAt, proof: bytes, path: bytes, value: bytes, now: TimeBounds
    ) -> int:
        """The far block's time in seconds, if the far router held ``value`` under ``path``."""
        decoded = decode_client_state(client_state)
        consensus_state = self._usable(decoded, consensus, now)
        validate_commitment(commitment_at(decoded, consensus_state, decode_membership_proof(proof), path), value)
        return consensus_state.timestamp_s

    def verify_non_membership(
        self, client_state: bytes, consensus: ConsensusAt, proof: bytes, path: bytes, now: TimeBounds
    ) -> int:
        """The far block's time in seconds, if the far router held nothing under ``path``."""
        decoded = decode_client_state(client_state)
        consensus_state = self._usable(decoded, consensus, now)
        validate_no_commitment(commitment_at(decoded, consensus_state, decode_membership_proof(proof), path))
        return consensus_state.timestamp_s

    def verify_storage_at(
        self,
        client_state: bytes,
        consensus: ConsensusAt,
        address: bytes,
        slot: bytes,
        account_proof: Sequence[bytes],
        storage_proof: Sequence[bytes],
        now: TimeBounds,
    ) -> bytes | None:
        """The 32-byte word in a slot of any far contract at a verified far height, None if it is zero: earmarks."""
        consensus_state = self._usable(decode_client_state(client_state), consensus, now)
        return word_at(consensus_state, address, slot, account_proof, storage_proof)

    def status(self, client_state: bytes, latest: ConsensusAt, now_s: int) -> LightClientStatus:
        """FROZEN before EXPIRED before ACTIVE, of far block and hub's block the worse."""
        decoded, consensus_state = decode_client_state(client_state), decode_consensus_state(latest.consensus_state)
        far = status_at(decoded, consensus_state.timestamp_s, now_s)
        if far is not LightClientStatus.ACTIVE:
            return far
        return self._hub.light_client.status(decoded.hub_client_state, consensus_state.hub, now_s)

    def timestamp_at(self, consensus_state: bytes) -> int:
        """The far block's time, UTC seconds."""
        return decode_consensus_state(consensus_state).timestamp_s

    def _usable(self, client_state: HubClientState, consensus: ConsensusAt, now: TimeBounds) -> HubConsensusState:
        consensus_state = decode_consensus_state(consensus.consensus_state)
        validate_usable(client_state, consensus_state.timestamp_s, now)
        match self._hub.light_client.status(client_state.hub_client_state, consensus_state.hub, now.latest_s):
            case LightClientStatus.ACTIVE:
                return consensus_state
            case LightClientStatus.EXPIRED:
                raise ClientExpired("hub's block is older than the hub's trusting period; an operator must recover")
            case LightClientStatus.FROZEN:
                raise ClientFrozen("the client of the hub is frozen; an operator must replace it")

    def _hub_block(self, client_state: HubClientState, header: HubHeader) -> ConsensusAt:
        return _one_block(self._hub.light_client.update_state(client_state.hub_client_state, header.hub_message))


def _one_block(updated: UpdateResult) -> ConsensusAt:
    if len(updated.consensus_states) != 1:
        raise MalformedHubMessage(
            "a header of the hub brings one block", expected=1, found=len(updated.consensus_states)
        )
    return updated.consensus_states[0]
