"""The DvpApp contract: earmarks, their release, packets it sends, and its events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from chains.evm.client.abi import HEIGHT_TYPE, AbiEvent, AbiFunction, EvmCall, address_word
from chains.evm.client.node_types import BlockTag, EvmLog
from chains.evm.client.revert_reason import revert_reason
from chains.evm.client.rpc import BlockId, EvmRpc
from chains.evm.errors import RevertReason
from ibc.dvp import DvpPayload, SettlementTerms, dvp_payload_of
from ibc.errors import InvalidTerms
from ibc.packet import PACKET_ABI_TYPE, Packet, abi_values
from primitives.mpt import mapping_slot
from primitives.types import Address

TermsWords = tuple[bytes | int, ...]

TERMS_TYPE: Final = "(bytes32,address,address,uint256,address,address,bytes32,uint256)"
# ERC-7201 "crossdvp.storage.DvpApp"
EARMARKS_SLOT: Final = bytes.fromhex("e244dbc3fb6c8375bfda661893256341c1aca98e8f7e69811a70d9785827f100")
SPENT_EARMARK: Final = (1).to_bytes(32, "big")
"""What the app says of a trade id after delivery or release."""
SELLER_MARK: Final = b"dvp1"
"""First four bytes of a trade id whose next twenty are its seller: nobody else can use it up."""

EARMARK: Final = AbiFunction("earmark", (TERMS_TYPE,))
EARMARK_WITH_DATA: Final = AbiFunction("earmark", (TERMS_TYPE, "bytes"))
LOCK_AND_SEND: Final = AbiFunction("lockAndSend", (TERMS_TYPE,), ("uint64",))
LOCK_AND_SEND_WITH_DATA: Final = AbiFunction("lockAndSend", (TERMS_TYPE, "bytes"), ("uint64",))
RECLAIM: Final = AbiFunction("reclaim", (TERMS_TYPE,))
RELEASE_CANCELLED: Final = AbiFunction("releaseCancelled", (TERMS_TYPE, "bytes", HEIGHT_TYPE))
RELEASE_REFUSED: Final = AbiFunction("releaseRefused", (TERMS_TYPE, PACKET_ABI_TYPE))
EARMARK_OF: Final = AbiFunction("earmarkOf", ("bytes32",), ("bytes32",))
TERMS_HASH_OF: Final = AbiFunction("termsHashOf", (TERMS_TYPE,), ("bytes32",))
PREFLIGHT: Final = AbiFunction("preflight", (TERMS_TYPE,), ("bytes4", "bytes"))
ADAPTER_OF: Final = AbiFunction("adapterOf", ("bytes32",), ("address",))
USABLE_FROM: Final = AbiFunction("usableFrom", ("address",), ("uint256",))
LIST_ADAPTER: Final = AbiFunction("listAdapter", ("address",))
RETIRE_ADAPTER: Final = AbiFunction("retireAdapter", ("address",))
EARMARK_MARGIN: Final = AbiFunction("EARMARK_MARGIN", (), ("uint256",))

EARMARKED_EVENT: Final = AbiEvent(
    "Earmarked",
    ("bytes32", "address", "address", "address", "address", "uint256", "bytes32", "uint256", "bytes32"),
    ("bytes32", "address", "address"),
    ("address", "address", "uint256", "bytes32", "uint256", "bytes32"),
)
PACKET_SENT_EVENT: Final = AbiEvent("PacketSent", ("bytes32", "bytes32", "uint64"), ("bytes32",), ("bytes32", "uint64"))
DELIVERED_EVENT: Final = AbiEvent("Delivered", ("bytes32", "bytes32"), ("bytes32",), ("bytes32",))
RELEASED_EVENT: Final = AbiEvent("Released", ("bytes32", "bytes32"), ("bytes32",), ("bytes32",))


@dataclass(frozen=True)
class EarmarkedEvent:
    """The seller's tokens are held for a trade. ``payload``: the eight words of its terms, all in the event."""

    payload: DvpPayload
    terms_hash: bytes
    log: EvmLog

    @property
    def trade_id(self) -> bytes:
        """The trade."""
        return self.payload.trade_id


@dataclass(frozen=True)
class PacketSentEvent:
    """The tokens are held, and packet ``sequence`` asks the ledger for the cash."""

    trade_id: bytes
    terms_hash: bytes
    sequence: int
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


DvpAppEvent = EarmarkedEvent | PacketSentEvent | DeliveredEvent | ReleasedEvent


