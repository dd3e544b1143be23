"""The light clients that run inside: QBFT's and the Progmat ledger's, and what a statement must say of their rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol

from ibc.light_client import ConsensusAt, LightClient, TimeBounds
from light_clients import progmat, qbft
from light_clients.progmat.client_state import decode_client_state as decode_progmat
from light_clients.qbft.codec import decode_client_state as decode_qbft


class InnerClientState(Protocol):
    """What both kinds of client state have; times in seconds."""

    @property
    def latest_height(self) -> int: ...  # noqa: D102 # the protocol's docstring says it
    @property
    def trusting_period_s(self) -> int: ...  # noqa: D102 # the protocol's docstring says it
    @property
    def max_clock_drift_s(self) -> int: ...  # noqa: D102 # the protocol's docstring says it


class StorageReader(Protocol):
    """A light client's reading of any contract's storage, such as ``light_clients.qbft.verify_storage_at``."""

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
        """The proved word, None if it is zero."""
        ...


@dataclass(frozen=True, slots=True)
class InnerKind:
    """One light client inside; `read_storage` only where the other chain has contracts."""

    light_client: LightClient
    decode_client_state: Callable[[bytes], InnerClientState]
    read_storage: StorageReader | None = None


INNER_KINDS: Final[Mapping[str, InnerKind]] = MappingProxyType(
    {
        "qbft": InnerKind(qbft.QbftLightClient(), decode_qbft, qbft.verify_storage_at),
        "progmat": InnerKind(progmat.ProgmatLightClient(), decode_progmat),
    }
)
"""By client type."""
