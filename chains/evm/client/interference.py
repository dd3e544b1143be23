"""Watching what issuers do to tokens that are held for trades.

Two sources, because each misses something: the adapters' own comparison of what must be held with what is held shows
what stands now (and that a token is paused), the tokens' events show acts that were undone since or that concern
nobody yet. Nothing here decides about a settlement: an alarm is shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chains.evm.client.abi import AbiEvent, address_word
from chains.evm.client.adapters import AdapterBinding
from chains.evm.client.dvp_app import DeliveredEvent, DvpAppBinding, EarmarkedEvent, ReleasedEvent
from chains.evm.client.event_pages import EventPage
from chains.evm.client.node_types import EvmLog
from chains.evm.client.rpc import EvmRpc
from ibc.dvp import DvpPayload

MOST_TRADES_A_CALL: Final = 2_000  # their sum is compared with one balance: a second page would be compared alone
_HOLDER_AND_AMOUNT: Final = (("address", "uint256"), ("address",), ("uint256",))
TRANSFER_EVENT: Final = AbiEvent("Transfer", ("address", "address", "uint256"), ("address", "address"), ("uint256",))
# ERC-7943
FORCED_TRANSFER_EVENT: Final = AbiEvent(
    "ForcedTransfer", ("address", "address", "uint256"), ("address", "address"), ("uint256",)
)
FROZEN_EVENT: Final = AbiEvent("Frozen", *_HOLDER_AND_AMOUNT)
# ERC-3643
TOKENS_FROZEN_EVENT: Final = AbiEvent("TokensFrozen", *_HOLDER_AND_AMOUNT)
ADDRESS_FROZEN_EVENT: Final = AbiEvent(
    "AddressFrozen", ("address", "bool", "address"), ("address", "bool", "address"), ()
)
RECOVERY_EVENT: Final = AbiEvent(
    "RecoverySuccess", ("address", "address", "address"), ("address", "address", "address"), ()
)
# ibet
_UNLOCK_SHAPE: Final = (
    ("address", "address", "address", "uint256", "string"),
    ("address", "address"),
    ("address", "uint256", "string"),
)
UNLOCK_EVENT: Final = AbiEvent("Unlock", *_UNLOCK_SHAPE)
FORCE_UNLOCK_EVENT: Final = AbiEvent("ForceUnlock", *_UNLOCK_SHAPE)

# the indexed argument in which each event names whose tokens it is about
_WHOSE: Final[Mapping[AbiEvent, int]] = {
    **dict.fromkeys((TRANSFER_EVENT, FORCED_TRANSFER_EVENT, FROZEN_EVENT, TOKENS_FROZEN_EVENT), 0),
    **dict.fromkeys((ADDRESS_FROZEN_EVENT, RECOVERY_EVENT), 0),
    **dict.fromkeys((UNLOCK_EVENT, FORCE_UNLOCK_EVENT), 1),
}
_BY_TOPIC: Final = {event.topic0: event for event in _WHOSE}
# what also happens when the app itself delivers or gives back, in the same transaction
_ORDINARY: Final = {TRANSFER_EVENT, UNLOCK_EVENT}

OpenTrades = Mapping[bytes, DvpPayload]


@dataclass(frozen=True)
class InterferenceAlarm:
    """Something was done to the tokens an adapter holds. `name` is the adapter's error or the token's event.

    `details` are its arguments; `height` where it was seen; `evm_tx_hash` None for a state rather than an act.
    """

    name: str
    adapter: bytes
    token: bytes
    details: tuple[tuple[str, Any], ...]
    height: int
    evm_tx_hash: bytes | None = None


async def read_open_trades(
    page: EventPage, app: DvpAppBinding, known: OpenTrades
) -> tuple[dict[bytes, DvpPayload], frozenset[bytes]]:
    """Give the trades open after a page's blocks, and the transactions in them by which the app moved tokens."""
    trades, movements = dict(known), set()
    for log in await page.matching((app.address,)):
        match app.event_of(log):
            case EarmarkedEvent(payload=payload):
                trades[payload.trade_id] = payload
                movements.add(log.evm_tx_hash)
            case DeliveredEvent(trade_id=trade_id) | ReleasedEvent(trade_id=trade_id):
                trades.pop(trade_id, None)
                movements.add(log.evm_tx_hash)
    return trades, frozenset(movements)


