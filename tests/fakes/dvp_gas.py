"""What deliveries cost: the measurement behind the gas benchmarks and the gas test.

Berlin rules, gas of the whole transaction (intrinsic, calldata, execution, less refund). Four Validators of which three
sign; a proof of depth 20 for each packet with no empty sibling, as on a ledger of a million writes; every packet has a
buyer of its own who holds none of the token yet. The escrow keeps other trades' tokens, so that no refund flatters; the
light client is as it was deployed: it has paid for its ring of consensus states then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.fakes.dvp_deployment import CLIENT_ID, RELAYER, SELLER, DvpDeployment, deploy_dvp
from tests.fakes.evm_sandbox import Account
from tests.fakes.ibc_oracle import Packet

PROOF_DEPTH = 20
SHARE = 25


@dataclass(frozen=True)
class DeliveryGas:
    """Gas of one multicall and of the plain thing it is compared with."""

    packets: int
    multicall: int
    bare_transfer: int

    @property
    def per_packet(self) -> int:
        """Gas a packet, the update shared by all."""
        return self.multicall // self.packets


def measure_deliveries(packets: int) -> DeliveryGas:
    """Gas of update + receive + delivery of `packets` packets in one multicall, and of one bare token transfer."""
    return _measure(packets, _one_by_one)


def measure_joint_deliveries(packets: int) -> DeliveryGas:
    """The same through the router's batch entry: one proof of all commitments."""
    return _measure(packets, _together)


def _one_by_one(deployment: DvpDeployment, packets: list[Packet]) -> list[bytes]:
    return [deployment.router.encode("recvPacket", deployment.recv_args(packet)) for packet in packets]


def _together(deployment: DvpDeployment, packets: list[Packet]) -> list[bytes]:
    return [deployment.router.encode("recvPackets", deployment.recv_together_args(packets))]


def _measure(packets: int, receiving: Callable[[DvpDeployment, list[Packet]], list[bytes]]) -> DeliveryGas:
    deployment = deploy_dvp()
    deployment.tree_depth = PROOF_DEPTH
    deployment.earmark(deployment.terms(0))
    relayed = [_earmarked_packet(deployment, number) for number in range(1, packets + 1)]
    deployment.writes |= {packet.commitment_path: packet.commitment for packet in relayed}
    deployment.sandbox.now_s += 1

    router = deployment.router
    calls = [router.encode("updateClient", CLIENT_ID, deployment.header())]
    calls += receiving(deployment, relayed)
    receipt = router.transact("multicall", calls, sender=RELAYER, gas=50_000_000)
    delivered = len(receipt.named("Delivered"))
    if delivered != packets:
        raise AssertionError(f"only {delivered} of {packets} packets delivered: the measurement means nothing")
    return DeliveryGas(packets, receipt.gas_used, _bare_transfer(deployment))


def _earmarked_packet(deployment: DvpDeployment, number: int) -> Packet:
    terms = list(deployment.terms(number, quantity=SHARE))
    buyer = Account.named(f"buyer {number}")
    deployment.token.transact("allow", buyer.address)
    terms[5] = buyer.address
    deployment.earmark(tuple(terms))  # type: ignore[arg-type]  # the tuple's eight types survive the list
    return deployment.packet(tuple(terms), sequence=number)  # type: ignore[arg-type]  # as above


def _bare_transfer(deployment: DvpDeployment) -> int:
    """The same token handed to somebody who holds none yet, with no proof of anything."""
    receiver = Account.named("receiver")
    deployment.token.transact("allow", receiver.address)
    return deployment.token.transact("transfer", receiver.address, SHARE, sender=SELLER).gas_used
