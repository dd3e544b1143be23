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
from tests.fakes.evm_sandbox import GENESIS_TIME_S, Account
from tests.fakes.ibc_oracle import Packet, ack_commitment, terms_value, window

PROOF_DEPTH: Final = 20
SHARE: Final = 25
LEAD_SECURITIES: Final = 2
_TX_GAS: Final = 21_000


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

    Securities lead: `DvpApp` and its escrow adapter hold real tokens and deliver when the ledger's answer arrives.
    """
    deployment = deploy_dvp()
    # the adapter keeps another trade's tokens, so that no refund flatters
    deployment.token.transact("approve", deployment.adapter.address, (packets + 1) * SHARE, sender=SELLER)
    sent = [_sent(deployment, number) for number in range(packets + 1)][1:]
    deployment.tree_depth = PROOF_DEPTH
    deployment.writes |= {packet.ack_path: ack_commitment(answer) for packet, answer in sent}
    deployment.sandbox.now_s += 1

    router = deployment.router
    calls = [router.encode("updateClient", CLIENT_ID, deployment.header())]
    for packet, answer in sent:
        message = (packet.abi, answer, deployment.proof(packet.ack_path), (0, deployment.height))
        calls.append(router.encode("ackPacket", message))
    receipt = router.transact("multicall", calls, sender=RELAYER)
    paid = len(receipt.named("Delivered"))
    if paid != packets:
        raise AssertionError(f"only {paid} of {packets} acknowledgements delivered: the measurement means nothing")
    return receipt.gas_used


def _sent(deployment: DvpDeployment, number: int) -> tuple[Packet, bytes]:
    """A trade locked and sent, and the ledger's answer that it was paid."""
    buyer = Account.named(f"buyer {number}")
    deployment.token.transact("allow", buyer.address)
    timeout_s = GENESIS_TIME_S + 3600
    terms = with_field(deployment.terms(number, quantity=SHARE), "buyer", buyer.address)
    terms = with_field(terms, "window", window(LEAD_SECURITIES, GENESIS_TIME_S + 1800, timeout_s))
    receipt = deployment.app.transact("lockAndSend", terms, sender=SELLER)
    sequence = receipt.named("SendPacket")[0].args[1]
    payload = ("dvp", "dvp", "dvp-1", "application/x-solidity-abi", terms_value(terms))
    packet = Packet(sequence, CLIENT_ID, LEDGER_CLIENT_ID, timeout_s, (payload,))
    return packet, deployment.terms_hash(terms)