async def watch_interference(
    rpc: EvmRpc, page: EventPage, app: DvpAppBinding, known: OpenTrades
) -> tuple[tuple[InterferenceAlarm, ...], dict[bytes, DvpPayload]]:
    """Give the alarms of a page's blocks (acts there, and what stands at the last), and the trades then open.

    `known` are the trades open before them.
    """
    trades, movements = await read_open_trades(page, app, known)
    concerned = [*known.values(), *trades.values()]
    acts = issuer_acts(await token_events(page, concerned), concerned, movements)
    return (*acts, *await standing_alarms(rpc, trades.values(), page.blocks[-1].height)), trades


async def token_events(page: EventPage, trades: Iterable[DvpPayload]) -> list[EvmLog]:
    """Give the events of a page's blocks by which the tokens of `trades` tell what was done to holders."""
    tokens = sorted({bytes(payload.token) for payload in trades})
    return await page.matching(tokens, (tuple(_BY_TOPIC),)) if tokens else []


def issuer_acts(
    logs: Iterable[EvmLog], trades: Iterable[DvpPayload], movements: frozenset[bytes]
) -> tuple[InterferenceAlarm, ...]:
    """Give the tokens' events that concern adapters of `trades` and that no trade explains. Raises `DecodeError`."""
    adapters, tokens = set(), set()
    for payload in trades:
        adapters.add(bytes(payload.adapter))
        tokens.add(bytes(payload.token))
    found = (_alarm_of(log, adapters, movements) for log in logs if log.address in tokens)
    return tuple(alarm for alarm in found if alarm is not None)


def _alarm_of(log: EvmLog, adapters: set[bytes], movements: frozenset[bytes]) -> InterferenceAlarm | None:
    event = _BY_TOPIC[log.topics[0]]
    if len(log.topics) != 1 + len(event.indexed):
        return None  # another contract's event of the same name
    indexed, body = event.decode(log.topics, log.data)
    adapter = address_word(indexed[_WHOSE[event]])
    if adapter not in adapters or (event in _ORDINARY and log.evm_tx_hash in movements):
        return None
    if event is UNLOCK_EVENT and bytes.fromhex(body[0][2:]) == address_word(indexed[0]):
        return None  # a holder took back what no trade needs; less than needed shows as a shortfall
    details = (*((f"indexed {at}", word) for at, word in enumerate(indexed)), *enumerate_named(body))
    return InterferenceAlarm(event.name, adapter, log.address, details, log.height, log.evm_tx_hash)


def enumerate_named(body: Sequence[Any]) -> tuple[tuple[str, Any], ...]:
    """Give an event's other arguments with names."""
    return tuple((f"value {at}", value) for at, value in enumerate(body))


async def standing_alarms(rpc: EvmRpc, trades: Iterable[DvpPayload], height: int) -> tuple[InterferenceAlarm, ...]:
    """Ask each adapter about its open trades, token by token, at block `height`."""
    groups: dict[tuple[bytes, bytes], list[DvpPayload]] = defaultdict(list)
    for payload in trades:
        groups[payload.adapter, payload.token].append(payload)
    alarms: dict[tuple[bytes, bytes, bytes], InterferenceAlarm] = {}
    for (adapter, token), payloads in groups.items():
        for at in range(0, len(payloads), MOST_TRADES_A_CALL):
            page = payloads[at : at + MOST_TRADES_A_CALL]
            for reason in await AdapterBinding(adapter).interference(rpc, page, height):
                alarm = InterferenceAlarm(reason.name, adapter, token, reason.arguments, height)
                alarms[adapter, token, reason.data] = alarm
    return tuple(alarms.values())
