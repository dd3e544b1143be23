from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from chains.progmat.flows.approval_ahead import ApprovalAhead
from chains.progmat.flows.collecting import APPROVE, AWAY_MS, PATIENCE_MS, ApproveStep
from chains.progmat.flows.own_signatures import OwnSignatures
from chains.progmat.flows.record import FlowKind, FlowRecord
from chains.progmat.flows.signed_records import assembled, signed_of, with_signed
from chains.progmat.flows.steps import FlowStep
from chains.progmat.flows.suspended_approvers import SuspendedApprovers
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.identity import Role
from chains.progmat.node.peers import InProcessPeerNetwork, PeerIdentity, PeerRouter
from chains.progmat.node.storage import NodeDatabase
from chains.progmat.transactions.model import Party
from chains.progmat.transactions.signature import sign_transaction
from chains.progmat.transactions.signed_codec import decode_approval_request, encode_signature
from primitives.errors import UnavailableError
from primitives.public_key import PublicKey
from tests.fakes.commit_requests import NOW_S, create
from tests.fakes.key_rings import KeysOf
from tests.fakes.manual_clock import ManualClock
from tests.fakes.notary_world import VALIDATORS
from tests.fakes.toy_ledger import PACKAGE, PARAMETERS, Toy

_NAMES = {validator.public_key: f"v-{number}" for number, validator in enumerate(VALIDATORS)}
_THRESHOLD = PARAMETERS.validators.threshold


class _Map:
    """The Validators by their keys."""

    def holder_of(self, key: PublicKey) -> str | None:
        return _NAMES.get(key)

    def party(self, _name: str) -> Party | None:
        return None

    def names_with(self, _role: Role) -> tuple[str, ...]:
        return ()


class _Away(UnavailableError):
    reason = "AWAY"


class _World:
    """Validators that note who was asked; ``silent`` ones never answer, those ``down`` fail at once."""

    def __init__(self, database: NodeDatabase) -> None:
        self.clock = ManualClock(NOW_S * 1000)
        self.asked: list[str] = []
        self.silent: set[str] = set()
        self.down: set[str] = set()
        hub = InProcessPeerNetwork()
        for number, name in enumerate(_NAMES.values()):
            router = PeerRouter()
            router.register(APPROVE, self._validator(number, name))
            hub.join(name, router)
        verifier = LedgerVerifier(PARAMETERS, PACKAGE)
        asker, ahead = hub.join("cn-1", PeerRouter()), ApprovalAhead(database)
        own = OwnSignatures(KeysOf(), verifier)
        self.step = ApproveStep(asker, _Map(), verifier, self.clock, SuspendedApprovers(), ahead, own)

    def _validator(self, number: int, name: str) -> Callable[[PeerIdentity, bytes], Awaitable[bytes]]:
        async def approve(_peer: PeerIdentity, body: bytes) -> bytes:
            self.asked.append(name)
            if name in self.silent:
                await asyncio.Event().wait()
            if name in self.down:
                raise _Away
            wire_bytes, signatures, _ = decode_approval_request(body)
            return encode_signature(sign_transaction(VALIDATORS[number], assembled(wire_bytes, signatures).id))

        return approve

    async def collect(self, transaction: str) -> list[str]:
        """Have a transaction approved; who was asked, in order."""
        self.asked.clear()
        toy = Toy(transaction, writes=(create(transaction),))
        record = FlowRecord(transaction, FlowKind.MOVE_CASH, b"", FlowStep.COUNTERSIGNED, 1, 1, 1)
        commit = await self.step.prepare(with_signed(record, toy.signed()))
        approved = signed_of(commit(None))  # type: ignore[arg-type] # the step's commit asks no database
        assert len(approved.signed_by & set(_NAMES)) >= _THRESHOLD
        return list(self.asked)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[_World]:
    database = await NodeDatabase.open(tmp_path / "node.sqlite3", "cn-1", [])
    yield _World(database)
    await database.close()


async def test_as_many_are_asked_as_must_sign_and_not_always_the_same(world: _World) -> None:
    asked = [await world.collect(f"trade {number}") for number in range(40)]
    assert {len(names) for names in asked} == {_THRESHOLD}
    assert {name for names in asked for name in names} == set(_NAMES.values())
    counts = [sum(name in names for names in asked) for name in _NAMES.values()]
    assert min(counts) > 20


async def test_another_is_asked_at_once_for_one_that_fails(world: _World) -> None:
    world.down = {"v-1"}
    asked = [await world.collect(f"trade {number}") for number in range(8)]
    assert max(len(names) for names in asked) == _THRESHOLD + 1
    assert sum("v-1" in names for names in asked) == 1  # from then on it is among the last to be asked


async def test_the_others_are_asked_when_one_lets_wait(world: _World) -> None:
    (first, *_), transaction = await world.collect("trade"), "trade"
    world.silent = {first}
    collecting = asyncio.create_task(world.collect(transaction))
    await asyncio.sleep(0.05)
    assert not collecting.done()
    world.clock.advance_ms(PATIENCE_MS)
    assert len(await collecting) == len(_NAMES)
    assert first not in await world.collect(transaction)
    world.silent = set()
    world.clock.advance_ms(AWAY_MS)
    assert first in await world.collect(transaction)


async def test_too_few_that_answer_approve_nothing(world: _World) -> None:
    world.down = {"v-0", "v-1"}
    with pytest.raises(UnavailableError):
        await world.collect("trade")
    assert sorted(world.asked) == sorted(_NAMES.values())
