"""What users ask of a simulated ledger, and how they insist: again after every failure, under the same request id.

Some do not: they ask once and go, perhaps in the middle of it, and nobody ever asks about their request again.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from math import inf

from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.errors import RequestIdReused
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.request_base import KeyChoice
from chains.progmat.flows.requests import IssueCash, MoveCash, RedeemCash
from chains.progmat.flows.steps import ANSWERED, FlowStep
from ibc.dvp import SettlementTerms
from primitives.errors import UnavailableError
from tests.fakes.ledger_parties import COIN_ID, SN, LedgerParty
from tests.simulator.ledger import SimulatedLedger
from tests.simulator.machine import MachineDown
from tests.simulator.parties import ACCOUNTS, CUSTODIANS

LEAST_OPERATIONS, MOST_OPERATIONS = 5, 25


@dataclass(frozen=True)
class Operation:
    """One wish of one user at one node; asked ``times`` times in all, the first time at ``at_s``.

    Who has no more than ``patience_s`` for the answer asks once.
    """

    at_s: float
    party: LedgerParty
    request: AnyRequest
    times: int
    patience_s: float = inf


def drawn_operations(chance: random.Random, lasts_s: float) -> list[Operation]:
    """Issues, moves (to oneself too) and redemptions on few accounts, so that they compete; some under fresh keys."""
    custodians = CUSTODIANS[: chance.choice((2, 3))]
    count = LEAST_OPERATIONS + int((MOST_OPERATIONS - LEAST_OPERATIONS + 1) * chance.random() ** 3)
    within_s = chance.choice((0.01, lasts_s / 2, lasts_s))
    return [
        Operation(
            chance.uniform(0, within_s), *_wish(chance, f"op-{number}", custodians), _times(chance), _patience_s(chance)
        )
        for number in range(count)
    ]


def _times(chance: random.Random) -> int:
    return 1 + (chance.random() < 0.3) + (chance.random() < 0.1)


def _patience_s(chance: random.Random) -> float:
    """A commit takes up to some milliseconds: mostly it is what the caller does not wait for."""
    return chance.uniform(0.0, 0.005) if chance.random() < 0.15 else inf


def _wish(chance: random.Random, name: str, custodians: tuple[LedgerParty, ...]) -> tuple[LedgerParty, AnyRequest]:
    to_node = chance.choice(custodians)
    to = chance.choice(ACCOUNTS[to_node]).account_at(to_node)
    node = chance.choice(custodians)
    source = chance.choice(ACCOUNTS[node]).account_at(node).key
    amount_yen = chance.choice((1, 50, 100, 150, 250, 1000))
    kind = chance.choices(("issue", "move", "self", "redeem"), (2, 6, 1, 2))[0]
    keys = chance.choice((KeyChoice.AS_SET, KeyChoice.AS_SET, KeyChoice.FRESH))
    if kind == "issue":
        return SN, IssueCash(name, COIN_ID, amount_yen, to, keys)
    if kind == "redeem":
        return node, RedeemCash(name, COIN_ID, SN.name, amount_yen, source)
    if kind == "self":
        to = chance.choice(ACCOUNTS[node]).account_at(node)
    return node, MoveCash(name, COIN_ID, SN.name, amount_yen, source, to, keys)


@dataclass
class Users:
    """All users of one schedule; ``complaints`` are broken promises of the API."""

    ledger: SimulatedLedger
    chance: random.Random
    accepted: dict[str, AnyRequest] = field(default_factory=dict)
    outcomes: dict[str, tuple[FlowStep, bytes | None]] = field(default_factory=dict)
    delivered: dict[str, SettlementTerms] = field(default_factory=dict)
    """Terms of the trades whose unlock, by its request id, pays the seller."""
    complaints: list[str] = field(default_factory=list)

    async def insist(self, operation: Operation) -> None:
        """Ask until it is accepted, then as often as this user does; perhaps try to change the request afterwards."""
        await asyncio.sleep(operation.at_s)
        if operation.patience_s < inf:
            await self._ask_and_go(operation)
            return
        for _ in range(operation.times):
            await self.until_accepted(operation.party, operation.request)
            await asyncio.sleep(self.chance.choice((0.0, 0.05, 10.0)))
        if operation.times > 1:
            await self._change(operation.party, operation.request)

    def note(self, request: AnyRequest, record: FlowRecord) -> None:
        """Compare an answer with those before it: what was answered once is so for ever."""
        if record.step not in ANSWERED:
            return
        ended = FlowStep.FAILED if record.step is FlowStep.FAILED else FlowStep.DONE
        outcome = (ended, None if ended is FlowStep.FAILED else record.tx_id)
        first = self.outcomes.setdefault(request.request_id, outcome)
        if first != outcome:
            self.complaints.append(f"{request.request_id}: first answered {first}, then {outcome}")

    async def until_accepted(self, party: LedgerParty, request: AnyRequest) -> None:
        """Ask again after every failure."""
        while True:
            try:
                record = await self.ledger.ask(party, lambda operations: operations.submit(request, 0))
            except (MachineDown, UnavailableError):
                await asyncio.sleep(self.chance.uniform(0.01, 3.0))
                continue
            self.accepted[request.request_id] = request
            self.note(request, record)
            return

    async def _ask_and_go(self, operation: Operation) -> None:
        with suppress(MachineDown, UnavailableError, TimeoutError):
            async with asyncio.timeout(operation.patience_s):
                await self.ledger.ask(operation.party, lambda operations: operations.submit(operation.request, 0))
            self.accepted[operation.request.request_id] = operation.request

    async def _change(self, party: LedgerParty, request: AnyRequest) -> None:
        assert isinstance(request, IssueCash | MoveCash | RedeemCash)
        changed = replace(request, amount_yen=request.amount_yen + 1)
        try:
            await self.ledger.ask(party, lambda operations: operations.submit(changed, 0))
        except (RequestIdReused, MachineDown, UnavailableError):
            return
        self.complaints.append(f"{request.request_id}: another amount was accepted under the same request id")


def described(operations: list[Operation]) -> Iterator[str]:
    """One line an operation, for whoever replays a seed."""
    for operation in operations:
        yield f"{operation.at_s:.3f} s, {operation.times} times, at {operation.party.name}: {operation.request}"
