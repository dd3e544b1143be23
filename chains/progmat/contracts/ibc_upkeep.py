"""The second half of contract ``ibc_client``: what governance and time do to light clients.

``Recover`` gives a frozen or expired client the state of an active substitute that follows the same chain (ICS-02).
From then on it relies on the substitute's consensus records and on none of its own: those that a broken chain made stay
worthless. The operator signs, who vouched for the client when it was created and for the substitute. That alone opens
no lock: ``Endorse``, signed by an active issuer of the stablecoin network, is that issuer's word that its coins may
follow the recovered client, and locking and unlocking demand the word of the lock's own issuer. So the operator
proposes and each trustee of locked coins decides; the Validators see both first, as each writes a path of its own.

That a client has expired is shown by an expired record of its own. No ledger_tx can show that there is no newer one:
nodes look for it before they build, and an operator who recovers a live client stops it until issuers endorse.

``Prune`` consumes records that have expired, on anybody's word: they prove nothing. A record above them stays, so that
the newest is never gone. A time-out needs no record in particular: any later one proves the absence of a receipt as
well.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from chains.progmat.contracts.errors import IbcClientViolation
from chains.progmat.contracts.ibc_records import (
    ClientRecord,
    ClientRecordStatus,
    ConsensusRecord,
    client_records,
    consensus_records,
    record_hash,
    record_of,
    require_active,
    require_unexpired,
    time_bounds,
)
from chains.progmat.contracts.membership import BusinessNetwork, MemberRole, ReferencedMembers
from chains.progmat.contracts.names import IBC_CLIENT
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import Command, ProvableWrite, create_write, delete_write
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.platform_rules import MAX_PROVABLE_WRITES
from ibc.light_client import LightClient, LightClientStatus, RecoverableLightClient, TimeBounds

MAX_PRUNED: Final = MAX_PROVABLE_WRITES
"""Consensus records that one ledger_tx consumes: each deletes a path."""

_rules = RuleBook(IbcClientViolation)


def verify_recover(
    command: Command, ledger_tx: LedgerTransaction, package: ContractPackage, parameters: NetworkParameters
) -> tuple[ProvableWrite, ...]:
    """Return the write of a recovery. Raises IbcClientViolation, or what the light client's ``recover`` raises."""
    _rules.equal("a recovery carries no data", expected=b"", found=command.data)
    _rules.signed_by("the network operator signs", signer=parameters.operator_key, signers=ledger_tx.signers)
    subject = _consumed_client(ledger_tx)
    substitute = _rules.one("the substitute is referenced", client_records(ledger_tx.references_of(IBC_CLIENT)))
    now = time_bounds(ledger_tx)
    light_client = package.light_clients.get(subject.client_type)
    _require_ended(light_client, subject, ledger_tx, now)
    _require_serving(light_client, substitute, ledger_tx, now)
    recovered = recovered_record(light_client, subject, substitute)
    _rules.equal("the record made is the recovered one", expected=recovered, found=_made(ledger_tx))
    return (create_write(recovered.recovered_write_path, record_hash(recovered)),)


def recovered_record(light_client: LightClient, subject: ClientRecord, substitute: ClientRecord) -> ClientRecord:
    """The client with the substitute's state and consensus records; nobody has endorsed it yet.

    Raises IbcClientViolation, or what the light client's ``recover`` raises for a substitute that does not fit.
    """
    _rules.equal("both clients are of one type", expected=subject.client_type, found=substitute.client_type)
    if not isinstance(light_client, RecoverableLightClient):
        raise _rules.broken("light clients of this type can be recovered", expected="yes", found=subject.client_type)
    if substitute.consensus_client_id == subject.consensus_client_id:
        raise _rules.broken(
            "the substitute has consensus records of its own",
            expected=f"another client's than {subject.consensus_client_id}",
            found=substitute.consensus_client_id,
        )
    return replace(
        subject,
        client_state=light_client.recover(subject.client_state, substitute.client_state),
        status=ClientRecordStatus.ACTIVE,
        consensus_client_id=substitute.consensus_client_id,
        endorsers=(),
    )


