"""What the light client alone costs, and an acknowledgement: the measurements behind those gas benchmarks and tests.

Berlin rules, as `dvp_gas` says. Updates change an old ring slot, as all do after the deployment.
"""

from __future__ import annotations

from typing import Final

from tests.fakes.dvp_deployment import (
    CLIENT_ID,
    LEDGER_CLIENT_ID,
    RELAYER,
    SELLER,
    DvpDeployment,
    deploy_dvp,
    with_field,
)
from tests.fakes.evm_sandbox import Account, Contract
from tests.fakes.ibc_oracle import Packet, ack_commitment, terms_value

PROOF_DEPTH: Final = 20
SHARE: Final = 25
ANSWER: Final = bytes(range(32))
_TX_GAS: Final = 21_000
_PORT: Final = "pay"


def measure_update(threshold: int, size: int) -> int:
    """Gas of a transaction that brings one header to the light client, through the router."""
    deployment = deploy_dvp(threshold=threshold, size=size)
    deployment.tree_depth = PROOF_DEPTH
    deployment.sandbox.now_s += 1
    return deployment.update().gas_used


def measure_membership() -> int:
    """Execution gas of `verifyMembership` at depth 20, all siblings present, nothing of the client warm but itself."""
    deployment = deploy_dvp()
    deployment.tree_depth = PROOF_DEPTH
    packet = deployment.packet(deployment.terms())
    deployment.commit(packet)
    proof = deployment.proof(packet.commitment_path)
    message = (proof, (0, deployment.height), [packet.commitment_path], packet.commitment)
    receipt = deployment.light_client.transact("verifyMembership", message)
    data = deployment.light_client.encode("verifyMembership", message)
    return receipt.gas_used - _TX_GAS - sum(16 if byte else 4 for byte in data)


def measure_acknowledgements(packets: int) -> int:
    """Gas of update + acknowledgements of so many packets sent from here, each paying a fresh buyer, in one multicall.

    The app is `AckPayout`: it escrows real tokens and pays them out when the ledger's answer arrives.
    """
    deployment = deploy_dvp()
    app = deployment.sandbox.deploy("AckPayout", deployment.router.address)
    deployment.router.transact("addIBCApp", _PORT, app.address)
    deployment.token.transact("allow", app.address)
    deployment.token.transact("approve", app.address, (packets + 1) * SHARE, sender=SELLER)
    # the app keeps another trade's tokens, so that no refund flatters
    sent = [_sent(deployment, app, number) for number in range(packets + 1)][1:]
    deployment.tree_depth = PROOF_DEPTH
    deployment.writes |= {packet.ack_path: ack_commitment(ANSWER) for packet in sent}
    deployment.sandbox.now_s += 1

    router = deployment.router
    calls = [router.encode("updateClient", CLIENT_ID, deployment.header())]
    for packet in sent:
        message = (packet.abi, ANSWER, deployment.proof(packet.ack_path), (0, deployment.height))
        calls.append(router.encode("ackPacket", message))
    receipt = router.transact("multicall", calls, sender=RELAYER)
    paid = len(receipt.named("PaidOut"))
    if paid != packets:
        raise AssertionError(f"only {paid} of {packets} acknowledgements paid out: the measurement means nothing")
    return receipt.gas_used


def _sent(deployment: DvpDeployment, app: Contract, number: int) -> Packet:
    buyer = Account.named(f"buyer {number}")
    deployment.token.transact("allow", buyer.address)
    terms = with_field(deployment.terms(number, quantity=SHARE), "buyer", buyer.address)
    timeout_s = deployment.sandbox.now_s + 3600
    receipt = app.transact("lockAndSend", CLIENT_ID, timeout_s, terms)
    sequence = receipt.named("SendPacket")[0].args[1]
    payload = (_PORT, _PORT, "dvp-1", "application/x-solidity-abi", terms_value(terms))
    return Packet(sequence, CLIENT_ID, LEDGER_CLIENT_ID, timeout_s, (payload,))
