"""Packets as people see them: what is stored, beside what the paths' last look at both chains says of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from crossdvp.relayer.v1 import relayer_service_pb2 as pb

from relayer.core.chain import MessageKind
from relayer.core.explain import PathHealth, Told, explain
from relayer.core.plan import DirectionView, Parked
from relayer.operator_errors import PacketAmbiguous, PacketEnded, PacketUnknown
from relayer.packet_care import Parking
from relayer.packet_desk import MOST_CANDIDATES, PacketDesk, name_of, trade_id_in
from relayer.relayer_codec import archived_message, packet_message
from relayer.service import RelayerLoop
from relayer.store import RelayerStore
from relayer.store_tables import ArchivedPacket, PacketKey, PacketRow, StepRow

_ATTEMPTS = frozenset(kind.value for kind in MessageKind)
_ARCHIVED = "It ended long ago: its events are kept in the archive."
_TRADE_NOT_KEPT = "Which trade it was of is not known here: the version that archived it did not keep that."


class PacketStories:
    """Synchronous; reads only. Raises ``PacketUnknown`` and ``PacketAmbiguous`` for references that name no packet."""

    def __init__(
        self, store: RelayerStore, desk: PacketDesk, loops: Sequence[RelayerLoop], now_s: Callable[[], float]
    ) -> None:
        self._store = store
        self._desk = desk
        self._loops = {loop.path.name: loop for loop in loops}
        self._now_s = now_s

    def row(self, reference: str) -> PacketRow:
        """The packet that a person means to do something to. Raises ``PacketEnded`` for one that was archived."""
        found = self._found(reference)
        if isinstance(found, ArchivedPacket):
            raise PacketEnded(name_of(found.key), found.state.value)
        return found

    def listed(self, rows: Sequence[PacketRow]) -> list[pb.Packet]:
        """Packets without their steps."""
        return [packet_message(row, view=self._view(row), parking=self._parking(row)) for row in rows]

    def whole(self, reference: str) -> pb.Packet:
        """A packet with its steps; of one that was archived, its events."""
        found = self._found(reference)
        return (
            archived_message(found) if isinstance(found, ArchivedPacket) else self._message(found, self._steps(found))
        )

    def explained(self, reference: str) -> tuple[pb.Packet, tuple[str, ...]]:
        """A packet with its steps, and what is to be said about it."""
        row = self._found(reference)
        if isinstance(row, ArchivedPacket):
            return archived_message(row), (_ARCHIVED, *((_TRADE_NOT_KEPT,) if row.trade_id is None else ()))
        steps, parking = self._steps(row), self._parking(row)
        attempts = [step.at_s for step in steps if step.what in _ATTEMPTS]
        told = Told(
            tracked=row.tracked,
            since_s=row.since_s,
            last_error=row.last_error,
            last_attempt_s=max(attempts, default=None),
            parked_by=parking.who if parking else "",
            parked_why=parking.why if parking else "",
            waits_for_client=f"the light client on {parking.waits_for.chain}"
            if parking and parking.waits_for.mark
            else "",
        )
        sentences = explain(told, self._view(row), self._health(row), self._now_s())
        return self._message(row, steps), sentences

    def _message(self, row: PacketRow, steps: Sequence[StepRow]) -> pb.Packet:
        return packet_message(row, steps, self._view(row), self._parking(row))

    def _steps(self, row: PacketRow) -> tuple[StepRow, ...]:
        story = self._store.story(row.key, row.path)
        return () if story is None else story[1]

    def _parking(self, row: PacketRow) -> Parking | None:
        return None if row.tracked.parked is Parked.NO else self._desk.parking(row.row_id)

    def _clients(self) -> list[tuple[str, str, str]]:
        """Path, source chain and source client of every direction."""
        return [
            (name, end.chain_name, end.client_id) for name, loop in self._loops.items() for end in loop.path.endpoints
        ]

    def _found(self, reference: str) -> PacketRow | ArchivedPacket:
        """What a person means; of packets by one name those that are not archived go first."""
        try:
            return self._desk.find(reference, self._clients())
        except PacketUnknown:
            archived = self._archived(reference)
            if not archived:
                raise
        if len(archived) > 1:
            raise PacketAmbiguous(reference[:160], [name_of(each.key) for each in archived])
        return archived[0]

    def _archived(self, reference: str) -> list[ArchivedPacket]:
        trade_id = trade_id_in(reference)
        if trade_id is not None:
            return self._store.archived_of_trade(trade_id, MOST_CANDIDATES)
        head, _, sequence = reference.rpartition("/")
        if not (sequence.isascii() and sequence.isdecimal() and len(sequence) <= 20):
            return []
        for path, chain, client in self._clients():
            if head in {path, chain, client, f"{chain}/{client}", f"{path}/{client}"}:
                found = self._store.archived(PacketKey(chain, client, int(sequence)), path)
                if found is not None:
                    return [found]
        return []

    def _source_index(self, row: PacketRow) -> int | None:
        loop = self._loops.get(row.path)
        names = [] if loop is None else [end.chain_name for end in loop.path.endpoints]
        return names.index(row.source_chain) if row.source_chain in names else None

    def _view(self, row: PacketRow) -> DirectionView | None:
        loop, index = self._loops.get(row.path), self._source_index(row)
        if loop is None or loop.path.view is None or index is None:
            return None
        return loop.path.direction(index, loop.path.view, self._now_s())

    def _health(self, row: PacketRow) -> PathHealth:
        loop, index = self._loops.get(row.path), self._source_index(row)
        if loop is None or index is None:
            return PathHealth(
                *(row.source_chain, "the other chain"), standby=f"path {row.path} is not in this configuration"
            )
        ends = loop.path.endpoints
        return PathHealth(
            source=ends[index].chain_name,
            destination=ends[1 - index].chain_name,
            last_error=loop.last_error,
            halted=loop.halted,
            standby=loop.standby,
        )
