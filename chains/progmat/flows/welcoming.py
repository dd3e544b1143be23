"""What the operator's node owes to a party that it has just admitted: its new network's present memberships.

And the results by which packages were approved, so that it can accept the epochs that name them.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from chains.progmat.contracts import membership as contract
from chains.progmat.contracts.membership import MembershipState
from chains.progmat.contracts.names import MEMBERSHIP
from chains.progmat.flows import peer_codec
from chains.progmat.flows.delivery import finality_of
from chains.progmat.flows.recording import MAX_MEMBERS, names_with_vault
from chains.progmat.flows.seams import Directory
from chains.progmat.flows.signed_records import decoded
from chains.progmat.node.storage import enqueue_effect, stored_transactions
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.vault.proposals import approving_results
from chains.progmat.vault.queries import members

MAX_RESULTS: Final = 16


def owe_memberships(
    connection: Connection, own_name: str, directory: Directory, flow_id: str, signed: SignedTransaction, now_s: int
) -> None:
    """Put them into the outbox when ``signed`` admits a member; its flow is done when all have arrived."""
    if not any((command.contract, command.name) == (MEMBERSHIP, contract.ISSUE) for command in signed.wire.commands):
        return
    for state in signed.wire.outputs:
        admitted = MembershipState.of(state)
        present = members(connection, admitted.network.name, MAX_MEMBERS)
        others: set[bytes] = {member.ref.tx_id for member in present if member.ref.tx_id != signed.id}
        others.update(approving_results(connection, admitted.network.name, MAX_RESULTS))
        if admitted.party.name == own_name or admitted.party.name not in names_with_vault(directory):
            continue
        for tx_id, stored in stored_transactions(connection, others).items():
            enqueue_effect(
                connection,
                effect_key=f"{flow_id}|{peer_codec.FINALISE}|{admitted.party.name}|{tx_id.hex()}",
                peer=admitted.party.name,
                method=peer_codec.FINALISE,
                body=finality_of(decoded(stored.signed_bytes)),
                now_s=now_s,
            )
