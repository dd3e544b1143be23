"""What a client of a QBFT chain remembers about itself."""

from __future__ import annotations

from dataclasses import dataclass, replace

from light_clients.qbft.eras import QBFT_FROM_GENESIS, EngineEra, check_eras, eras_begun
from light_clients.qbft.errors import MalformedHeader, UnfitSubstitute
from primitives.types import UINT64_MAX

IBC_STORE_SLOT = bytes.fromhex("1260944489272988d9df285149b5aa1b0f48f2136d6f416159f840a3e0747600")
"""ERC-7201 slot of the published IBC v2 Solidity store ("ibc.storage.IBCStore")."""


@dataclass(frozen=True, slots=True)
class QbftClientState:
    """One chain as followed by one client.

    A header carries no chain id: it is bound here, and whoever uses the client compares it with what a packet's terms
    name. Router address 20 bytes, store slot 32 bytes, times in seconds. Raises MalformedHeader for a field out of
    range. ``eras`` say which engine reads which block.
    """

    chain_id: int
    router_address: bytes
    store_slot: bytes
    latest_height: int
    trusting_period_s: int
    max_clock_drift_s: int
    frozen: bool
    eras: tuple[EngineEra, ...] = QBFT_FROM_GENESIS

    def __post_init__(self) -> None:
        for what, number, least in (
            ("chain id", self.chain_id, 1),
            ("latest height", self.latest_height, 1),
            ("trusting period in seconds", self.trusting_period_s, 1),
            ("clock drift in seconds", self.max_clock_drift_s, 0),
        ):
            if not least <= number <= UINT64_MAX:
                raise MalformedHeader(f"{what} is out of range", expected=f"{least}..2^64-1", found=number)
        if len(self.router_address) != 20 or not any(self.router_address):
            raise MalformedHeader("router is no address", expected="20 bytes, not zero", found=self.router_address)
        if len(self.store_slot) != 32:
            raise MalformedHeader("store slot has the wrong size", expected="32 bytes", found=self.store_slot)
        check_eras(self.eras)

    def as_frozen(self) -> QbftClientState:
        """The same client after proved misbehaviour."""
        return replace(self, frozen=True)

    def at_least(self, height: int) -> QbftClientState:
        """The same client with this latest height, if it is a greater one."""
        return replace(self, latest_height=max(self.latest_height, height))

    def recovered_by(self, substitute: QbftClientState) -> QbftClientState:
        """This client with the substitute's state, active; UnfitSubstitute if that follows something else.

        Source: ibc-go's recovery of a Tendermint client. Heights, freezing and the trusting period may differ, and eras
        that this client's latest height has not reached: a migration it was not told of is why a client gets stuck.
        """
        height = self.latest_height
        for what, mine, others in (
            ("chain id", self.chain_id, substitute.chain_id),
            ("router", self.router_address, substitute.router_address),
            ("store slot", self.store_slot, substitute.store_slot),
            ("clock drift in seconds", self.max_clock_drift_s, substitute.max_clock_drift_s),
            ("eras begun", str(eras_begun(self.eras, height)), str(eras_begun(substitute.eras, height))),
        ):
            if mine != others:
                raise UnfitSubstitute(f"the substitute has another {what}", expected=mine, found=others)
        return replace(substitute, frozen=False)
