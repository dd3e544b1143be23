"""The DvpApp contract: earmarks, their release, and its events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from chains.evm.client.abi import HEIGHT_TYPE, AbiEvent, AbiFunction, EvmCall, address_word
from chains.evm.client.node_types import BlockTag, EvmLog
from chains.evm.client.revert_reason import revert_reason
from chains.evm.client.router import packet_values
from chains.evm.client.rpc import BlockId, EvmRpc
from chains.evm.errors import RevertReason
from ibc.dvp import DvpPayload, SettlementTerms, dvp_payload_of
from ibc.packet import PACKET_ABI_TYPE, Packet
from primitives.mpt import mapping_slot

TERMS_TYPE: Final = "(bytes32,address,address,uint256,address,address,bytes32,uint256)"
# ERC-7201 "crossdvp.storage.DvpApp"
EARMARKS_SLOT: Final = bytes.fromhex("e244dbc3fb6c8375bfda661893256341c1aca98e8f7e69811a70d9785827f100")
SPENT_EARMARK: Final = (1).to_bytes(32, "big")
"""What stands under a trade id after delivery or release."""

EARMARK: Final = AbiFunction("earmark", (TERMS_TYPE,))
RECLAIM: Final = AbiFunction("reclaim", (TERMS_TYPE,))
RELEASE_CANCELLED: Final = AbiFunction("releaseCancelled", (TERMS_TYPE, "bytes", HEIGHT_TYPE))
RELEASE_REFUSED: Final = AbiFunction("releaseRefused", (TERMS_TYPE, PACKET_ABI_TYPE))
EARMARK_OF: Final = AbiFunction("earmarkOf", ("bytes32",), ("bytes32",))
TERMS_HASH_OF: Final = AbiFunction("termsHashOf", (TERMS_TYPE,), ("bytes32",))
PREFLIGHT: Final = AbiFunction("preflight", (TERMS_TYPE,), ("bytes4", "bytes"))
EARMARK_MARGIN: Final = AbiFunction("EARMARK_MARGIN", (), ("uint256",))

EARMARKED_EVENT: Final = AbiEvent(
    "Earmarked",
    ("bytes32", "address", "address", "address", "uint256", "bytes32"),
    ("bytes32", "address", "address"),
    ("address", "uint256", "bytes32"),
)
DELIVERED_EVENT: Final = AbiEvent("Delivered", ("bytes32", "bytes32"), ("bytes32",), ("bytes32",))
RELEASED_EVENT: Final = AbiEvent("Released", ("bytes32", "bytes32"), ("bytes32",), ("bytes32",))


@dataclass(frozen=True)
class EarmarkedEvent:
    """The seller's tokens are held for a trade."""

    trade_id: bytes
    token: bytes
    seller: bytes
    buyer: bytes
    quantity: int
    terms_hash: bytes
    log: EvmLog


@dataclass(frozen=True)
class DeliveredEvent:
    """The tokens went to the buyer."""

    trade_id: bytes
    terms_hash: bytes
    log: EvmLog


@dataclass(frozen=True)
class ReleasedEvent:
    """The tokens went back to the seller."""

    trade_id: bytes
    terms_hash: bytes
    log: EvmLog


DvpAppEvent = EarmarkedEvent | DeliveredEvent | ReleasedEvent


@dataclass(frozen=True)
class DvpAppBinding:
    """One DvpApp contract, which is also the adapter of its own escrow."""

    address: bytes

    def earmark(self, terms: SettlementTerms) -> EvmCall:
        """Hold the seller's tokens; the seller sends it, having approved the quantity."""
        return EARMARK.call(self.address, _words(terms))

    def reclaim(self, terms: SettlementTerms) -> EvmCall:
        """Give the tokens back after settle-by and the margin."""
        return RECLAIM.call(self.address, _words(terms))

    def release_cancelled(self, terms: SettlementTerms, proof: bytes, height: int) -> EvmCall:
        """Give the tokens back by a proof that the ledger cancelled the trade."""
        return RELEASE_CANCELLED.call(self.address, _words(terms), proof, (0, height))

    def release_refused(self, terms: SettlementTerms, packet: Packet) -> EvmCall:
        """Give the tokens back because this chain has refused the trade's packet."""
        return RELEASE_REFUSED.call(self.address, _words(terms), packet_values(packet))

    async def earmark_of(self, rpc: EvmRpc, trade_id: bytes, block: BlockId = BlockTag.LATEST) -> bytes | None:
        """Give the terms hash while earmarked, `SPENT_EARMARK` afterwards, None if the id was never used."""
        (stored,) = await self._read(rpc, EARMARK_OF, trade_id, block=block)
        return bytes(stored) if any(stored) else None

    async def terms_hash_of(self, rpc: EvmRpc, terms: SettlementTerms) -> bytes:
        """Give the hash as the contract computes it."""
        (found,) = await self._read(rpc, TERMS_HASH_OF, _words(terms))
        return bytes(found)

    async def preflight(
        self, rpc: EvmRpc, terms: SettlementTerms, block: BlockId = BlockTag.LATEST
    ) -> RevertReason | None:
        """Give what would keep a packet with these terms from delivering now, None if nothing."""
        selector, evidence = await self._read(rpc, PREFLIGHT, _words(terms), block=block)
        return revert_reason(evidence) if any(selector) else None

    async def earmark_margin_s(self, rpc: EvmRpc) -> int:
        """Give the seconds after settle-by from which an earmark can be reclaimed."""
        (margin_s,) = await self._read(rpc, EARMARK_MARGIN)
        return int(margin_s)

    async def _read(
        self, rpc: EvmRpc, function: AbiFunction, *arguments: object, block: BlockId = BlockTag.LATEST
    ) -> tuple[Any, ...]:
        return function.decode_output(await rpc.call(function.call(self.address, *arguments), block))

    def event_of(self, log: EvmLog) -> DvpAppEvent | None:
        """Read a log as one of this contract's events, None for any other. Raises `DecodeError`."""
        if log.address != self.address or not log.topics:
            return None
        match log.topics[0]:
            case EARMARKED_EVENT.topic0:
                (trade_id, token, seller), body = EARMARKED_EVENT.decode(log.topics, log.data)
                buyer, quantity, terms_hash = body
                return EarmarkedEvent(
                    trade_id,
                    address_word(token),
                    address_word(seller),
                    bytes.fromhex(buyer[2:]),
                    quantity,
                    terms_hash,
                    log,
                )
            case DELIVERED_EVENT.topic0:
                (trade_id,), (terms_hash,) = DELIVERED_EVENT.decode(log.topics, log.data)
                return DeliveredEvent(trade_id, terms_hash, log)
            case RELEASED_EVENT.topic0:
                (trade_id,), (terms_hash,) = RELEASED_EVENT.decode(log.topics, log.data)
                return ReleasedEvent(trade_id, terms_hash, log)
            case _:
                return None


def earmark_slot(trade_id: bytes) -> bytes:
    """Give the storage slot of an earmark, for storage proofs."""
    return mapping_slot(trade_id, EARMARKS_SLOT)


def _words(terms: SettlementTerms) -> tuple[bytes | int, ...]:
    payload: DvpPayload = dvp_payload_of(terms)
    return (
        *(payload.trade_id, payload.token, payload.adapter, payload.quantity),
        *(payload.seller, payload.buyer, payload.cash_hash, payload.window),
    )
