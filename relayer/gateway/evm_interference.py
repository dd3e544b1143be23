"""What is done to tokens on the EVM chain, as alarms of trades.

Anybody may earmark any token: one that reports nonsense, or that its adapter cannot ask, raises an alarm of its own
trades and keeps nobody else's from being seen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, Final

from chains.evm.client.dvp_app import DvpAppBinding
from chains.evm.client.event_pages import EventPage
from chains.evm.client.interference import (
    InterferenceAlarm,
    issuer_acts,
    read_open_trades,
    standing_alarms,
    token_events,
)
from chains.evm.client.rpc import EvmRpc
from ibc.dvp import DvpPayload
from primitives.errors import CrossDvpError, DecodeError, UnavailableError
from relayer.gateway.alarm_advice import advice_on
from relayer.gateway.model import Alarm
from relayer.gateway.ports import HeldTrades, InterferenceSeen

MOST_DETAIL: Final = 300
_Place = tuple[bytes, bytes]
"""Adapter and token."""
_ByPlace = dict[_Place, list[Alarm]]


class Questions(Enum):
    """When adapters are asked what stands: it costs the node a loop over all trades that are held."""

    ALWAYS = "always"
    AFTER_ACTS = "after acts"
    NEVER = "never"  # more blocks follow


async def interference_in(
    rpc: EvmRpc, page: EventPage, app: DvpAppBinding, held: HeldTrades, questions: Questions
) -> InterferenceSeen:
    """Read a page's blocks, and ask what stands at the last one. Raises ``UnavailableError``."""
    last = page.blocks[-1].height
    after, movements = await read_open_trades(page, app, held)
    concerned = {**held, **after}
    acts = await _acts(page, concerned.values(), movements)
    asks = questions is Questions.ALWAYS or (questions is Questions.AFTER_ACTS and acts)
    standing = await _standing(rpc, after.values(), last) if asks else None
    return InterferenceSeen(
        until=last,
        held=after,
        acts=_by_trade(concerned, acts),
        standing=None if standing is None else _by_trade(after, standing),
    )


async def _acts(page: EventPage, trades: Iterable[DvpPayload], movements: frozenset[bytes]) -> _ByPlace:
    """What a node keeps back or changes is raised; what a token itself reports wrong is told on its trades."""
    found: _ByPlace = defaultdict(list)
    payloads = list(trades)
    logs = await token_events(page, payloads)
    for place, group in _groups(payloads).items():
        try:
            found[place] += [_alarm(alarm) for alarm in issuer_acts(logs, group, movements)]
        except DecodeError as failure:
            found[place].append(_unreadable("TokenEventsUnreadable", failure, page.blocks[-1].height))
    return found


async def _standing(rpc: EvmRpc, trades: Iterable[DvpPayload], height: int) -> _ByPlace:
    found: _ByPlace = defaultdict(list)
    for place, group in _groups(trades).items():
        try:
            found[place] += [_alarm(alarm) for alarm in await standing_alarms(rpc, group, height)]
        except UnavailableError:
            raise
        except CrossDvpError as failure:
            found[place].append(_unreadable("TokenStateUnreadable", failure, height))
    return found


def _groups(trades: Iterable[DvpPayload]) -> dict[_Place, list[DvpPayload]]:
    groups: dict[_Place, list[DvpPayload]] = defaultdict(list)
    for payload in trades:
        groups[bytes(payload.adapter), bytes(payload.token)].append(payload)
    return groups


def _by_trade(trades: HeldTrades, alarms: _ByPlace) -> Mapping[bytes, tuple[Alarm, ...]]:
    """Every trade of a place has its alarms: what is missing there is anybody's loss."""
    places = {trade_id: (bytes(payload.adapter), bytes(payload.token)) for trade_id, payload in trades.items()}
    return {trade_id: tuple(alarms[place]) for trade_id, place in places.items() if alarms.get(place)}


def _alarm(seen: InterferenceAlarm) -> Alarm:
    tx_id = "0x" + seen.evm_tx_hash.hex() if seen.evm_tx_hash else ""
    detail = ", ".join(f"{name} {_text(value)}" for name, value in seen.details)[:MOST_DETAIL]
    return Alarm(seen.name, detail, advice_on(seen.name), tx_id, seen.height)


def _unreadable(name: str, failure: CrossDvpError, height: int) -> Alarm:
    return Alarm(name, f"{failure.reason}: {failure}"[:MOST_DETAIL], advice_on(name), "", height)


def _text(value: Any) -> str:  # noqa: ANN401  # an ABI value
    """An indexed address fills a word; people know it by its last 20 bytes. What a token says is for a line of text."""
    if not isinstance(value, bytes):
        return "".join(each if each.isprintable() else "?" for each in str(value)[:MOST_DETAIL])
    is_address = len(value) == 32 and not any(value[:12])
    return "0x" + (value[12:] if is_address else value).hex()
