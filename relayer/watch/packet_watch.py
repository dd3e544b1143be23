"""Alarms about a path's own work: packets that were set aside as poison, and the path that halted."""

from __future__ import annotations

import asyncio
from typing import Final

from relayer.packet_desk import PacketDesk, PacketFilter, ParkedOnly, name_of
from relayer.service import RelayerLoop
from relayer.watch.alarms import Alarm, AlarmBoard, AlarmKind

MOST_NAMED: Final = 20
"""Parked packets with an alarm each; of the others there is one that counts them."""


class PacketWatch:
    """Reads the store; what a person parked is no alarm."""

    def __init__(self, desk: PacketDesk, loop: RelayerLoop, board: AlarmBoard) -> None:
        self._desk = desk
        self._loop = loop
        self._board = board

    async def round(self) -> None:
        """Replace what was said before. Raises ``StoreUnavailable``."""
        name = self._loop.path.name
        alarms = await asyncio.to_thread(self._parked, name)
        if self._loop.halted:
            alarms.append(Alarm(AlarmKind.PATH_HALTED, name, f"{self._loop.last_error}; {self._loop.advice}"))
        self._board.stand(f"packets of {name} themselves", alarms)

    def _parked(self, path: str) -> list[Alarm]:
        wanted = PacketFilter((path,), parked=ParkedOnly.POISON)
        rows = self._desk.page(wanted, 0, MOST_NAMED + 1)
        alarms = []
        for row in rows[:MOST_NAMED]:
            parking = self._desk.parking(row.row_id)
            if parking is not None:
                detail = f"{parking.why}; look at it with `crossdvp relayer explain`, then unpark or leave it"
                alarms.append(Alarm(AlarmKind.PACKET_PARKED, name_of(row.key), detail))
        if len(rows) > MOST_NAMED:
            alarms.append(Alarm(AlarmKind.PACKET_PARKED, path, f"{self._desk.count(wanted)} packets are parked in all"))
        return alarms
