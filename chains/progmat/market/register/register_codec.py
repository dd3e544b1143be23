"""A register as messages of ``register_service.proto`` and back: for the API's server and its client."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from crossdvp.ledger.v1 import register_service_pb2 as pb

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.terms_codec import account_from_message, account_to_message
from chains.progmat.market.register.details import RegisterKind, TransferDetails
from chains.progmat.market.register.entries import RegisterEntry
from chains.progmat.market.register.model import RecordDateSnapshot, Register, RegisterLine, RegisterMoment
from chains.progmat.market.register.moments import AsOf, Moment
from chains.progmat.vault.indexing import Asset
from chains.progmat.vault.vault_codec import entry_from_message, entry_to_message, network_to_message
from ibc.dvp import CashAccount

_KINDS: Final = {kind: f"REGISTER_ENTRY_KIND_{kind.value}" for kind in RegisterKind}
_KIND_OF: Final = {int(pb.RegisterEntryKind.Value(name)): kind for kind, name in _KINDS.items()}
_TEXTS: Final = ("settlement_date", "reason", "reference", "author", "approver")


def security_to_message(security: Asset) -> pb.SecurityReference:
    """A security, by its network, id and registrar."""
    network, security_id, registrar = security
    return pb.SecurityReference(network=network_to_message(network), security_id=security_id, registrar=registrar)


def security_from_message(message: pb.SecurityReference) -> Asset:
    """As ``security_to_message``; raises ValueError for a network that is none."""
    return Asset(BusinessNetwork(int(message.network)).name, message.security_id, message.registrar)


def as_of_to_message(moment: Moment) -> pb.RegisterAsOf:
    """As of what; nothing in it is now."""
    return pb.RegisterAsOf() if moment.kind is AsOf.NOW else pb.RegisterAsOf(**{moment.kind.value: moment.value})


def as_of_from_message(message: pb.RegisterAsOf) -> Moment:
    """As ``as_of_to_message``."""
    which = message.WhichOneof("at")
    return Moment(AsOf.NOW) if which is None else Moment(AsOf(which), getattr(message, which))


def summary_to_message(register: Register, only_node: str) -> pb.RegisterSummary:
    """A register without its lines."""
    moment = register.moment
    return pb.RegisterSummary(
        security=security_to_message(register.security),
        moment=pb.RegisterMoment(
            sequence=moment.sequence, recorded_ms=moment.recorded_ms, journal_position=moment.journal_position
        ),
        holders=len(register.lines),
        units=register.units,
        frozen=register.frozen,
        hash=register.hash,
        only_node=only_node,
    )


def moment_from_message(message: pb.RegisterMoment) -> RegisterMoment:
    """Where the books stood."""
    return RegisterMoment(message.sequence, message.recorded_ms, message.journal_position)


def holder_to_message(line: RegisterLine, investor_id: str) -> pb.RegisterHolder:
    """A line."""
    return pb.RegisterHolder(
        account=account_to_message(line.account), units=line.units, frozen=line.frozen, investor_id=investor_id
    )


def holder_from_message(message: pb.RegisterHolder) -> tuple[RegisterLine, str]:
    """A line and its investor id."""
    account = account_from_message(message.account)
    return RegisterLine(account.node, account.key, message.units, message.frozen), message.investor_id


def register_entry_to_message(found: RegisterEntry, investor_id: str) -> pb.RegisterEntry:
    """An entry with what its transfer says of itself."""
    details = found.details
    return pb.RegisterEntry(
        entry=entry_to_message(found.entry),
        kind=_KINDS[details.kind],
        trade_id=details.trade_id,
        cancelled_tx_id=details.cancelled_tx_id,
        investor_id=investor_id,
        **{name: getattr(details, name) for name in _TEXTS},
    )


def register_entry_from_message(message: pb.RegisterEntry) -> tuple[RegisterEntry, str]:
    """The entry and its account's investor id."""
    details = TransferDetails(
        kind=_KIND_OF[int(message.kind)],
        trade_id=message.trade_id,
        cancelled_tx_id=message.cancelled_tx_id,
        **{name: getattr(message, name) for name in _TEXTS},
    )
    return RegisterEntry(entry_from_message(message.entry), details), message.investor_id


def snapshot_to_message(snapshot: RecordDateSnapshot, lines: tuple[RegisterLine, ...], only_node: str) -> Any:  # noqa: ANN401 # a message
    """A snapshot without its lines; totals and hash are those of ``lines``, which a custodian sees a part of."""
    register = Register(snapshot.security, snapshot.moment, lines)
    return pb.SnapshotSummary(
        register=summary_to_message(register, only_node),
        record_date=snapshot.record_date.isoformat(),
        cut_off_ms=snapshot.cut_off_ms,
        taken_ms=snapshot.taken_ms,
        taken_by=snapshot.taken_by,
    )


def snapshot_from_message(message: pb.SnapshotSummary, lines: tuple[RegisterLine, ...]) -> RecordDateSnapshot:
    """As ``snapshot_to_message``."""
    return RecordDateSnapshot(
        security=security_from_message(message.register.security),
        record_date=date.fromisoformat(message.record_date),
        cut_off_ms=message.cut_off_ms,
        moment=moment_from_message(message.register.moment),
        lines=lines,
        hash=message.register.hash,
        taken_ms=message.taken_ms,
        taken_by=message.taken_by,
    )


def investor_of(names: Mapping[CashAccount, str], account: CashAccount) -> str:
    """Empty if nobody knows."""
    return names.get(account, "")