def verify_endorse(command: Command, ledger_tx: LedgerTransaction) -> tuple[ProvableWrite, ...]:
    """Return the write of an issuer's endorsement. Raises IbcClientViolation, MembershipViolation."""
    _rules.equal("an endorsement carries no data", expected=b"", found=command.data)
    before = _consumed_client(ledger_tx)
    require_active(before)
    if not before.is_recovered:
        raise _rules.broken("only a recovered client is endorsed", expected="recovered", found=before.client_id)
    after = _made(ledger_tx)
    if not isinstance(after, ClientRecord):
        raise _rules.broken("a client record is made", expected="a client", found="a consensus record")
    issuer = _rules.one("one issuer endorses", [party for party in after.endorsers if party not in before.endorsers])
    _rules.equal("nothing but the endorsers changes", expected=before.endorsed_by(issuer), found=after)
    _rules.signed_by(f"the issuer {issuer.name} signs", signer=issuer.key, signers=ledger_tx.signers)
    ReferencedMembers(ledger_tx).active_party(issuer, BusinessNetwork.SC, MemberRole.SC_ISSUER)
    return (create_write(after.endorsed_write_path(issuer), record_hash(after)),)


def verify_prune(command: Command, ledger_tx: LedgerTransaction, package: ContractPackage) -> tuple[ProvableWrite, ...]:
    """Return the deletions of pruned records' paths. Raises IbcClientViolation."""
    _rules.equal("a pruning carries no data", expected=b"", found=command.data)
    _rules.none("a pruning makes nothing", ledger_tx.outputs)
    _rules.some("a pruning consumes something", ledger_tx.inputs)
    _rules.at_most("a bounded number is pruned", limit=MAX_PRUNED, found=len(ledger_tx.inputs))
    pruned = consensus_records(ledger_tx.inputs_of(IBC_CLIENT))
    _rules.equal("consensus records alone are pruned", expected=len(ledger_tx.inputs), found=len(pruned))
    client = _rules.one("the records' client is referenced", client_records(ledger_tx.references_of(IBC_CLIENT)))
    kept = _rules.one("a record that stays is referenced", consensus_records(ledger_tx.references_of(IBC_CLIENT)))
    light_client = package.light_clients.get(client.client_type)
    now = time_bounds(ledger_tx)
    for record in pruned:
        _rules.equal("all are of the record's client that stays", expected=kept.client_id, found=record.client_id)
        _rules.at_most("the record that stays is above them", limit=kept.height - 1, found=record.height)
        if not is_worthless(light_client, client, record, now):
            raise _rules.broken(f"height {record.height} proves nothing any more", expected="expired", found="in use")
    return tuple(delete_write(record.write_path) for record in pruned)


def is_worthless(light_client: LightClient, client: ClientRecord, record: ConsensusRecord, now: TimeBounds) -> bool:
    """Whether nothing can rely on a record: expired at the earliest that now can be.

    Raises IbcClientViolation for a record of another client. Records of a frozen client are evidence and stay.
    """
    _rules.equal("the record is one the client relies on", expected=client.consensus_client_id, found=record.client_id)
    return light_client.status(client.client_state, record.at, now.earliest_s) is LightClientStatus.EXPIRED


def _consumed_client(ledger_tx: LedgerTransaction) -> ClientRecord:
    _rules.equal("only the client record is consumed", expected=1, found=len(ledger_tx.inputs))
    return _rules.one("one client record is consumed", client_records(ledger_tx.inputs_of(IBC_CLIENT)))


def _require_ended(
    light_client: LightClient, subject: ClientRecord, ledger_tx: LedgerTransaction, now: TimeBounds
) -> None:
    """The client is frozen, or an expired record of its own is referenced: a client in use is not replaced."""
    if subject.status is ClientRecordStatus.FROZEN:
        return
    records = consensus_records(ledger_tx.references_of(IBC_CLIENT))
    own = [record for record in records if record.client_id == subject.consensus_client_id]
    last = _rules.one("the client is frozen, or its last consensus is referenced", own)
    status = light_client.status(subject.client_state, last.at, now.earliest_s)
    _rules.equal("the client to recover is at its end", expected=LightClientStatus.EXPIRED.name, found=status.name)


def _require_serving(
    light_client: LightClient, substitute: ClientRecord, ledger_tx: LedgerTransaction, now: TimeBounds
) -> None:
    require_active(substitute)
    records = consensus_records(ledger_tx.references_of(IBC_CLIENT))
    of_substitute = [record for record in records if record.client_id == substitute.consensus_client_id]
    consensus = _rules.one("one consensus of the substitute is referenced", of_substitute)
    require_unexpired(light_client, substitute, consensus, now)


def _made(ledger_tx: LedgerTransaction) -> ClientRecord | ConsensusRecord:
    return record_of(_rules.one("one client record is made", ledger_tx.outputs))
