"""What a finalised ledger transaction means to IBC: the events a relayer follows, read off the transaction itself."""

from __future__ import annotations

from dataclasses import dataclass

from chains.progmat.contracts.dvp_lock import LOCK, UNLOCK, DvpLockState
from chains.progmat.contracts.dvp_lock_codec import AckEvidence, decode_evidence
from chains.progmat.contracts.ibc_records import ClientRecord, ConsensusRecord, record_of
from chains.progmat.contracts.names import DVP_LOCK, IBC_CLIENT, TRADE
from chains.progmat.contracts.terms_codec import decode_terms
from chains.progmat.contracts.trade import CANCEL
from chains.progmat.ibc_host.sequences import parse_commitment_path
from chains.progmat.transactions.group_views import GroupViews
from chains.progmat.transactions.model import Command
from ibc.dvp import SettlementTerms
from ibc.packet import Packet
from primitives.types import Hash32


@dataclass(frozen=True, slots=True)
class PacketSent:
    """A lock: the packet is committed to and may be relayed."""

    packet: Packet
    terms_hash: Hash32


@dataclass(frozen=True, slots=True)
class PacketAcknowledged:
    """An unlock by acknowledgement: the packet's life is over."""

    client_id: str
    sequence: int
    acknowledgement: bytes


@dataclass(frozen=True, slots=True)
class PacketTimedOut:
    """An unlock by time-out: the packet's life is over."""

    client_id: str
    sequence: int


@dataclass(frozen=True, slots=True)
class TradeCancelled:
    """A trade id spent without a lock."""

    terms: SettlementTerms


@dataclass(frozen=True, slots=True)
class ClientCreated:
    """A new light client of another chain."""

    client: ClientRecord
    consensus: ConsensusRecord


@dataclass(frozen=True, slots=True)
class ClientUpdated:
    """One more verified height of another chain."""

    consensus: ConsensusRecord


@dataclass(frozen=True, slots=True)
class ClientFrozen:
    """A light client that proves nothing any more."""

    client: ClientRecord


IbcEvent = (
    PacketSent | PacketAcknowledged | PacketTimedOut | TradeCancelled | ClientCreated | ClientUpdated | ClientFrozen
)


def ibc_event_of(ledger_tx: GroupViews) -> IbcEvent | None:
    """The event of a verified transaction, None for one without meaning to IBC. Raises DecodeError."""
    if len(ledger_tx.commands) != 1:
        return None
    command = ledger_tx.commands[0]
    if (command.contract, command.name) == (DVP_LOCK, LOCK):
        return _packet_sent(ledger_tx)
    if (command.contract, command.name) == (DVP_LOCK, UNLOCK):
        return _packet_ended(ledger_tx, command)
    if (command.contract, command.name) == (TRADE, CANCEL):
        return TradeCancelled(decode_terms(command.data))
    return _client_event(ledger_tx) if command.contract == IBC_CLIENT else None


def _packet_sent(ledger_tx: GroupViews) -> PacketSent | None:
    locks = [DvpLockState.of(state) for state in ledger_tx.outputs if state.contract == DVP_LOCK]
    return PacketSent(locks[0].packet, locks[0].terms_hash) if locks else None


def _packet_ended(ledger_tx: GroupViews, command: Command) -> PacketAcknowledged | PacketTimedOut | None:
    if len(ledger_tx.provable_writes) != 1:
        return None
    client_id, sequence = parse_commitment_path(ledger_tx.provable_writes[0].path)
    evidence = decode_evidence(command.data)
    if isinstance(evidence, AckEvidence):
        return PacketAcknowledged(client_id, sequence, evidence.acknowledgement)
    return PacketTimedOut(client_id, sequence)


def _client_event(ledger_tx: GroupViews) -> ClientCreated | ClientUpdated | ClientFrozen | None:
    match tuple(record_of(state) for state in ledger_tx.outputs):
        case (ClientRecord() as client, ConsensusRecord() as consensus):
            return ClientCreated(client, consensus)
        case (ConsensusRecord() as consensus,):
            return ClientUpdated(consensus)
        case (ClientRecord() as client,):
            return ClientFrozen(client)
        case _:
            return None
