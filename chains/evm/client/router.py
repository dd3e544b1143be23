"""The IBC v2 router (ICS26Router): calls of the published ABI, its views, and its events as packets.

Works with any router of that ABI. Calls are returned, not sent: the relayer bundles them with `multicall`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from chains.evm.client.abi import HEIGHT_TYPE, AbiEvent, AbiFunction, EvmCall
from chains.evm.client.node_types import BlockTag, EvmLog
from chains.evm.client.rpc import BlockId, EvmRpc
from chains.evm.errors import NodeMisbehaved
from ibc.packet import PACKET_ABI_TYPE, Packet, abi_values, packet_of_abi_values
from primitives.errors import InvalidArgument
from primitives.keccak import keccak256

COUNTERPARTY_TYPE: Final = "(string,bytes[])"

RECV_PACKET: Final = AbiFunction("recvPacket", (f"({PACKET_ABI_TYPE},bytes,{HEIGHT_TYPE})",))
ACK_PACKET: Final = AbiFunction("ackPacket", (f"({PACKET_ABI_TYPE},bytes,bytes,{HEIGHT_TYPE})",))
TIMEOUT_PACKET: Final = AbiFunction("timeoutPacket", (f"({PACKET_ABI_TYPE},bytes,{HEIGHT_TYPE})",))
RECV_PACKETS: Final = AbiFunction(
    "recvPackets",
    (f"(string,string,string,string,string,string,(uint64,uint64,bytes)[],bytes,{HEIGHT_TYPE})",),
)
MULTICALL: Final = AbiFunction("multicall", ("bytes[]",), ("bytes[]",))
ADD_CLIENT: Final = AbiFunction("addClient", ("string", COUNTERPARTY_TYPE, "address"), ("string",))
MIGRATE_CLIENT: Final = AbiFunction("migrateClient", ("string", COUNTERPARTY_TYPE, "address"))
UPDATE_CLIENT: Final = AbiFunction("updateClient", ("string", "bytes"), ("uint8",))
SUBMIT_MISBEHAVIOUR: Final = AbiFunction("submitMisbehaviour", ("string", "bytes"))
ADD_IBC_APP: Final = AbiFunction("addIBCApp", ("string", "address"))
GRANT_ROLE: Final = AbiFunction("grantRole", ("bytes32", "address"))
GET_IBC_APP: Final = AbiFunction("getIBCApp", ("string",), ("address",))
GET_CLIENT: Final = AbiFunction("getClient", ("string",), ("address",))
GET_COUNTERPARTY: Final = AbiFunction("getCounterparty", ("string",), (COUNTERPARTY_TYPE,))
GET_NEXT_CLIENT_SEQ: Final = AbiFunction("getNextClientSeq", (), ("uint256",))
GET_COMMITMENT: Final = AbiFunction("getCommitment", ("bytes32",), ("bytes32",))

_MOST_READ_TOGETHER: Final = 200
_PACKET_EVENT: Final = ("string", "uint256", PACKET_ABI_TYPE)
_INDEXED: Final = ("string", "uint256")
SEND_PACKET_EVENT: Final = AbiEvent("SendPacket", _PACKET_EVENT, _INDEXED, (PACKET_ABI_TYPE,))
WRITE_ACKNOWLEDGEMENT_EVENT: Final = AbiEvent(
    "WriteAcknowledgement", (*_PACKET_EVENT, "bytes[]"), _INDEXED, (PACKET_ABI_TYPE, "bytes[]")
)
ACK_PACKET_EVENT: Final = AbiEvent("AckPacket", (*_PACKET_EVENT, "bytes"), _INDEXED, (PACKET_ABI_TYPE, "bytes"))
TIMEOUT_PACKET_EVENT: Final = AbiEvent("TimeoutPacket", _PACKET_EVENT, _INDEXED, (PACKET_ABI_TYPE,))
NOOP_EVENT: Final = AbiEvent("Noop", (), (), ())
_PACKET_EVENTS: Final = {
    event.topic0: event
    for event in (SEND_PACKET_EVENT, WRITE_ACKNOWLEDGEMENT_EVENT, ACK_PACKET_EVENT, TIMEOUT_PACKET_EVENT)
}
PACKET_TOPICS: Final = tuple(_PACKET_EVENTS)


@dataclass(frozen=True)
class Counterparty:
    """The other side of a client: its id there, and the prefix of its commitment paths."""

    client_id: str
    merkle_prefix: tuple[bytes, ...]


@dataclass(frozen=True)
class SendPacketEvent:
    """A packet left for the other chain."""

    packet: Packet
    log: EvmLog


@dataclass(frozen=True)
class WriteAcknowledgementEvent:
    """A packet was received; `acknowledgements` were written, one a payload."""

    packet: Packet
    acknowledgements: tuple[bytes, ...]
    log: EvmLog


@dataclass(frozen=True)
class AckPacketEvent:
    """An acknowledgement of our packet was processed."""

    packet: Packet
    acknowledgement: bytes
    log: EvmLog


@dataclass(frozen=True)
class TimeoutPacketEvent:
    """Our packet timed out."""

    packet: Packet
    log: EvmLog


RouterEvent = SendPacketEvent | WriteAcknowledgementEvent | AckPacketEvent | TimeoutPacketEvent


@dataclass(frozen=True)
class Router:
    """One router contract. `takes_batches`: it has our batch entry beside the published ABI."""

    address: bytes
    takes_batches: bool = False

    def recv_packet(self, packet: Packet, proof: bytes, height: int) -> EvmCall:
        """Receive a packet by a membership proof of its commitment."""
        return RECV_PACKET.call(self.address, (abi_values(packet), proof, _height(height)))

    def recv_packets(self, packets: Sequence[Packet], proof: bytes, height: int) -> EvmCall:
        """Receive packets of one route by one proof of all their commitments, in the order the proof is about them.

        An entry of our own router, beside the published ABI. The packets must be of one `batch_route`.
        """
        first = packets[0]
        if any(batch_route(packet) != batch_route(first) for packet in packets):
            raise InvalidArgument("packets of one batch differ in sequence, time-out and value only")
        lines = [(packet.sequence, packet.timeout_s, packet.payloads[0].value) for packet in packets]
        return RECV_PACKETS.call(self.address, (*batch_route(first), lines, proof, _height(height)))

    def ack_packet(self, packet: Packet, acknowledgement: bytes, proof: bytes, height: int) -> EvmCall:
        """Process an acknowledgement by a membership proof of its commitment."""
        return ACK_PACKET.call(self.address, (abi_values(packet), acknowledgement, proof, _height(height)))

    def timeout_packet(self, packet: Packet, proof: bytes, height: int) -> EvmCall:
        """Time a packet out by a proof that its receipt is absent."""
        return TIMEOUT_PACKET.call(self.address, (abi_values(packet), proof, _height(height)))

    def update_client(self, client_id: str, client_message: bytes) -> EvmCall:
        """Bring a header to a light client."""
        return UPDATE_CLIENT.call(self.address, client_id, client_message)

    def submit_misbehaviour(self, client_id: str, evidence: bytes) -> EvmCall:
        """Freeze a light client by evidence."""
        return SUBMIT_MISBEHAVIOUR.call(self.address, client_id, evidence)

    def multicall(self, *calls: EvmCall) -> EvmCall:
        """Bundle calls of this router into one transaction; one failing call reverts all."""
        return MULTICALL.call(self.address, [call.data for call in calls])

    def add_client(self, client_id: str, counterparty: Counterparty, light_client: bytes) -> EvmCall:
        """Register a light client contract under an id."""
        values = (counterparty.client_id, list(counterparty.merkle_prefix))
        return ADD_CLIENT.call(self.address, client_id, values, light_client)

    def migrate_client(self, client_id: str, counterparty: Counterparty, light_client: bytes) -> EvmCall:
        """Put another light client contract behind an id: only with the role of a client migrator."""
        values = (counterparty.client_id, list(counterparty.merkle_prefix))
        return MIGRATE_CLIENT.call(self.address, client_id, values, light_client)

    def add_ibc_app(self, port: str, app: bytes) -> EvmCall:
        """Bind an app to a port."""
        return ADD_IBC_APP.call(self.address, port, app)

    def grant_role(self, role: str, member: bytes) -> EvmCall:
        """Give a role by its name, e.g. RELAYER; the zero address stands for everybody."""
        return GRANT_ROLE.call(self.address, role_id(role), member)

    async def commitment(self, rpc: EvmRpc, path: bytes, block: BlockId = BlockTag.LATEST) -> bytes | None:
        """Give what is stored under an IBC path, None if nothing is."""
        (stored,) = await self._read(rpc, GET_COMMITMENT, keccak256(path), block=block)
        return bytes(stored) if any(stored) else None

    async def commitments(self, rpc: EvmRpc, paths: Sequence[bytes]) -> list[bytes | None]:
        """Give what is stored under IBC paths by now, None where nothing is; in few exchanges."""
        found: list[bytes | None] = []
        for start in range(0, len(paths), _MOST_READ_TOGETHER):
            wanted = paths[start : start + _MOST_READ_TOGETHER]
            reading = self.multicall(*(GET_COMMITMENT.call(self.address, keccak256(path)) for path in wanted))
            (answers,) = MULTICALL.decode_output(await rpc.call(reading))
            words = [bytes(GET_COMMITMENT.decode_output(answer)[0]) for answer in answers]
            if len(words) != len(wanted):
                raise NodeMisbehaved("commitments", f"{len(wanted)} words", f"{len(words)} words")
            found += [word if any(word) else None for word in words]
        return found

    async def light_client_of(self, rpc: EvmRpc, client_id: str) -> bytes:
        """Give the address of a client's light client contract."""
        (address,) = await self._read(rpc, GET_CLIENT, client_id)
        return bytes.fromhex(address[2:])

    async def counterparty_of(self, rpc: EvmRpc, client_id: str) -> Counterparty:
        """Give a client's counterparty."""
        ((counterparty_id, prefix),) = await self._read(rpc, GET_COUNTERPARTY, client_id)
        return Counterparty(counterparty_id, tuple(prefix))

    async def app_of(self, rpc: EvmRpc, port: str) -> bytes:
        """Give the address of a port's app."""
        (address,) = await self._read(rpc, GET_IBC_APP, port)
        return bytes.fromhex(address[2:])

    async def next_client_sequence(self, rpc: EvmRpc) -> int:
        """Give the number of the next client that is added without a chosen id."""
        (sequence,) = await self._read(rpc, GET_NEXT_CLIENT_SEQ)
        return int(sequence)

    async def _read(
        self, rpc: EvmRpc, function: AbiFunction, *arguments: object, block: BlockId = BlockTag.LATEST
    ) -> tuple[Any, ...]:
        return function.decode_output(await rpc.call(function.call(self.address, *arguments), block))

    def event_of(self, log: EvmLog) -> RouterEvent | None:
        """Read a log as one of the four packet events, None for any other. Raises `DecodeError`, `InvalidPacket`."""
        if log.address != self.address or not log.topics:
            return None
        event = _PACKET_EVENTS.get(log.topics[0])
        if event is None:
            return None
        event.require_topics(log.topics)
        packet, *others = _packet_and_others(event, log.data)
        if event is SEND_PACKET_EVENT:
            return SendPacketEvent(packet, log)
        if event is WRITE_ACKNOWLEDGEMENT_EVENT:
            return WriteAcknowledgementEvent(packet, others[0], log)
        if event is ACK_PACKET_EVENT:
            return AckPacketEvent(packet, others[0], log)
        return TimeoutPacketEvent(packet, log)


def role_id(name: str) -> bytes:
    """Give the id of one of the contracts' roles."""
    return keccak256(b"crossdvp.role." + name.encode("ascii"))


def batch_route(packet: Packet) -> tuple[str, str, str, str, str, str]:
    """Give what the packets of one batch have in common: clients, ports, version and encoding."""
    payload = packet.payloads[0]
    ports = (payload.source_port, payload.destination_port)
    return (packet.source_client, packet.destination_client, *ports, payload.version, payload.encoding)


def _height(height: int) -> tuple[int, int]:
    # revisions are a Cosmos notion: neither of our chains has them
    return (0, height)


@lru_cache(maxsize=1024)
def _packet_and_others(event: AbiEvent, data: bytes) -> tuple[Any, ...]:
    """The packet in an event and what else is there. A receipt and the chain's log show the same event one by one."""
    values, *others = event.decode_body(data)
    return packet_of_abi_values(values), *others
