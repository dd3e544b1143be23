"""What the parts of SettlementService share: the store, the rules, who is speaking, and how answers are made."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import grpc
import grpc.aio
from crossdvp.gateway.v1 import settlement_service_pb2 as pb

from relayer.gateway.access import Speaker, Speakers
from relayer.gateway.admission import Admission
from relayer.gateway.errors import BadRequest, SettlementUnknown
from relayer.gateway.group_commit import GroupCommit
from relayer.gateway.matching import Side
from relayer.gateway.model import Settlement
from relayer.gateway.newest import NewestEvent
from relayer.gateway.ports import CashSide
from relayer.gateway.service_tables import NamedAccount
from relayer.gateway.settlement_codec import side_of
from relayer.gateway.settlement_tables import Stored
from relayer.gateway.store import GatewayStore
from relayer.rpc_server import caller_of

_UUID = re.compile(r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")

Context = grpc.aio.ServicerContext[Any, Any]
Codes = Mapping[type[BaseException], grpc.StatusCode]
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Desk:
    """One per gateway process. ``codes``: of refusals, for those that are told among many.

    ``listed``: the counterparties with which a platform settles; empty = with anybody.
    """

    store: GatewayStore
    commit: GroupCommit
    newest: NewestEvent
    cash: CashSide
    admission: Admission
    speakers: Speakers
    now_s: Callable[[], int]
    codes: Codes = field(default_factory=dict)
    listed: Callable[[str], Collection[NamedAccount]] = lambda _platform: ()


class Verbs:
    """What each part of the servicer begins with."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def _speaker(self, context: Context) -> Speaker:
        return self._desk.speakers.speaker(caller_of(context))

    async def _seen_by(self, speaker: Speaker, trade_id: bytes) -> Stored:
        """Raises ``SettlementUnknown``, also for what is none of the caller's business."""
        store = self._desk.store
        stored = await store.database.asked(store.get_stored, trade_id)
        speaker.require_either(stored.settlement)
        return stored


def guard(speaker: Speaker, trade_id: bytes) -> Callable[[Settlement | None], None]:
    """Raises ``SettlementUnknown`` unless the settlement is there, and the caller's business."""

    def check(before: Settlement | None) -> None:
        speaker.require_either(named(before, trade_id))

    return check


def own_side(speaker: Speaker, number: int, settlement: Settlement) -> Side:
    """The side that a caller acts for. Raises ``BadRequest``, ``NotYourSide``."""
    if number != pb.SIDE_UNSPECIFIED:
        side = side_of(number)
        speaker.require_side(side, settlement.terms)
        return side
    own = [side for side in Side if side.account_in(settlement.terms).node in speaker.nodes]
    if len(own) != 1:
        raise BadRequest("side", "SIDE_SELLER or SIDE_BUYER, as both are the caller's", "none")
    return own[0]


def request_id_of(text: str) -> str:
    """A request id as it is stored. Raises ``BadRequest``."""
    if not _UUID.fullmatch(text):
        raise BadRequest("request_id", "a UUID, as 8-4-4-4-12 hexadecimal digits", text[:64] or "nothing")
    return text.lower()


def answer(kind: Callable[[], _Answer], told: bytes) -> _Answer:
    """A response that holds a settlement, as it is stored."""
    response: Any = kind()
    response.settlement.ParseFromString(told)
    found: _Answer = response
    return found


def named(settlement: Settlement | None, trade_id: bytes) -> Settlement:
    """The settlement. Raises ``SettlementUnknown`` if there is none."""
    if settlement is None:
        raise SettlementUnknown(f"settlements/{trade_id.hex()}")
    return settlement
