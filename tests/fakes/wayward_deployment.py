"""A `WaywardApp` bound to a port of a deployed router: packets both ways, and an app that misbehaves on demand."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from tests.fakes.dvp_deployment import CLIENT_ID, LEDGER_CLIENT_ID, RELAYER, DvpDeployment, deploy_dvp
from tests.fakes.evm_sandbox import Contract, Receipt
from tests.fakes.ibc_oracle import Packet, ack_commitment
from tests.fakes.progmat_oracle import keccak

PORT: Final = "wayward"
LIFETIME_S: Final = 3600
ANSWER: Final = b"well received"


class Mood(IntEnum):
    """What the app does when the router calls it, as in WaywardApp.sol."""

    ANSWERS = 0
    ANSWERS_NOTHING = 1
    ANSWERS_UNIVERSAL_ERROR = 2
    REVERTS_WITH_REASON = 3
    REVERTS_WITHOUT_DATA = 4
    BURNS_ALL_GAS = 5
    REENTERS = 6
    ANSWERS_HUGELY = 7
    REVERTS_HUGELY = 8


@dataclass
class WaywardDeployment:
    """The app beside everything else."""

    dvp: DvpDeployment
    app: Contract

    def set_mood(self, mood: Mood, reentrant_call: bytes = b"") -> None:
        """Tell the app what to do."""
        self.app.transact("setMood", int(mood), reentrant_call)

    # ---------------------------------------------------------------------------------------------------- incoming

    def incoming(self, sequence: int = 1) -> Packet:
        """A packet the ledger has committed to and the light client knows."""
        payload = (PORT, PORT, "v1", "application/octet-stream", b"value %d" % sequence)
        timeout_s = self.dvp.sandbox.now_s + LIFETIME_S
        packet = Packet(sequence, LEDGER_CLIENT_ID, CLIENT_ID, timeout_s, (payload,))
        self.dvp.commit(packet)
        return packet

    # ---------------------------------------------------------------------------------------------------- outgoing

    def send(self) -> Packet:
        """The app sends its next packet."""
        payload = (PORT, PORT, "v1", "application/octet-stream", b"outgoing")
        timeout_s = self.dvp.sandbox.now_s + LIFETIME_S
        receipt = self.app.transact("send", CLIENT_ID, timeout_s, payload)
        sequence = receipt.named("SendPacket")[0].args[1]
        return Packet(sequence, CLIENT_ID, LEDGER_CLIENT_ID, timeout_s, (payload,))

    def answer(self, packet: Packet, acknowledgement: bytes = ANSWER) -> None:
        """The ledger receives a packet and acknowledges it, and the light client learns it."""
        self.dvp.writes[packet.receipt_path] = packet.receipt
        self.dvp.writes[packet.ack_path] = ack_commitment(acknowledgement)
        self.dvp.update()

    def acknowledge(self, packet: Packet, acknowledgement: bytes = ANSWER) -> Receipt:
        """Relay the acknowledgement."""
        proof = self.dvp.proof(packet.ack_path)
        message = (packet.abi, acknowledgement, proof, (0, self.dvp.height))
        return self.dvp.router.transact("ackPacket", message, sender=RELAYER)

    def time_out(self, packet: Packet) -> Receipt:
        """Relay the absence of a receipt."""
        message = (packet.abi, self.dvp.proof(packet.receipt_path), (0, self.dvp.height))
        return self.dvp.router.transact("timeoutPacket", message, sender=RELAYER)

    def commitment_of(self, path: bytes) -> bytes:
        """What the router's store holds at a path."""
        return bytes(self.dvp.router.call("getCommitment", keccak(path)))


def deploy_wayward() -> WaywardDeployment:
    """Everything, and the app bound to its port."""
    dvp = deploy_dvp()
    app = dvp.sandbox.deploy("WaywardApp", dvp.router.address)
    dvp.router.transact("addIBCApp", PORT, app.address)
    return WaywardDeployment(dvp, app)
