"""The hub's light client as this one needs it: the protocol, and a reading of any contract's storage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ibc.light_client import ConsensusAt, LightClient, TimeBounds


class StorageReader(Protocol):
    """A light client's reading of any contract's storage under a verified block."""

    def __call__(
        self,
        client_state: bytes,
        consensus: ConsensusAt,
        address: bytes,
        slot: bytes,
        account_proof: Sequence[bytes],
        storage_proof: Sequence[bytes],
        now: TimeBounds,
    ) -> bytes | None:
        """The proved word, None if it is zero; raises when the proof does not hold or the client must not be used."""
        ...


@dataclass(frozen=True, slots=True)
class HubChain:
    """How the hub is followed and read. Both speak of the same kind of client and consensus states."""

    light_client: LightClient
    read_storage: StorageReader
