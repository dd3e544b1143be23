"""Contract ``ibc_client``: light clients of other chains as ledger states.

``Create`` makes a client record and its first consensus record; the network operator signs, as nothing proves them.
``Update`` references the client and the consensus it builds on and makes one more consensus record. ``Freeze`` consumes
the client record and makes it frozen, whatever its consensus records: nothing can rely on them without the client.
Updates and freezes carry their own proof, a client message that the light client verifies here, so anybody may submit
them; each writes a path of its own, so the Validators see and verify it first. Source: ICS-02.
``Recover``, ``Endorse`` and ``Prune`` are in ``ibc_upkeep``.
"""

from __future__ import annotations

from typing import Final

from chains.progmat.contracts.errors import IbcClientViolation
from chains.progmat.contracts.ibc_records import (
    ClientRecord,
    ConsensusRecord,
    IbcRecord,
    client_records,
    consensus_records,
    record_hash,
    record_of,
    referenced_consensus,
    require_active,
    require_unexpired,
    time_bounds,
)
from chains.progmat.contracts.ibc_upkeep import verify_endorse, verify_prune, verify_recover
from chains.progmat.contracts.names import IBC_CLIENT
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import Command, ProvableWrite, TransactionState, create_write
from chains.progmat.transactions.network_parameters import NetworkParameters
from ibc.errors import Misbehaviour
from ibc.light_client import LightClient
from primitives.composite_key import Key

CREATE: Final = "Create"
UPDATE: Final = "Update"
FREEZE: Final = "Freeze"
RECOVER: Final = "Recover"
ENDORSE: Final = "Endorse"
PRUNE: Final = "Prune"

_rules = RuleBook(IbcClientViolation)


class IbcClientContract:
    """See the module's docstring."""

    name = IBC_CLIENT
    version = 2

    def verify(
        self, ledger_tx: LedgerTransaction, package: ContractPackage, parameters: NetworkParameters
    ) -> tuple[ProvableWrite, ...]:
        """Return the writes of what is made. Raises IbcClientViolation, Misbehaviour, or the light client's errors."""
        command = _rules.one("a transaction does one thing to one light client", ledger_tx.commands)
        _rules.equal("nothing else happens", expected={IBC_CLIENT}, found=set(ledger_tx.contract_names))
        match command.name:
            case "Create":
                return _verify_create(command, ledger_tx, package, parameters)
            case "Update":
                return _verify_update(command, ledger_tx, package)
            case "Freeze":
                return _verify_freeze(command, ledger_tx, package)
            case "Recover":
                return verify_recover(command, ledger_tx, package, parameters)
            case "Endorse":
                return verify_endorse(command, ledger_tx)
            case "Prune":
                return verify_prune(command, ledger_tx, package)
            case _:
                known = f"{CREATE}, {UPDATE}, {FREEZE}, {RECOVER}, {ENDORSE}, {PRUNE}"
                raise _rules.broken("the IBC client command is known", expected=known, found=command.name)

    def participants(
        self,
        state: TransactionState,  # noqa: ARG002 # the protocol's signature
        parameters: NetworkParameters,
    ) -> tuple[Key, ...]:
        """The network operator, who vouched for the client when it was created."""
        return (parameters.operator_key,)


def _verify_create(
    command: Command, ledger_tx: LedgerTransaction, package: ContractPackage, parameters: NetworkParameters
) -> tuple[ProvableWrite, ...]:
    _rules.equal("a creation carries no data", expected=b"", found=command.data)
    _rules.signed_by("the network operator signs", signer=parameters.operator_key, signers=ledger_tx.signers)
    _rules.none("a creation consumes nothing", ledger_tx.inputs)
    made = _outputs(ledger_tx)
    client = _rules.one("one client record is made", [r for r in made if isinstance(r, ClientRecord)])
    consensus = _rules.one("one consensus record is made", [r for r in made if isinstance(r, ConsensusRecord)])
    _rules.equal("both records are of one client", expected=client.client_id, found=consensus.client_id)
    _rules.equal("a new client relies on its own records", expected=client.client_id, found=client.consensus_client_id)
    _rules.none("nobody endorses what was not recovered", client.endorsers)
    require_active(client)
    light_client = package.light_clients.get(client.client_type)
    latest_height = light_client.initialise(client.client_state, consensus.consensus_state)
    _rules.equal("the consensus is at the client's height", expected=latest_height, found=consensus.height)
    _timestamp_is_recorded(light_client, consensus)
    require_unexpired(light_client, client, consensus, time_bounds(ledger_tx))
    return (
        create_write(client.write_path, record_hash(client)),
        create_write(consensus.write_path, record_hash(consensus)),
    )