@dataclass(frozen=True)
class DvpAppBinding:
    """One DvpApp contract."""

    address: bytes

    def earmark(self, terms: SettlementTerms, adapter_data: bytes = b"") -> EvmCall:
        """Hold the seller's tokens, cash leading; the seller sends it, having done what the adapter needs before."""
        if not adapter_data:
            return EARMARK.call(self.address, terms_words(terms))
        return EARMARK_WITH_DATA.call(self.address, terms_words(terms), adapter_data)

    def lock_and_send(self, terms: SettlementTerms, adapter_data: bytes = b"") -> EvmCall:
        """Hold the seller's tokens, securities leading, and send the packet; the seller sends it, as `earmark`."""
        if not adapter_data:
            return LOCK_AND_SEND.call(self.address, terms_words(terms))
        return LOCK_AND_SEND_WITH_DATA.call(self.address, terms_words(terms), adapter_data)

    def reclaim(self, terms: SettlementTerms) -> EvmCall:
        """Give the tokens back after settle-by and the margin."""
        return RECLAIM.call(self.address, terms_words(terms))

    def release_cancelled(self, terms: SettlementTerms, proof: bytes, height: int) -> EvmCall:
        """Give the tokens back by a proof that the ledger cancelled the trade."""
        return RELEASE_CANCELLED.call(self.address, terms_words(terms), proof, (0, height))

    def release_refused(self, terms: SettlementTerms, packet: Packet) -> EvmCall:
        """Give the tokens back because this chain has refused the trade's packet."""
        return RELEASE_REFUSED.call(self.address, terms_words(terms), abi_values(packet))

    async def earmark_of(self, rpc: EvmRpc, trade_id: bytes, block: BlockId = BlockTag.LATEST) -> bytes | None:
        """Give the terms hash while earmarked, `SPENT_EARMARK` afterwards, None if the id was never used."""
        (stored,) = await self._read(rpc, EARMARK_OF, trade_id, block=block)
        return bytes(stored) if any(stored) else None

    async def terms_hash_of(self, rpc: EvmRpc, terms: SettlementTerms) -> bytes:
        """Give the hash as the contract computes it."""
        (found,) = await self._read(rpc, TERMS_HASH_OF, terms_words(terms))
        return bytes(found)

    async def preflight(
        self, rpc: EvmRpc, terms: SettlementTerms, block: BlockId = BlockTag.LATEST
    ) -> RevertReason | None:
        """Give what would keep a packet with these terms from delivering now, None if nothing."""
        selector, evidence = await self._read(rpc, PREFLIGHT, terms_words(terms), block=block)
        return revert_reason(evidence) if any(selector) else None

    async def adapter_of(self, rpc: EvmRpc, trade_id: bytes) -> bytes | None:
        """Give the adapter that holds or held a trade's tokens, None if the id was never used."""
        (found,) = await self._read(rpc, ADAPTER_OF, trade_id)
        adapter = bytes.fromhex(found[2:])
        return adapter if any(adapter) else None

    async def usable_from_s(self, rpc: EvmRpc, adapter: bytes) -> int | None:
        """Give the time from which an adapter can hold new earmarks, None if it is not listed."""
        (time_s,) = await self._read(rpc, USABLE_FROM, adapter)
        return int(time_s) or None

    def list_adapter(self, adapter: bytes) -> EvmCall:
        """List an adapter for new earmarks after the delay (owner)."""
        return LIST_ADAPTER.call(self.address, adapter)

    def retire_adapter(self, adapter: bytes) -> EvmCall:
        """Take an adapter off the list at once; what it holds stays reachable (owner)."""
        return RETIRE_ADAPTER.call(self.address, adapter)

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
                return _earmarked(log)
            case PACKET_SENT_EVENT.topic0:
                (trade_id,), (terms_hash, sequence) = PACKET_SENT_EVENT.decode(log.topics, log.data)
                return PacketSentEvent(trade_id, terms_hash, sequence, log)
            case DELIVERED_EVENT.topic0:
                (trade_id,), (terms_hash,) = DELIVERED_EVENT.decode(log.topics, log.data)
                return DeliveredEvent(trade_id, terms_hash, log)
            case RELEASED_EVENT.topic0:
                (trade_id,), (terms_hash,) = RELEASED_EVENT.decode(log.topics, log.data)
                return ReleasedEvent(trade_id, terms_hash, log)
            case _:
                return None


def _earmarked(log: EvmLog) -> EarmarkedEvent:
    (trade_id, token, seller), body = EARMARKED_EVENT.decode(log.topics, log.data)
    adapter, buyer, quantity, cash, window, terms_hash = body
    payload = DvpPayload(
        trade_id=trade_id,
        token=Address(address_word(token)),
        adapter=Address(bytes.fromhex(adapter[2:])),
        quantity=quantity,
        seller=Address(address_word(seller)),
        buyer=Address(bytes.fromhex(buyer[2:])),
        cash_hash=cash,
        window=window,
    )
    return EarmarkedEvent(payload, terms_hash, log)


def seller_trade_id(seller: bytes, nonce: bytes) -> bytes:
    """Give the trade id that only `seller` can use; `nonce` is 8 bytes, new for each of the seller's trades."""
    if len(seller) != 20 or len(nonce) != 8:
        raise InvalidTerms("trade id names no seller", expected="20 bytes of seller, 8 of nonce", found=seller + nonce)
    return SELLER_MARK + seller + nonce


def earmark_slot(trade_id: bytes) -> bytes:
    """Give the storage slot of an earmark in its adapter, for storage proofs."""
    return mapping_slot(trade_id, EARMARKS_SLOT)


def terms_words(terms: SettlementTerms) -> TermsWords:
    """Give the eight words of the terms as ABI values."""
    return payload_words(dvp_payload_of(terms))


def payload_words(payload: DvpPayload) -> TermsWords:
    """Give the eight words of a payload as ABI values."""
    return (
        *(payload.trade_id, payload.token, payload.adapter, payload.quantity),
        *(payload.seller, payload.buyer, payload.cash_hash, payload.window),
    )
