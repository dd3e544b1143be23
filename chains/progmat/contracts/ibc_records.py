"""What the ledger records about other chains, light clients and verified heights, and how contracts rely on it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache
from typing import Final

from chains.progmat.contracts import ibc_client_codec as codec
from chains.progmat.contracts.errors import IbcClientViolation
from chains.progmat.contracts.names import IBC_CLIENT
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import Party, StateAndRef, TransactionState, check_range
from ibc.identifiers import client_id as checked_client_id
from ibc.light_client import ConsensusAt, LightClient, LightClientStatus, TimeBounds
from primitives.hashing import sha256
from primitives.types import Hash32

MAX_TIME_BOUNDS_S: Final = 600
"""A transaction that is judged by a light client fixes "now" to ten minutes."""

MAX_CLIENT_STATE_BYTES: Final = 16 * 1024
MAX_CONSENSUS_STATE_BYTES: Final = 16 * 1024
MAX_PREFIX_BYTES: Final = 64
MAX_ENDORSERS: Final = 64

_rules = RuleBook(IbcClientViolation)


class ClientRecordStatus(IntEnum):
    """Frozen proves nothing; only a recovery leads back."""

    ACTIVE = 1
    FROZEN = 2


@dataclass(frozen=True, slots=True)
class ClientRecord:
    """A light client of another chain, and how that chain calls its client of this ledger.

    ``counterparty_merkle_prefix`` has one element; IBC keys are appended to it. ``client_state`` stays as created until
    a freeze: updates only add consensus records, so that they do not contend. ``consensus_client_id`` says whose
    consensus records it relies on: its own, after a recovery the substitute's. ``endorsers`` (ascending by name) are
    the issuers whose locks may follow the recovered client.
    """

    client_id: str
    client_type: str
    client_state: bytes
    counterparty_client_id: str
    counterparty_merkle_prefix: tuple[bytes, ...]
    status: ClientRecordStatus = ClientRecordStatus.ACTIVE
    consensus_client_id: str = ""
    endorsers: tuple[Party, ...] = ()

    def __post_init__(self) -> None:
        checked_client_id(self.client_id)
        checked_client_id(self.counterparty_client_id)
        check_range("ClientRecord.client_type length", len(self.client_type), 1, 32)
        check_range("ClientRecord.client_state length", len(self.client_state), 1, MAX_CLIENT_STATE_BYTES)
        check_range("counterparty's Merkle prefix elements", len(self.counterparty_merkle_prefix), 1, 1)
        check_range("Merkle prefix length", len(self.counterparty_merkle_prefix[0]), 0, MAX_PREFIX_BYTES)
        if not self.consensus_client_id:
            object.__setattr__(self, "consensus_client_id", self.client_id)
        checked_client_id(self.consensus_client_id)
        check_range("ClientRecord.endorsers count", len(self.endorsers), 0, MAX_ENDORSERS)
        names = [party.name for party in self.endorsers]
        if names != sorted(set(names)):
            raise MalformedComponent("endorsers ascend by name", expected=str(sorted(set(names))), found=str(names))

    @property
    def is_recovered(self) -> bool:
        """Whether governance gave it a substitute's state."""
        return self.consensus_client_id != self.client_id

    @property
    def write_path(self) -> bytes:
        """Created once with the client: ids are unique."""
        return b"client/" + self.client_id.encode("ascii")

    @property
    def frozen_write_path(self) -> bytes:
        """Created once when the client is frozen, and once after each recovery."""
        of_recovered = b"/" + self.consensus_client_id.encode("ascii") if self.is_recovered else b""
        return self.write_path + b"/frozen" + of_recovered

    @property
    def recovered_write_path(self) -> bytes:
        """Created once: no client is recovered twice by the same consensus records."""
        return self.write_path + b"/recovered/" + self.consensus_client_id.encode("ascii")

    def endorsed_write_path(self, issuer: Party) -> bytes:
        """Created once an issuer and recovery."""
        return self.recovered_write_path + b"/by/" + sha256(issuer.name.encode())

    def endorsed_by(self, issuer: Party) -> ClientRecord:
        """The record with one more endorser."""
        endorsers = sorted((*self.endorsers, issuer), key=lambda party: party.name)
        return replace(self, endorsers=tuple(endorsers))

    def prefixed(self, ibc_key: bytes) -> bytes:
        """Where the other chain keeps an IBC key."""
        return self.counterparty_merkle_prefix[0] + ibc_key

    def frozen(self, light_client: LightClient) -> ClientRecord:
        """The record after misbehaviour."""
        frozen_state = light_client.freeze(self.client_state)
        return replace(self, client_state=frozen_state, status=ClientRecordStatus.FROZEN)

    def encode(self) -> bytes:
        """Canonical bytes."""
        return codec.encode_client_record(
            self.client_id,
            self.client_type,
            self.client_state,
            self.counterparty_client_id,
            self.counterparty_merkle_prefix,
            self.status,
            self.consensus_client_id if self.is_recovered else "",
            self.endorsers,
        )