def _verify_update(
    command: Command, ledger_tx: LedgerTransaction, package: ContractPackage
) -> tuple[ProvableWrite, ...]:
    _rules.none("an update consumes nothing", ledger_tx.inputs)
    client = _rules.one("one light client is referenced", client_records(ledger_tx.references_of(IBC_CLIENT)))
    require_active(client)
    light_client = package.light_clients.get(client.client_type)
    trusted = _verify_message(command, ledger_tx, light_client, client)
    if light_client.check_for_misbehaviour(client.client_state, trusted.at, command.data):
        raise Misbehaviour("the message shows misbehaviour: freeze the client with it", found=client.client_id)
    result = light_client.update_state(client.client_state, command.data)
    new = _rules.one("an update brings one new height", result.consensus_states)
    timestamp_s = light_client.timestamp_at(new.consensus_state)
    expected = ConsensusRecord(client.consensus_client_id, new.height, timestamp_s, new.consensus_state)
    made = _rules.one("one consensus record is made", _outputs(ledger_tx))
    _rules.equal("the record is what the message proves", expected=expected, found=made)
    return (create_write(expected.write_path, record_hash(expected)),)


def _verify_freeze(
    command: Command, ledger_tx: LedgerTransaction, package: ContractPackage
) -> tuple[ProvableWrite, ...]:
    _rules.equal("only the client record is consumed", expected=1, found=len(ledger_tx.inputs))
    client = _rules.one("one client record is consumed", client_records(ledger_tx.inputs_of(IBC_CLIENT)))
    require_active(client)
    light_client = package.light_clients.get(client.client_type)
    _verify_message(command, ledger_tx, light_client, client)
    records = consensus_records(ledger_tx.references_of(IBC_CLIENT))
    known = [None, *(record.at for record in records if record.client_id == client.consensus_client_id)]
    if not any(light_client.check_for_misbehaviour(client.client_state, at, command.data) for at in known):
        raise _rules.broken("a freeze needs misbehaviour", expected="a contradiction", found="none")
    frozen = client.frozen(light_client)
    made = _rules.one("one client record is made", _outputs(ledger_tx))
    _rules.equal("the record made is the consumed one, frozen", expected=frozen, found=made)
    return (create_write(frozen.frozen_write_path, record_hash(frozen)),)


def _verify_message(
    command: Command, ledger_tx: LedgerTransaction, light_client: LightClient, client: ClientRecord
) -> ConsensusRecord:
    """The client message is signed as the referenced consensus it builds on demands, which is returned."""
    trusted = referenced_consensus(ledger_tx, client, light_client.trusted_height(command.data))
    now = time_bounds(ledger_tx)
    require_unexpired(light_client, client, trusted, now)
    light_client.verify_client_message(client.client_state, trusted.at, command.data, now)
    return trusted


def _timestamp_is_recorded(light_client: LightClient, consensus: ConsensusRecord) -> None:
    timestamp_s = light_client.timestamp_at(consensus.consensus_state)
    _rules.equal("the record has its consensus' timestamp", expected=timestamp_s, found=consensus.timestamp_s)


def _outputs(ledger_tx: LedgerTransaction) -> list[IbcRecord]:
    return [record_of(state) for state in ledger_tx.outputs]
