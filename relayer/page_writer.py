"""Applying one page of a chain's events to the packets of a path: a few statements for the page, not for each event."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from ibc.packet import Packet, encode_packet
from primitives.hashing import sha256
from relayer.core.chain import EventKind, PacketEvent
from relayer.core.lifecycle import PacketState, SequenceReused, next_state
from relayer.core.plan import Parked
from relayer.many_rows import ManyRows, insert_of
from relayer.packet_care import CARE, UNSUSPECTED, trade_id_of
from relayer.store_tables import (
    MOST_INTEGER,
    PacketKey,
    StepRow,
    archived_packets,
    packets,
    parked_packets,
    steps,
    stored_packet,
)

_BIT: Final = {
    EventKind.SENT: 1,
    EventKind.ACK_WRITTEN: 2,
    EventKind.ACK_PROCESSED: 4,
    EventKind.TIMEOUT_PROCESSED: 8,
}
"""In ``events_seen``. A kind says which of the two chains reported it."""
MOST_KEYS_A_STATEMENT: Final = 500
_CHANGING: Final = (
    *("state", "sent_height", "ack", "ack_height", "attempts", "not_before_s", "last_error"),
    *("events_seen", "step_count", "ended_s"),
    *CARE,
)
_NEW: Final = {name: f"new_{name}" for name in _CHANGING}
_KEY: Final = (packets.c.source_chain, packets.c.source_client, packets.c.sequence)
_KNOWN: Final = (packets.c.id, *_KEY, packets.c.packet, *(packets.c[name] for name in _CHANGING))
_INSERT: Final = insert_of(packets)
_INSERT_STEPS: Final = insert_of(steps)
_UPDATE: Final = ManyRows(
    sa.update(packets)
    .where(packets.c.id == sa.bindparam("row_id"))
    .values({name: sa.bindparam(new) for name, new in _NEW.items()})
)


@dataclass
class KnownPacket:
    """A packet while a transaction changes it. ``row_id`` None: it is new."""

    row_id: int | None
    packet: Packet
    columns: dict[str, Any]
    new_steps: list[StepRow] = field(default_factory=list)

    @property
    def state(self) -> PacketState:
        """Where it stands."""
        return PacketState(self.columns["state"])

    def add_step(self, step: StepRow) -> None:
        """Append to its story."""
        self.columns["step_count"] += 1
        self.new_steps.append(step)


@dataclass(frozen=True)
class PageWriter:
    """Of one path, in one transaction; ``now_s`` is the relayer's clock."""

    connection: sa.Connection
    path: str
    now_s: float

    def apply(self, chain: str, counterparty: str, events: Sequence[PacketEvent]) -> int:
        """Returns how many events were new. Raises ``PathBroken`` when the chains contradict each other."""
        keyed = [(_key(event, chain, counterparty), event) for event in events]
        keys = {key for key, _ in keyed}
        known = self.known(keys)
        ended = self._archived(keys - known.keys())
        news = 0
        for key, event in keyed:
            if key in ended:
                _check_archived(ended[key], key, event, chain)
                continue
            if key not in known:
                known[key] = _fresh(event, self.now_s)
            news += self._apply(known[key], key, event, chain)
        self.save(known)
        return news

    def _apply(self, packet: KnownPacket, key: PacketKey, event: PacketEvent, chain: str) -> int:
        if packet.packet != event.packet:
            raise SequenceReused(chain, key.source_client, key.sequence)
        columns, before = packet.columns, packet.state
        if columns["events_seen"] & _BIT[event.kind]:
            return 0
        after = next_state(before, event.kind)
        columns["events_seen"] |= _BIT[event.kind]
        columns["state"] = after.value
        if event.kind is EventKind.SENT:
            columns["sent_height"] = event.height
        if event.kind is EventKind.ACK_WRITTEN:
            columns |= {"ack": event.ack, "ack_height": event.height}
        if after is not before:
            columns |= {"attempts": 0, "not_before_s": 0.0, "last_error": ""}
            columns |= {"ended_s": self.now_s if after.is_final else 0.0, "since_s": self.now_s}
            columns |= parked_packets.state_changed(
                self.connection, packet.row_id, Parked(columns["parked"]), is_final=after.is_final
            )
        packet.add_step(StepRow(chain, event.kind.value, event.tx_id, event.height, 0, "", self.now_s))
        return 1

    def known(self, keys: Iterable[PacketKey]) -> dict[PacketKey, KnownPacket]:
        """The packets of these keys that are there, locked until the transaction ends."""
        found = {}
        for where in _conditions(packets, self.path, keys):
            query = sa.select(*_KNOWN).where(where).order_by(packets.c.id).with_for_update()
            for row_id, chain, client, sequence, packet, *values in self.connection.execute(query):
                key = PacketKey(chain, client, int(sequence))
                columns = dict(zip(_CHANGING, values, strict=True))
                found[key] = KnownPacket(row_id, stored_packet(packet), columns)
        return found

    def _archived(self, keys: Iterable[PacketKey]) -> dict[PacketKey, tuple[bytes, PacketState]]:
        found = {}
        table = archived_packets
        columns = (table.c.source_chain, table.c.source_client, table.c.sequence, table.c.digest, table.c.state)
        for where in _conditions(table, self.path, keys):
            for row in self.connection.execute(sa.select(*columns).where(where)):
                key = PacketKey(row.source_chain, row.source_client, int(row.sequence))
                found[key] = (row.digest, PacketState(row.state))
        return found

    def save(self, known: Mapping[PacketKey, KnownPacket]) -> None:
        """Write what changed, and the new steps."""
        changed = {key: packet for key, packet in known.items() if packet.new_steps}
        fresh = {key: packet for key, packet in changed.items() if packet.row_id is None}
        stale = sorted(
            (packet for packet in changed.values() if packet.row_id is not None), key=lambda p: p.row_id or 0
        )
        if fresh:
            _INSERT.write(self.connection, [_inserted(self.path, key, packet) for key, packet in fresh.items()])
            for key, row_id in self._ids(fresh):
                fresh[key].row_id = row_id
        _UPDATE.write(
            self.connection,
            [{"row_id": packet.row_id} | {new: packet.columns[name] for name, new in _NEW.items()} for packet in stale],
        )
        _INSERT_STEPS.write(self.connection, [row for packet in changed.values() for row in _step_values(packet)])

    def _ids(self, keys: Iterable[PacketKey]) -> Iterator[tuple[PacketKey, int]]:
        for where in _conditions(packets, self.path, keys):
            for row_id, chain, client, sequence in self.connection.execute(sa.select(packets.c.id, *_KEY).where(where)):
                yield PacketKey(chain, client, int(sequence)), row_id


