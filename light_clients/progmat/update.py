"""What a verified header does to the client: a new latest height, one consensus state, and the next validator set."""

from __future__ import annotations

from dataclasses import replace

from ibc.light_client import ConsensusAt, UpdateResult
from light_clients.progmat.checkpoint import Checkpoint
from light_clients.progmat.client_state import ProgmatClientState, RetiredSet, encode_client_state
from light_clients.progmat.errors import StaleHeader
from light_clients.progmat.header import CheckpointHeader

NO_UPDATE: tuple[ConsensusAt, ...] = ()


def apply_header(client_state: ProgmatClientState, header: CheckpointHeader) -> UpdateResult:
    """Checks nothing but the order of heights: call after `verify_client_message` and `check_for_misbehaviour`.

    A header at the latest height changes nothing (it was found equal by the misbehaviour check); a lower one raises
    StaleHeader, because consensus states are only ever added on top.
    """
    checkpoint = header.checkpoint
    if checkpoint.height < client_state.latest_height:
        raise StaleHeader(
            "checkpoint is below the client's latest height",
            expected=f"above {client_state.latest_height}",
            found=checkpoint.height,
        )
    if checkpoint.height == client_state.latest_height:
        return UpdateResult(encode_client_state(client_state), NO_UPDATE)
    updated = replace(
        client_state,
        latest_height=checkpoint.height,
        validator_set_hash=checkpoint.next_validator_set_hash,
        retired=_retired_by(client_state, checkpoint),
    )
    return UpdateResult(encode_client_state(updated), (ConsensusAt(checkpoint.height, checkpoint.consensus_state),))


def _retired_by(client_state: ProgmatClientState, checkpoint: Checkpoint) -> RetiredSet | None:
    """The set that this checkpoint is the last of, or the one that was retired before."""
    if checkpoint.next_validator_set_hash == client_state.validator_set_hash:
        return client_state.retired
    return RetiredSet(client_state.validator_set_hash, checkpoint.height, checkpoint.timestamp_s)
