"""What the chain says of instruments, read when it is asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chains.evm.client.adapter_family import AdapterFamily
from chains.evm.client.adapters import AdapterBinding
from chains.evm.client.deployment import Deployment, address_bytes
from chains.evm.client.rpc import EvmRpc
from chains.evm.client.token import TokenBinding
from chains.evm.client.token_details import TokenDetails, token_details
from chains.evm.errors import ExecutionReverted, RevertReason
from ibc.dvp import DvpPayload
from primitives.types import Address
from relayer.gateway.errors import BadRequest
from relayer.gateway.service_errors import InstrumentUnknown

_NAME = re.compile(r"instruments/([1-9][0-9]{0,19})-([0-9a-f]{40})-([0-9a-f]{40})")
_PROBE_WINDOW = (1 << 128) + (1 << 64) + 2  # cash leads, times that are long past: the adapter looks at neither


@dataclass(frozen=True)
class InstrumentKey:
    """Which token under which adapter of the gateway's chain."""

    chain_id: int
    token: bytes
    adapter: bytes

    @property
    def name(self) -> str:
        """The resource name."""
        return f"instruments/{self.chain_id}-{self.token.hex()}-{self.adapter.hex()}"

    @classmethod
    def parse(cls, name: str) -> InstrumentKey:
        """From a resource name. Raises ``BadRequest``."""
        found = _NAME.fullmatch(name)
        if found is None:
            raise BadRequest("name", "instruments/{chain id}-{token}-{adapter}, or an alias of yours", name[:200])
        return cls(int(found[1]), bytes.fromhex(found[2]), bytes.fromhex(found[3]))


@dataclass(frozen=True)
class InstrumentSeen:
    """An instrument as its chain describes it."""

    key: InstrumentKey
    family: AdapterFamily
    details: TokenDetails


@dataclass(frozen=True)
class AdmissionSeen:
    """Whether a token lets an address receive through an adapter: what it has against it, None if nothing."""

    refusal: RevertReason | None
    height: int
    time_s: int


_MOVED_BY_TRANSFER = {AdapterFamily.ESCROW, AdapterFamily.ERC3643, AdapterFamily.ERC7943}


class InstrumentReader:
    """Asks the chain's node."""

    def __init__(self, rpc: EvmRpc, deployment: Deployment) -> None:
        self._rpc = rpc
        self._chain_id = deployment.chain_id
        self._families = {address_bytes(at): AdapterFamily(name) for name, at in deployment.adapters.items()}
        first = next(iter(deployment.adapters.values()))
        self.configured = (InstrumentKey(deployment.chain_id, address_bytes(deployment.token), address_bytes(first)),)

    def family(self, key: InstrumentKey) -> AdapterFamily:
        """The adapter's. Raises ``InstrumentUnknown`` for another chain's, or an adapter that was not deployed."""
        family = self._families.get(key.adapter)
        if key.chain_id != self._chain_id or family is None:
            adapters = ", ".join(f"0x{adapter.hex()} ({name})" for adapter, name in self._families.items())
            raise InstrumentUnknown(key.name, f"served are chain {self._chain_id} and the adapters {adapters}")
        return family

    async def seen(self, key: InstrumentKey) -> InstrumentSeen:
        """Raises ``InstrumentUnknown``, or what the node says."""
        family = self.family(key)
        details = await token_details(self._rpc, key.token)
        if details is None:
            raise InstrumentUnknown(key.name, "there is no contract at the token's address")
        return InstrumentSeen(key, family, details)

    async def admission(self, key: InstrumentKey, holder: bytes) -> AdmissionSeen:
        """What the adapter, and then the token itself, has against this holder's receiving.

        Asked about no units at all: nobody holds any for this question, and rules about persons do not depend on how
        many. Raises ``InstrumentUnknown``, or what the node says.
        """
        family = self.family(key)
        block = await self._rpc.get_block()
        probe = DvpPayload(
            trade_id=b"\x01".rjust(32, b"\0"),
            token=Address(key.token),
            adapter=Address(key.adapter),
            quantity=0,
            seller=Address(key.adapter),
            buyer=Address(holder),
            cash_hash=bytes(32),
            window=_PROBE_WINDOW,
        )
        refusal = await AdapterBinding(key.adapter).obstacle(self._rpc, probe, block.height)
        if refusal is None and family in _MOVED_BY_TRANSFER:
            refusal = await self._transfer_refusal(key, holder, block.height)
        return AdmissionSeen(refusal, block.height, block.timestamp_s)

    async def _transfer_refusal(self, key: InstrumentKey, holder: bytes, height: int) -> RevertReason | None:
        """The token tries a transfer of nothing from the adapter, in a call that changes nothing."""
        try:
            await self._rpc.call(TokenBinding(key.token).transfer(holder, 0), height, key.adapter)
        except ExecutionReverted as error:
            return error.revert
        return None
