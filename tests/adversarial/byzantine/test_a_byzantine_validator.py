"""Validators that lie to who asks for approval: fewer than a threshold's worth decide nothing, either way."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chains.progmat.flows.collecting import APPROVE
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.steps import FlowStep
from chains.progmat.node.peers import PeerHandler, PeerIdentity, PeerRouter
from chains.progmat.transactions.signature import sign_transaction
from chains.progmat.transactions.signed_codec import encode_signature
from primitives.errors import CallerError
from primitives.hashing import sha256
from primitives.types import Hash32
from tests.adversarial.byzantine.world import ByzantineLedger, hostile
from tests.fakes.ledger_parties import SN, STRANGER, VALIDATORS
from tests.fakes.manual_clock import START_MS
from tests.integration.ledger.settlement import EvmSide
from tests.simulator.parties import ROLES
from tests.simulator.trades import new_light_client

OTHER = Hash32(sha256(b"another transaction"))


def saying(body: bytes) -> PeerHandler:
    async def handler(_asker: PeerIdentity, _body: bytes) -> bytes:
        return body

    return handler


async def silence(_asker: PeerIdentity, _body: bytes) -> bytes:
    await asyncio.Event().wait()
    return b""


async def refusal(_asker: PeerIdentity, _body: bytes) -> bytes:
    class Whim(CallerError):
        reason = "WHIM"

    raise Whim("because")


LIES = {
    "silence": silence,
    "garbage": saying(b"\xff\xff"),
    "too much": saying(bytes(4 * 1024 * 1024)),
    "a stranger's signature": saying(encode_signature(sign_transaction(STRANGER.signer, OTHER))),
    "a signature over another transaction": saying(encode_signature(sign_transaction(VALIDATORS[0].signer, OTHER))),
    "a refusal": refusal,
}


def with_liars(world: ByzantineLedger, count: int, lie: str) -> FlowRecord:
    """What becomes of a flow that needs Validators when the first ``count`` of them lie."""
    request = new_light_client(EvmSide(now_s=START_MS // 1000))
    records: list[FlowRecord] = []

    async def attack() -> None:
        for liar in VALIDATORS[:count]:
            router = PeerRouter()
            router.register(APPROVE, LIES[lie])
            world.ledger.setting.network.join(liar.name, router)
        records.append(await world.ledger.ask(SN, lambda operations: operations.submit(request, 60)))

    world.run(attack)
    world.nothing_is_taken()
    return records[0]


@pytest.mark.parametrize("lie", LIES)
def test_one_lying_validator_of_four_changes_nothing(tmp_path: Path, lie: str) -> None:
    with hostile(VALIDATORS[0], among=ROLES, folder=tmp_path) as world:
        assert with_liars(world, 1, lie).step in {FlowStep.RECORDED, FlowStep.DONE}
        world.honest_life_goes_on()


@pytest.mark.parametrize("lie", sorted(LIES.keys() - {"a refusal"}))
def test_two_liars_hold_a_transaction_up_and_do_not_end_it(tmp_path: Path, lie: str) -> None:
    with hostile(*VALIDATORS[:2], among=ROLES, folder=tmp_path) as world:
        record = with_liars(world, 2, lie)
        assert record.step is FlowStep.COUNTERSIGNED
        assert record.last_error_reason in {"ANSWER_PROVES_NOTHING", "PEER_TIMED_OUT"}
        world.honest_life_goes_on()


def test_two_refusals_of_four_end_a_transaction_because_three_must_sign(tmp_path: Path) -> None:
    with hostile(*VALIDATORS[:2], among=ROLES, folder=tmp_path) as world:
        record = with_liars(world, 2, "a refusal")
        assert (record.step, record.last_error_reason) == (FlowStep.FAILED, "WHIM")
        world.honest_life_goes_on()
