"""What a client of a chain behind a hub keeps of one far block."""

from __future__ import annotations

from dataclasses import dataclass

from ibc.light_client import ConsensusAt
from light_clients.hub.errors import MalformedHubMessage
from light_clients.hub.fields import check_hash, check_number

MAX_HUB_CONSENSUS_STATE_BYTES = 8 * 1024


@dataclass(frozen=True, slots=True)
class HubConsensusState:
    """Time in seconds, state root, router's storage root and hash of a far block, and the hub's block that showed it.

    ``hub_consensus_state`` is in the format of the hub's light client. Raises MalformedHubMessage.
    """

    timestamp_s: int
    state_root: bytes
    storage_root: bytes
    block_hash: bytes
    hub_height: int
    hub_consensus_state: bytes

    def __post_init__(self) -> None:
        check_number("far block's time", self.timestamp_s, 1)
        check_number("hub's height", self.hub_height, 1)
        check_hash("state root", self.state_root)
        check_hash("storage root", self.storage_root)
        check_hash("block hash", self.block_hash)
        if not 1 <= len(self.hub_consensus_state) <= MAX_HUB_CONSENSUS_STATE_BYTES:
            raise MalformedHubMessage(
                "hub's consensus state has the wrong size",
                expected=f"1..{MAX_HUB_CONSENSUS_STATE_BYTES} bytes",
                found=len(self.hub_consensus_state),
            )

    @property
    def hub(self) -> ConsensusAt:
        """The hub's block, as its light client takes it."""
        return ConsensusAt(self.hub_height, self.hub_consensus_state)

    @property
    def far(self) -> tuple[int, bytes, bytes, bytes]:
        """What is said of the far block, whichever block of the hub said it."""
        return (self.timestamp_s, self.state_root, self.storage_root, self.block_hash)