@dataclass(frozen=True, slots=True)
class ConsensusRecord:
    """One verified height of another chain; never changes, never consumed."""

    client_id: str
    height: int
    timestamp_s: int
    consensus_state: bytes

    def __post_init__(self) -> None:
        checked_client_id(self.client_id)
        check_range("ConsensusRecord.height", self.height, 0, 2**63 - 1)
        check_range("ConsensusRecord.timestamp_s", self.timestamp_s, 0, 2**63 - 1)
        check_range("ConsensusRecord.consensus_state length", len(self.consensus_state), 1, MAX_CONSENSUS_STATE_BYTES)

    @property
    def write_path(self) -> bytes:
        """Created once: a height is recorded once."""
        return b"client/" + self.client_id.encode("ascii") + b"/consensus/" + self.height.to_bytes(8, "big")

    @property
    def at(self) -> ConsensusAt:
        """As light clients take it."""
        return ConsensusAt(self.height, self.consensus_state)

    def encode(self) -> bytes:
        """Canonical bytes."""
        return codec.encode_consensus_record(self.client_id, self.height, self.timestamp_s, self.consensus_state)


IbcRecord = ClientRecord | ConsensusRecord


def record_of(state: TransactionState) -> IbcRecord:
    """The record in a state of contract ``ibc_client``; raises IbcClientViolation, DecodeError."""
    _rules.equal("the state is an IBC client record", expected=IBC_CLIENT, found=state.contract)
    return _decoded(state.data)


@lru_cache(maxsize=1024)
def _decoded(data: bytes) -> IbcRecord:
    raw = codec.decode_record(data)
    if len(raw) == 4:
        return ConsensusRecord(*raw)
    client_id, client_type, client_state, counterparty, prefix, status, consensus_client_id, endorsers = raw
    if status not in set(ClientRecordStatus):
        raise MalformedComponent("client record's status is known", expected="1 or 2", found=status)
    if consensus_client_id == client_id:
        raise MalformedComponent("a client that was not recovered names no other", expected="", found=client_id)
    status = ClientRecordStatus(status)
    named = (consensus_client_id, endorsers)
    return ClientRecord(client_id, client_type, client_state, counterparty, prefix, status, *named)


def record_output(record: IbcRecord, notary: Party) -> TransactionState:
    """A record as an output of a transaction."""
    return TransactionState(IBC_CLIENT, record.encode(), notary)


def record_hash(record: IbcRecord) -> Hash32:
    """The value of the provable write that goes with a record."""
    return Hash32(sha256(record.encode()))


def client_records(states: tuple[StateAndRef, ...]) -> list[ClientRecord]:
    """The client records among resolved states of contract ``ibc_client``."""
    return [record for record in (record_of(state.state) for state in states) if isinstance(record, ClientRecord)]


def consensus_records(states: tuple[StateAndRef, ...]) -> list[ConsensusRecord]:
    """The consensus records among resolved states of contract ``ibc_client``."""
    return [record for record in (record_of(state.state) for state in states) if isinstance(record, ConsensusRecord)]


def referenced_client(ledger_tx: LedgerTransaction, client_id: str) -> ClientRecord:
    """The one referenced client record, which must be ``client_id``'s and active; raises IbcClientViolation."""
    client = _rules.one("one light client is referenced", client_records(ledger_tx.references_of(IBC_CLIENT)))
    _rules.equal("the referenced light client is the one named", expected=client_id, found=client.client_id)
    require_active(client)
    return client


def require_active(client: ClientRecord) -> None:
    """A frozen light client proves nothing; raises IbcClientViolation."""
    _rules.equal(
        f"light client {client.client_id} is active", expected=ClientRecordStatus.ACTIVE.name, found=client.status.name
    )


def referenced_consensus(ledger_tx: LedgerTransaction, client: ClientRecord, height: int) -> ConsensusRecord:
    """The one referenced consensus record at ``height`` that the client relies on; raises IbcClientViolation."""
    of_id = client.consensus_client_id
    records = consensus_records(ledger_tx.references_of(IBC_CLIENT))
    wanted = [record for record in records if (record.client_id, record.height) == (of_id, height)]
    return _rules.one(f"the consensus of {of_id} at height {height} is referenced", wanted)


def require_endorsed(client: ClientRecord, issuer: Party) -> None:
    """A recovered client decides about an issuer's coins once that issuer endorsed it; raises IbcClientViolation."""
    if client.is_recovered and issuer not in client.endorsers:
        raise _rules.broken(
            f"the recovered client {client.client_id} is endorsed by the coins' issuer",
            expected=issuer.name,
            found=", ".join(party.name for party in client.endorsers) or "nobody",
        )


def require_unexpired(
    light_client: LightClient, client: ClientRecord, consensus: ConsensusRecord, now: TimeBounds
) -> None:
    """The consensus relied upon is within its trusting period to the end of the window; raises IbcClientViolation."""
    status = light_client.status(client.client_state, consensus.at, now.latest_s)
    _rules.equal(
        f"light client {client.client_id} may rely on height {consensus.height}",
        expected=LightClientStatus.ACTIVE.name,
        found=status.name,
    )


def time_bounds(ledger_tx: LedgerTransaction) -> TimeBounds:
    """The transaction's time window, which must have both bounds, at most 600 s apart; raises IbcClientViolation."""
    window = ledger_tx.time_window
    if window is None or window.from_s is None or window.until_s is None:
        raise _rules.broken("the time window has both bounds", expected="from and until", found=window)
    _rules.at_most("the time window is short (seconds)", limit=MAX_TIME_BOUNDS_S, found=window.until_s - window.from_s)
    return TimeBounds(window.from_s, window.until_s)
