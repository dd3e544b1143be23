"""``kill -9`` for every kind of flow: of the node that drives it and of each node it asks, at every point there is.

An undisturbed run of a kind shows its points: the steps at which its engine makes an attempt, and whom it asks for
what. Then, on the same ledger, one more flow of the kind is run for each point, and somebody dies there. After each the
flow has ended well, asking again gives the same ledger transaction, and the books are as if nobody had died.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import pytest

from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.peer_codec import FETCH_TRANSACTIONS
from chains.progmat.flows.record import FlowKind, FlowRecord
from chains.progmat.flows.steps import ENDS, FlowStep
from chains.progmat.node.flow_builders import BUILDERS
from chains.progmat.node.peers import Delivery
from chains.progmat.node.roles import ValidatorRole, VaultRole
from tests.fakes.ledger_parties import SECOND, VALIDATORS, LedgerParty
from tests.integration.ledger import kinds_of_executions, kinds_of_securities
from tests.integration.ledger.kinds_of_flows import KINDS, KindOfFlow, Opened
from tests.integration.ledger.kinds_under_fresh_keys import UNDER_FRESH_KEYS
from tests.integration.ledger.network import ROLES, WAIT_S, LedgerNetwork, lose_what_is_queued
from tests.integration.ledger.test_a_node_killed_at_any_step import killed_when_stored

BY_NAME = {party.name: party for party in (*ROLES, SECOND)}
REACHED = frozenset({FlowStep.RECORDED, *ENDS})

ALIKE = {**kinds_of_securities.ALIKE, **kinds_of_executions.ALIKE}


class Moment(Enum):
    """When somebody dies."""

    STORED = "the driver dies when it has stored a step"
    ANSWER_LOST = "the driver dies when its request was carried out and the answer is under way"
    AT_WORK = "who was asked dies over the request"
    CARRIED_OUT = "who was asked dies when it has carried the request out and not answered"


@dataclass(frozen=True)
class Point:
    """``who`` dies; ``where`` is a step or a method. The first Validator stands for whichever is asked first."""

    moment: Moment
    who: str
    where: str


@dataclass
class Seen:
    """What an undisturbed run does."""

    driver: str
    steps: dict[FlowStep, None] = field(default_factory=dict)
    asked: dict[tuple[str, str], None] = field(default_factory=dict)

    def points(self) -> Iterator[Point]:
        for step in (*self.steps, FlowStep.RECORDED):
            yield Point(Moment.STORED, self.driver, step.value)
        for method in dict.fromkeys(method for _, method in self.asked):
            yield Point(Moment.ANSWER_LOST, self.driver, method)
        for name, method in dict.fromkeys((one_for_all(name), method) for name, method in self.asked):
            yield Point(Moment.AT_WORK, name, method)
            yield Point(Moment.CARRIED_OUT, name, method)


def one_for_all(name: str) -> str:
    """Another transaction asks other Validators first."""
    return VALIDATORS[0].name if name in {party.name for party in VALIDATORS} else name


async def undisturbed(ledger: LedgerNetwork, driver: LedgerParty, request: AnyRequest) -> Seen:
    seen = Seen(driver.name)
    engine = ledger.vault(driver).node.engine
    attempt = engine._attempt

    async def noted(record: FlowRecord) -> FlowRecord:
        seen.steps[record.step] = None
        return await attempt(record)

    async def policy(asker: str, asked: str, method: str) -> Delivery:
        if asker == driver.name and method != FETCH_TRANSACTIONS:  # of what a later flow finds recorded already
            seen.asked[asked, method] = None
        return Delivery.DELIVER

    ledger.hub.policy = policy
    engine._attempt = noted  # type: ignore[method-assign] # only watched
    await ended(ledger, driver, request)
    engine._attempt = attempt  # type: ignore[method-assign] # as it was
    ledger.hub.policy = ledger.deliver_all
    return seen


async def ended(ledger: LedgerNetwork, driver: LedgerParty, request: AnyRequest) -> None:
    """Time goes on until the flow is through everywhere; asked for again, it is the same one."""
    await ledger.run(driver, request, wait_s=0)
    engine = ledger.vault(driver).node.engine
    async with asyncio.timeout(WAIT_S):
        while (record := await engine.outcome(request.request_id, 0.01, ENDS)).step not in ENDS:
            ledger.clock.advance_ms(1000)
    assert record.step is FlowStep.DONE, record
    again = await ledger.run(driver, request)
    assert (again.step, again.tx_id) == (FlowStep.DONE, record.tx_id)


async def kill(ledger: LedgerNetwork, party: LedgerParty) -> None:
    """Nothing more is written or sent. The notary, whose own kill test is elsewhere, only goes and comes back."""
    role = ledger.nodes[party.name].role
    if isinstance(role, VaultRole):
        await ledger.kill(party)
        return
    if isinstance(role, ValidatorRole):
        database = role._storage.database
        assert database is not None
        lose_what_is_queued(database)
    await ledger.stop(party)


async def killed_at(ledger: LedgerNetwork, driver: LedgerParty, request: AnyRequest, point: Point) -> None:
    """Run the request until ``point`` and let somebody die there; who died is started again."""
    who = driver
    if point.moment is Moment.STORED:
        await killed_when_stored(ledger, driver, request, FlowStep(point.where))
    else:
        who = await _killed_when_asked(ledger, driver, request, point)
    ledger.hub.policy = ledger.deliver_all
    await ledger.start(who)


async def _killed_when_asked(
    ledger: LedgerNetwork, driver: LedgerParty, request: AnyRequest, point: Point
) -> LedgerParty:
    """Who died."""
    reached, victims = asyncio.Event(), list[str]()

    async def policy(asker: str, asked: str, method: str) -> Delivery:
        concerned = point.moment is Moment.ANSWER_LOST or one_for_all(asked) == point.who
        if asker != driver.name or method != point.where or not concerned:
            return Delivery.DELIVER
        if point.moment is not Moment.ANSWER_LOST and victims and asked not in victims:
            return Delivery.DELIVER
        if point.moment is Moment.AT_WORK and reached.is_set():
            return Delivery.LOSE_REQUEST
        victims.append(asked)
        reached.set()
        return Delivery.DELIVER if point.moment is Moment.AT_WORK else Delivery.LOSE_ANSWER

    ledger.hub.policy = policy
    engine = ledger.vault(driver).node.engine
    await ledger.run(driver, request, wait_s=0)
    async with asyncio.timeout(WAIT_S):
        await reached.wait()
        record = await engine.outcome(request.request_id, 0)
        while point.moment is not Moment.AT_WORK and record.attempts == 0 and record.step not in REACHED:
            await asyncio.sleep(0)
            record = await engine.outcome(request.request_id, 0)
    who = driver if point.moment is Moment.ANSWER_LOST else BY_NAME[victims[0]]
    await kill(ledger, who)
    return who


def test_every_kind_of_flow_is_killed_here() -> None:
    assert set(KINDS) | set(ALIKE) == set(BUILDERS), "a new kind of flow needs an entry in kinds_of_flows.KINDS"
    assert set(ALIKE.values()) <= set(KINDS)


@pytest.mark.parametrize("kind", list(KINDS), ids=lambda kind: kind.value)
async def test_whoever_dies_at_whatever_point_the_flow_ends_once(tmp_path: Path, kind: FlowKind) -> None:
    await _killed_at_every_point(tmp_path, KINDS[kind])


@pytest.mark.parametrize("kind", list(UNDER_FRESH_KEYS), ids=lambda kind: kind.value)
async def test_under_fresh_keys_as_well(tmp_path: Path, kind: FlowKind) -> None:
    await _killed_at_every_point(tmp_path, UNDER_FRESH_KEYS[kind])


async def _killed_at_every_point(folder: Path, kind: KindOfFlow) -> None:
    async with kind.running(folder, kind.parties) as ledger:
        opened: Opened = await kind.open(ledger)
        driver, following, check = opened
        seen = await undisturbed(ledger, driver, await following(0))
        await check(1)
        points = list(seen.points())
        assert {point.moment for point in points} == set(Moment)
        for number, point in enumerate(points, start=1):
            try:
                request = await following(number)
                await killed_at(ledger, driver, request, point)
                await ended(ledger, driver, request)
                await check(number + 1)
            except BaseException as error:
                error.add_note(f"{point}")
                raise
