"""The second half of contract ``dvp_lock``: what an ``Unlock`` must look like, and what the other chain must have said.

The light client verifies the proof right here, on every node that checks the transaction; the issuer countersigns what
verifies and cannot invent an outcome.
"""

from __future__ import annotations

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.dvp_lock import DvpLockState, rules
from chains.progmat.contracts.dvp_lock_codec import AckEvidence, Evidence, TimeoutEvidence, decode_evidence
from chains.progmat.contracts.ibc_records import (
    ClientRecord,
    ConsensusRecord,
    referenced_client,
    referenced_consensus,
    require_endorsed,
    require_unexpired,
    time_bounds,
)
from chains.progmat.contracts.names import CASH, DVP_LOCK
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import Command, ProvableWrite, StateRef, delete_write
from ibc.acknowledgement import ack_commitment, is_error
from ibc.dvp import CashAccount
from ibc.light_client import LightClient, TimeBounds
from ibc.paths import ack_path, commitment_path, receipt_path
from ibc.timeout import validate_timed_out


def verify_unlock(
    command: Command, ledger_tx: LedgerTransaction, package: ContractPackage
) -> tuple[ProvableWrite, ...]:
    """Return the one write of an unlock: the packet's commitment is deleted.

    Raises DvpLockViolation, IbcClientViolation, TimeoutNotReached, or what the light client raises for a bad proof.
    """
    lock = _the_lock_and_its_cash_are_consumed(ledger_tx)
    rules.signed_by(f"the issuer {lock.issuer.name} signs", signer=lock.issuer.key, signers=ledger_tx.signers)
    evidence = decode_evidence(command.data)
    client = referenced_client(ledger_tx, lock.client_id)
    require_endorsed(client, lock.issuer)
    consensus = referenced_consensus(ledger_tx, client, evidence.height)
    light_client = package.light_clients.get(client.client_type)
    now = time_bounds(ledger_tx)
    require_unexpired(light_client, client, consensus, now)
    beneficiary = _beneficiary(lock, evidence, _Verifier(light_client, client, consensus, now))
    _only_the_beneficiary_is_paid(lock, beneficiary, ledger_tx)
    return (delete_write(commitment_path(lock.client_id, lock.packet.sequence)),)


def beneficiary_of_ack(lock: DvpLockState, acknowledgement: bytes) -> CashAccount:
    """Whom an acknowledgement pays: the hash of the terms the seller, the error acknowledgement the buyer.

    Raises DvpLockViolation for any other: the other chain's app broke the protocol, and the cash stays locked.
    """
    if acknowledgement == lock.terms_hash:
        return lock.terms.cash.seller
    if is_error(acknowledgement):
        return lock.terms.cash.buyer
    raise rules.broken(
        "the acknowledgement is the terms' hash or the error acknowledgement",
        expected=lock.terms_hash,
        found=acknowledgement,
    )


class _Verifier:
    """The light client at the referenced height, asked about one packet."""

    def __init__(
        self, light_client: LightClient, client: ClientRecord, consensus: ConsensusRecord, now: TimeBounds
    ) -> None:
        self._light_client = light_client
        self._client = client
        self._consensus = consensus
        self._now = now

    def require_acknowledged(self, lock: DvpLockState, evidence: AckEvidence) -> None:
        """The other chain stored the commitment of exactly this acknowledgement for exactly this packet."""
        packet = lock.packet
        self._light_client.verify_membership(
            self._client.client_state,
            self._consensus.at,
            evidence.proof,
            self._client.prefixed(ack_path(packet.destination_client, packet.sequence)),
            ack_commitment([evidence.acknowledgement]),
            self._now,
        )

    def require_timed_out(self, lock: DvpLockState, evidence: TimeoutEvidence) -> None:
        """The other chain had no receipt of this packet at a height whose time is at or past the time-out."""
        packet = lock.packet
        timestamp_s = self._light_client.verify_non_membership(
            self._client.client_state,
            self._consensus.at,
            evidence.proof,
            self._client.prefixed(receipt_path(packet.destination_client, packet.sequence)),
            self._now,
        )
        rules.equal("the proof's time is the recorded one", expected=self._consensus.timestamp_s, found=timestamp_s)
        validate_timed_out(packet.timeout_s, timestamp_s)


def _the_lock_and_its_cash_are_consumed(ledger_tx: LedgerTransaction) -> DvpLockState:
    """Two inputs and no more: the lock, and the cash that encumbers it."""
    rules.equal("a lock and its cash are consumed, nothing else", expected=2, found=len(ledger_tx.inputs))
    lock = rules.one("one lock is consumed", ledger_tx.inputs_of(DVP_LOCK))
    cash = rules.one("one cash state is consumed", ledger_tx.inputs_of(CASH))
    if lock.state.encumbrance is None:
        raise rules.broken("the lock is encumbered by its cash", expected="an encumbrance", found="none")
    partner = StateRef(lock.ref.tx_id, lock.state.encumbrance)
    rules.equal("the cash is the lock's own", expected=partner, found=cash.ref)
    return DvpLockState.of(lock.state)


def _beneficiary(lock: DvpLockState, evidence: Evidence, verifier: _Verifier) -> CashAccount:
    if isinstance(evidence, AckEvidence):
        verifier.require_acknowledged(lock, evidence)
        return beneficiary_of_ack(lock, evidence.acknowledgement)
    verifier.require_timed_out(lock, evidence)
    return lock.terms.cash.buyer


def _only_the_beneficiary_is_paid(lock: DvpLockState, beneficiary: CashAccount, ledger_tx: LedgerTransaction) -> None:
    paid = rules.one("an unlock makes one output", ledger_tx.outputs)
    rules.equal("the cash is free again", expected=None, found=paid.encumbrance)
    locked = rules.one("one cash state is consumed", ledger_tx.inputs_of(CASH))
    expected = lock.cash_for(beneficiary, CashState.of(locked.state).kind)
    rules.equal("the whole amount is paid as proved", expected=expected, found=CashState.of(paid))
