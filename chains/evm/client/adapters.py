"""Token adapters: which families there are, how one is deployed, and what each can be asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from chains.evm.client.abi import AbiFunction, EvmCall
from chains.evm.client.adapter_family import AdapterFamily
from chains.evm.client.artifacts import load_artifact
from chains.evm.client.dvp_app import TERMS_TYPE, payload_words
from chains.evm.client.node_types import BlockTag
from chains.evm.client.revert_reason import revert_reason
from chains.evm.client.rpc import BlockId, EvmRpc
from chains.evm.errors import DeploymentInvalid, RevertReason
from ibc.dvp import DvpPayload

EARMARK_OF: Final = AbiFunction("earmarkOf", ("bytes32",), ("bytes32",))
EARMARK_SLOT: Final = AbiFunction("earmarkSlot", ("bytes32",), ("bytes32",))
FAMILY: Final = AbiFunction("family", (), ("string",))
OBSTACLE: Final = AbiFunction("obstacle", (TERMS_TYPE,), ("bytes",))
INTERFERENCE: Final = AbiFunction("interference", (f"{TERMS_TYPE}[]",), ("bytes[]",))


_ARTIFACTS: Final = {
    AdapterFamily.ESCROW: "EscrowAdapter",
    AdapterFamily.ERC3643: "Erc3643Adapter",
    AdapterFamily.ERC7943: "Erc7943Adapter",
    AdapterFamily.IBET_DVP: "IbetDvpAdapter",
    AdapterFamily.IBET_LOCK: "IbetLockAdapter",
}
_WITH_TOKEN_LIST: Final = {AdapterFamily.IBET_DVP, AdapterFamily.IBET_LOCK}


@dataclass(frozen=True)
class AdapterPlan:
    """An adapter to deploy. `exchange`: the ibet exchange whose deliveries it ends, for that family only."""

    family: AdapterFamily
    exchange: bytes = b""

    def __post_init__(self) -> None:
        if (self.family is AdapterFamily.IBET_DVP) != bool(self.exchange):
            raise DeploymentInvalid(f"adapter {self.family}: {AdapterFamily.IBET_DVP} needs an exchange, no other does")

    def creation_code(self, app: bytes, owner: bytes) -> bytes:
        """Give the data of the creating transaction; `owner` keeps the list of tokens where there is one."""
        arguments = [app, *([self.exchange] if self.exchange else [])]
        if self.family in _WITH_TOKEN_LIST:
            arguments.append(owner)
        return load_artifact(_ARTIFACTS[self.family]).creation_code(*arguments)


ESCROW: Final = AdapterPlan(AdapterFamily.ESCROW)


@dataclass(frozen=True)
class AdapterBinding:
    """One adapter. It changes anything for its app only: here are the questions."""

    address: bytes

    async def family(self, rpc: EvmRpc) -> AdapterFamily:
        """Give the family. Raises `ValueError` for a name that is none."""
        (name,) = await self._read(rpc, FAMILY)
        return AdapterFamily(name)

    async def earmark_of(self, rpc: EvmRpc, trade_id: bytes, block: BlockId = BlockTag.LATEST) -> bytes | None:
        """Give the terms hash while the trade is earmarked here."""
        (stored,) = await self._read(rpc, EARMARK_OF, trade_id, block=block)
        return bytes(stored) if any(stored) else None

    async def obstacle(self, rpc: EvmRpc, payload: DvpPayload, block: BlockId = BlockTag.LATEST) -> RevertReason | None:
        """Give what the family's rules have against delivering now, None if nothing.

        `DvpAppBinding.preflight` asks this first and then tries; it finds more.
        """
        (encoded,) = await self._read(rpc, OBSTACLE, payload_words(payload), block=block)
        return revert_reason(encoded) if encoded else None

    async def interference(
        self, rpc: EvmRpc, open_trades: Sequence[DvpPayload], block: BlockId = BlockTag.LATEST
    ) -> tuple[RevertReason, ...]:
        """Give what somebody has done to the tokens of open trades; all are of one token."""
        words = [payload_words(payload) for payload in open_trades]
        (alarms,) = await self._read(rpc, INTERFERENCE, words, block=block)
        return tuple(revert_reason(alarm) for alarm in alarms)

    async def _read(
        self, rpc: EvmRpc, function: AbiFunction, *arguments: object, block: BlockId = BlockTag.LATEST
    ) -> tuple[Any, ...]:
        call: EvmCall = function.call(self.address, *arguments)
        return function.decode_output(await rpc.call(call, block))
