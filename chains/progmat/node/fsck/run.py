"""All checks over one node's database, in one snapshot."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from chains.new_tables import create_tables
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.flows.history_policy import HistoryPolicy
from chains.progmat.flows.recorded import RecordedStates
from chains.progmat.flows.recording import Recorder
from chains.progmat.flows.seams import Directory, NodeSelf
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.identity import VAULT_ROLES, Role
from chains.progmat.network.parameters_source import ParametersSource, source_of
from chains.progmat.node.database_location import DatabaseLocation
from chains.progmat.node.database_tables import NODE_TABLES
from chains.progmat.node.fsck.attested import check_attested
from chains.progmat.node.fsck.finding import Defect, Progress
from chains.progmat.node.fsck.own_records import check_flows, check_outbox, check_soft_locks
from chains.progmat.node.fsck.replay import differences, replay
from chains.progmat.node.fsck.validator import check_signing_log, check_tree
from chains.progmat.node.storage.engine import Access, engine_for, sqlite_engine
from chains.progmat.node.storage.errors import StorageFailed
from chains.progmat.node.storage.offline import require_database, require_tables
from chains.progmat.node.storage.schema import check_revision, stored_revision
from chains.progmat.node.vault_reading import vault_rules
from chains.progmat.transactions.model import Party
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.validators.archive import ArchiveRecorder
from primitives.public_key import PublicKey


@dataclass(frozen=True)
class Subject:
    """Whose database it is and what counts on its ledger. ``folder`` holds a Validator's signing log."""

    at: DatabaseLocation
    folder: Path
    me: NodeSelf
    directory: Directory
    parameters: NetworkParameters | ParametersSource
    package: ContractPackage


class _NobodyListed:
    """A directory of nobody: what is shared with every node of a map, which changes, concerns nobody by name."""

    def holder_of(self, _key: PublicKey) -> str | None:
        """Nobody."""
        return None

    def party(self, _name: str) -> Party | None:
        """Nobody."""
        return None

    def names_with(self, _role: Role) -> tuple[str, ...]:
        """Nobody."""
        return ()


def check_database(subject: Subject, now_s: int, told: Progress) -> Iterator[Defect]:
    """Every defect, as it is found. Needs room on disk for a second copy of what the ledger_txs imply.

    Raises ``NoDatabase``, ``SchemaOutdated``, ``UnknownSchemaVersion``, ``StorageFailed``.
    """
    require_database(subject.at)
    no_memory = RecordedStates(most=0)  # two databases are read: what is in one may be missing in the other
    recorder = (
        Recorder(subject.me.name, subject.directory, vault_rules(subject.me), no_memory)
        if subject.me.roles & VAULT_ROLES
        else ArchiveRecorder()
    )
    by_states = Recorder(subject.me.name, _NobodyListed(), vault_rules(subject.me), no_memory)

    def named_by_states(connection: Connection, signed: SignedTransaction) -> frozenset[str]:
        return frozenset() if isinstance(recorder, ArchiveRecorder) else by_states.participants(connection, signed.wire)

    verifier = LedgerVerifier(subject.parameters, subject.package, no_memory)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="crossdvp-fsck-") as folder,
            engine_for(subject.at, Access.READ).connect() as source,
            source.begin(),
            sqlite_engine(Path(folder) / "implied.sqlite3", Access.WRITE).connect() as scratch,
            scratch.begin(),
        ):
            require_tables(source, subject.at)
            check_revision(str(subject.at), stored_revision(source))
            create_tables(scratch, NODE_TABLES)
            told("attestations verified", 0)
            yield from check_attested(source, scratch, source_of(subject.parameters), _history_of(subject.me))
            yield from replay(source, scratch, verifier, recorder, named_by_states, told)
            yield from differences(source, scratch, told)
            told("flows, outbox and soft locks checked", 0)
            yield from check_flows(source)
            yield from check_outbox(source)
            yield from check_soft_locks(source, now_s)
            if Role.VALIDATOR in subject.me.roles:
                told("the tree's roots are made again", 0)
                yield from check_tree(source)
                yield from check_signing_log(source, subject.folder / "signing-log.sqlite3")
    except (DBAPIError, sqlite3.Error) as error:
        raise StorageFailed(str(getattr(error, "orig", error))) from error


def _history_of(me: NodeSelf) -> HistoryPolicy:
    """What a node of these roles may know by attestations; a custodian's own choice may have been another before."""
    return HistoryPolicy.WHOLE if me.roles & {Role.ISSUER, Role.VALIDATOR} else HistoryPolicy.ATTESTED