def _key(event: PacketEvent, chain: str, counterparty: str) -> PacketKey:
    source = counterparty if event.kind is EventKind.ACK_WRITTEN else chain
    return PacketKey(source, event.packet.source_client, event.packet.sequence)


def _fresh(event: PacketEvent, now_s: float) -> KnownPacket:
    """The destination may report a receive before the source's page was read: the packet is in the event itself."""
    columns = {
        "state": PacketState.SENT.value,
        "sent_height": 0,
        "ack": None,
        "ack_height": 0,
        "attempts": 0,
        "not_before_s": 0.0,
        "last_error": "",
        "events_seen": 0,
        "step_count": 0,
        "ended_s": 0.0,
        "since_s": now_s,
        "trade_id": trade_id_of(event.packet),
        **UNSUSPECTED,
    }
    return KnownPacket(None, event.packet, columns)


def _check_archived(ended: tuple[bytes, PacketState], key: PacketKey, event: PacketEvent, chain: str) -> None:
    """An event read again long after the packet ended changes nothing, and must be of the same packet."""
    digest, state = ended
    if digest != sha256(encode_packet(event.packet)):
        raise SequenceReused(chain, key.source_client, key.sequence)
    next_state(state, event.kind)


def _conditions(table: sa.Table, path: str, keys: Iterable[PacketKey]) -> Iterator[sa.ColumnElement[bool]]:
    """What finds rows of these keys, in pieces that a statement can hold."""
    sequences: dict[tuple[str, str], list[str]] = defaultdict(list)
    for key in keys:
        sequences[key.source_chain, key.source_client].append(str(key.sequence))
    for (chain, client), found in sequences.items():
        for start in range(0, len(found), MOST_KEYS_A_STATEMENT):
            yield sa.and_(
                table.c.path == path,
                table.c.source_chain == chain,
                table.c.source_client == client,
                table.c.sequence.in_(found[start : start + MOST_KEYS_A_STATEMENT]),
            )


def _inserted(path: str, key: PacketKey, packet: KnownPacket) -> dict[str, Any]:
    return {
        "path": path,
        "source_chain": key.source_chain,
        "source_client": key.source_client,
        "sequence": str(key.sequence),
        "packet": encode_packet(packet.packet),
        "timeout_s": min(packet.packet.timeout_s, MOST_INTEGER),
        **packet.columns,
    }


def _step_values(packet: KnownPacket) -> Iterator[dict[str, Any]]:
    first = packet.columns["step_count"] - len(packet.new_steps) + 1
    for number, step in enumerate(packet.new_steps, first):
        yield {**vars(step), "packet_id": packet.row_id, "number": number}
