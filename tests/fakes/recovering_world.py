"""A settlement world whose light client is frozen, recovered by a substitute, and endorsed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chains.progmat.contracts.ibc_records import ClientRecord, record_of
from chains.progmat.contracts.membership import MemberRole
from chains.progmat.ibc_host.clients import (
    ClientMessagePlan,
    RecoveryPlan,
    build_client_creation,
    build_client_endorsement,
    build_client_freeze,
    build_client_recovery,
)
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import StateAndRef
from light_clients.qbft.codec import decode_client_state, encode_client_state
from tests.fakes.ledger_parties import (
    CN_B,
    LedgerParty,
    membership,
    membership_issue,
)
from tests.fakes.settlement_world import (
    COUNTERPARTY_CLIENT_ID,
    NOW_S,
    Locked,
    SettlementWorld,
    terms_of,
)

SUBSTITUTE_ID = "qbft-1"
Attack = Callable[[TransactionBuilder], TransactionBuilder]
"""What somebody makes of an honest transaction."""


class RecoveringWorld(SettlementWorld):
    """A settlement world whose client may have been frozen, with a substitute at hand."""

    def __init__(self) -> None:
        super().__init__()
        self.evm.seal(NOW_S - 5)
        self.own_records = dict(self.consensus)

    def freeze(self) -> StateAndRef:
        """Two blocks at one height end the client."""
        evidence = self.evm.equivocation(self.evm.height, 1)
        plan = ClientMessagePlan(self.client, self.consensus[1], evidence, CN_B.key, self.window)
        (self.client,) = self.ledger.commit(build_client_freeze(self.ledger.frame, self.registry, plan))
        return self.client

    @property
    def registry(self) -> Any:  # noqa: ANN401 # the registry's type is said where it is made
        return self.ledger.package.light_clients

    def make_substitute(self, client_id: str = SUBSTITUTE_ID, **changes: Any) -> tuple[StateAndRef, ...]:  # noqa: ANN401 # any field
        """A client that begins at the newest block; ``changes`` are to its QBFT client state."""
        height = self.evm.height
        state = replace(decode_client_state(self.evm.client_state(height)), **changes)
        record = ClientRecord(client_id, "qbft", encode_client_state(state), COUNTERPARTY_CLIENT_ID, (b"",))
        consensus_state = self.evm.consensus_state(height)
        return self.ledger.commit(
            build_client_creation(self.ledger.frame, self.registry, record, consensus_state, self.window)
        )

    def recovery(
        self, substitute: StateAndRef, consensus: StateAndRef, last: StateAndRef | None = None
    ) -> TransactionBuilder:
        plan = RecoveryPlan(self.client, substitute, consensus, self.window, last)
        return build_client_recovery(self.ledger.frame, self.registry, plan)

    def recover(self, client_id: str = SUBSTITUTE_ID) -> None:
        """Recover the client; from now on ``consensus`` are the substitute's records."""
        height = self.evm.height
        substitute, consensus = self.make_substitute(client_id)
        (self.client,) = self.ledger.commit(self.recovery(substitute, consensus))
        self.consensus = {height: consensus}

    def endorsement(self, issuer: StateAndRef | None = None) -> TransactionBuilder:
        return build_client_endorsement(self.ledger.frame, self.client, issuer or self.issuer_membership, self.window)

    def endorse(self) -> None:
        (self.client,) = self.ledger.commit(self.endorsement())

    def member(self, party: LedgerParty, role: MemberRole) -> StateAndRef:
        return self.ledger.commit(membership_issue(self.ledger.frame, membership(party, role)))[0]


def locked_in(world: RecoveringWorld) -> tuple[Locked, bytes]:
    """Cash is locked, the securities are delivered, and the client is frozen before anybody could unlock."""
    locked = world.lock(terms_of(), world.issue(2_000_000))
    acknowledgement = world.receive(locked)
    world.freeze()
    return locked, acknowledgement


def record_changed(**changes: Any) -> Attack:  # noqa: ANN401 # any field of the record
    def attack(builder: TransactionBuilder) -> TransactionBuilder:
        made = replace(record_of(builder.outputs[0]), **changes)
        return replace(builder, outputs=(replace(builder.outputs[0], data=made.encode()),))

    return attack


def signed_by(party: LedgerParty) -> Attack:
    def attack(builder: TransactionBuilder) -> TransactionBuilder:
        command = builder.commands[0]
        return replace(builder, commands=(replace(command, signers=(party.key, *command.signers[1:])),))

    return attack
