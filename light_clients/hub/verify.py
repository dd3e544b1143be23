"""Does the hub's state show this far block, and may it be taken over? Checks only."""

from __future__ import annotations

from ibc.light_client import ConsensusAt, TimeBounds
from light_clients.clock import latest_acceptable_s
from light_clients.hub.client_state import HubClientState
from light_clients.hub.errors import (
    FarClientFrozen,
    FarStateFromFuture,
    FarStateMismatch,
    FarStateStale,
)
from light_clients.hub.far_block import FarBlock, is_frozen, ring_place
from light_clients.hub.hub_chain import HubChain
from light_clients.hub.message import HubHeader


def validate_shown(
    client_state: HubClientState, hub: HubChain, hub_block: ConsensusAt, header: HubHeader, now: TimeBounds
) -> None:
    """Return if the hub's client, good and up to date at ``hub_block``, keeps what the header shows.

    ``hub_block`` has been verified by the hub's light client. Raises FarClientFrozen, FarStateMismatch, FarStateStale,
    FarStateFromFuture, or what the hub's reading raises for nodes that do not hold.
    """
    shown = header.shown

    def word(slot: bytes, proof: tuple[bytes, ...]) -> bytes | None:
        return hub.read_storage(
            client_state.hub_client_state, hub_block, client_state.contract, slot, header.account_proof, proof, now
        )

    if is_frozen(word(client_state.head_slot, header.head_proof), client_state.frozen_mask):
        raise FarClientFrozen("the hub's client of the far chain is frozen", found=client_state.contract)
    place = ring_place(shown.height, client_state.ring_slot, client_state.ring_layout)
    kept = word(place, header.ring_proof)
    if kept != shown.slot_value:
        raise FarStateMismatch(
            f"the hub's client keeps something else for height {shown.height}", expected=kept, found=shown.slot_value
        )
    _validate_time(client_state, hub.light_client.timestamp_at(hub_block.consensus_state), shown, now)


def _validate_time(client_state: HubClientState, hub_time_s: int, shown: FarBlock, now: TimeBounds) -> None:
    expiry_s = shown.timestamp_s + client_state.trusting_period_s
    if hub_time_s >= expiry_s:
        raise FarStateStale(
            "the far block was too old when the hub's block was made", expected=f"before {expiry_s}", found=hub_time_s
        )
    latest_s = latest_acceptable_s(client_state.max_clock_drift_s, now)
    if shown.timestamp_s > latest_s:
        raise FarStateFromFuture(
            "the far block is later than this verifier's clock allows; wait, or compare the clocks",
            expected=f"at most {latest_s}",
            found=shown.timestamp_s,
        )
