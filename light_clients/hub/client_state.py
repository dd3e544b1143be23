"""What a client of a chain behind a hub remembers about itself."""

from __future__ import annotations

from dataclasses import dataclass, replace

from light_clients.hub.errors import MalformedHubMessage
from light_clients.hub.far_block import RingLayout
from light_clients.hub.fields import check_address, check_hash, check_number

MAX_HUB_CLIENT_STATE_BYTES = 8 * 1024


@dataclass(frozen=True, slots=True)
class HubClientState:
    """One far chain as followed through one hub.

    ``hub_client_state`` is in the format of the hub's light client, and binds the hub's chain id. ``contract`` is the
    far chain's light client on the hub; it is frozen if a bit of ``frozen_mask`` is set in its ``head_slot``, and keeps
    its ring at ``ring_slot``.
    ``chain_id``, ``router_address`` and ``store_slot`` are the far chain's. Heights are far heights, times in seconds.
    Raises MalformedHubMessage for a field out of range.
    """

    hub_client_state: bytes
    contract: bytes
    head_slot: bytes
    frozen_mask: bytes
    ring_slot: bytes
    ring_layout: RingLayout
    chain_id: int
    router_address: bytes
    store_slot: bytes
    latest_height: int
    trusting_period_s: int
    max_clock_drift_s: int
    frozen: bool

    def __post_init__(self) -> None:
        if not 1 <= len(self.hub_client_state) <= MAX_HUB_CLIENT_STATE_BYTES:
            raise MalformedHubMessage(
                "hub's client state has the wrong size",
                expected=f"1..{MAX_HUB_CLIENT_STATE_BYTES} bytes",
                found=len(self.hub_client_state),
            )
        check_address("contract on the hub", self.contract)
        check_address("router", self.router_address)
        check_hash("head slot", self.head_slot)
        check_hash("frozen mask", self.frozen_mask)
        if not any(self.frozen_mask):
            raise MalformedHubMessage("frozen mask has no bit", expected="one or more")
        check_hash("ring slot", self.ring_slot)
        check_hash("store slot", self.store_slot)
        check_number("chain id", self.chain_id, 1)
        check_number("latest height", self.latest_height, 1)
        check_number("trusting period in seconds", self.trusting_period_s, 1)
        check_number("clock drift in seconds", self.max_clock_drift_s, 0)

    def as_frozen(self) -> HubClientState:
        """The same client after proved misbehaviour of the hub or of the far chain."""
        return replace(self, frozen=True)

    def after(self, hub_client_state: bytes, height: int) -> HubClientState:
        """The same client with another state of the hub's light client, and this far height if it is a greater one."""
        return replace(self, hub_client_state=hub_client_state, latest_height=max(self.latest_height, height))
