"""What the watch concludes from what it is told: alarms to the second, versions of a height, who said two things."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chains.evm.client.router import Router
from chains.evm.client.router_calls import ClientUpdateCall, updates_in
from chains.progmat.client.checkpoints import Statements
from ibc.light_client import LightClientStatus
from light_clients.progmat import SignedStatement, decode_header, prove_equivocation
from primitives.errors import PeerError, UnavailableError
from primitives.keccak import keccak256
from relayer.core.chain import HostedClient
from relayer.watch.alarms import MOST_FINDINGS, Alarm, AlarmBoard, AlarmKind, client_alarms
from relayer.watch.service import WatchLoop
from relayer.watch.statements import StatementBook, said_in, slot_of, versions
from tests.fakes.checkpoints import CheckpointScenario, signature
from tests.fakes.instant_chain import TRUSTING_PERIOD_S, instant_pair
from tests.fakes.scripted_validators import vote_of

SCENARIO = CheckpointScenario()
TRUTH = SCENARIO.next_checkpoint
LIE = replace(TRUTH, root=keccak256(b"lie"))
CLIENT = HostedClient("progmat-0", 10, 1000, 300, LightClientStatus.ACTIVE)


@pytest.mark.parametrize(
    ("now_s", "kinds"),
    [
        (1000, []),
        (1199, []),
        (1200, [AlarmKind.CLIENT_EXPIRING]),
        (1299, [AlarmKind.CLIENT_EXPIRING]),
        (1300, [AlarmKind.CLIENT_EXPIRED]),
    ],
)
def test_a_client_that_nears_its_expiry_is_an_alarm_to_the_second(now_s: int, kinds: list[AlarmKind]) -> None:
    assert [alarm.kind for alarm in client_alarms("evm", CLIENT, now_s)] == kinds


def test_a_frozen_or_expired_client_is_an_alarm_whatever_the_time() -> None:
    frozen = replace(CLIENT, status=LightClientStatus.FROZEN)
    expired = replace(CLIENT, status=LightClientStatus.EXPIRED)
    assert [alarm.kind for alarm in client_alarms("evm", frozen, 5000)] == [AlarmKind.CLIENT_FROZEN]
    assert [alarm.kind for alarm in client_alarms("evm", expired, 1000)] == [AlarmKind.CLIENT_EXPIRED]


def test_a_standing_alarm_lasts_as_long_as_it_is_reported_and_a_finding_for_good() -> None:
    clock = [1.0]
    board = AlarmBoard(lambda: clock[0])
    standing, finding = (Alarm(kind, "x", "d") for kind in (AlarmKind.CLIENT_EXPIRING, AlarmKind.VALIDATORS_DISAGREE))
    board.stand("a", [standing])
    clock[0] = 2.0
    board.stand("a", [replace(standing, detail="later")])
    board.find(finding)
    board.find(replace(finding, detail="again"))
    assert [(raised.alarm.detail, raised.since_s) for raised in board.raised] == [("later", 1.0), ("d", 2.0)]
    board.stand("b", [])
    board.stand("a", [])
    assert [raised.alarm for raised in board.raised] == [finding]


def test_findings_are_bounded() -> None:
    board = AlarmBoard(lambda: 1.0)
    for number in range(MOST_FINDINGS + 5):
        board.find(Alarm(AlarmKind.VALIDATORS_DISAGREE, str(number), ""))
    assert len(board.raised) == MOST_FINDINGS
    assert board.raised[-1].alarm.subject == str(MOST_FINDINGS + 4)


def test_versions_are_sorted_by_how_many_stand_by_them() -> None:
    first, *others = SCENARIO.keys
    votes = (vote_of(first, LIE), *(vote_of(key, TRUTH) for key in others))
    true, false = versions(Statements(TRUTH.height, SCENARIO.validator_set, votes))
    assert (true.checkpoint, false.checkpoint) == (TRUTH, LIE)
    packed = true.header(SCENARIO.validator_set)
    assert packed is not None
    assert decode_header(packed, TRUTH.ledger_id).checkpoint == TRUTH
    assert false.header(SCENARIO.validator_set) is None
    assert slot_of(TRUTH) != slot_of(LIE)


def test_the_book_convicts_who_says_something_else_later_and_nobody_else() -> None:
    book = StatementBook()
    guilty, innocent, *_ = SCENARIO.keys
    for key in (guilty, innocent):
        assert book.note(key.address, SignedStatement(TRUTH, signature(key, TRUTH))) is None
        assert book.note(key.address, SignedStatement(TRUTH, signature(key, TRUTH))) is None
    evidence = book.note(guilty.address, SignedStatement(LIE, signature(guilty, LIE)))
    assert evidence is not None
    assert prove_equivocation(evidence) == guilty.address
    later = replace(TRUTH, height=TRUTH.height + 1)
    assert book.note(innocent.address, SignedStatement(later, signature(innocent, later))) is None


def test_the_book_forgets_the_oldest_beyond_its_bound() -> None:
    book = StatementBook(most=2)
    key = SCENARIO.keys[0]
    for height in (30, 31, 32):
        at = replace(TRUTH, height=height)
        book.note(key.address, SignedStatement(at, signature(key, at)))
    forgotten, kept = (replace(LIE, height=height) for height in (30, 32))
    assert book.note(key.address, SignedStatement(kept, signature(key, kept))) is not None
    assert book.note(key.address, SignedStatement(forgotten, signature(key, forgotten))) is None


def test_a_headers_signers_have_said_what_is_in_it() -> None:
    header = SCENARIO.header(TRUTH, (1, 2, 3))
    assert [validator for validator, _ in said_in(header)] == [key.address for key in SCENARIO.keys[1:]]


ROUTER = Router(b"\x11" * 20)


def test_updates_are_found_alone_and_in_a_multicall_and_nothing_else_is() -> None:
    one, other = (ROUTER.update_client("progmat-0", message) for message in (b"one", b"other"))
    stranger = ROUTER.submit_misbehaviour("progmat-0", b"evidence")
    assert list(updates_in(one.data)) == [ClientUpdateCall("progmat-0", b"one")]
    together = ROUTER.multicall(one, stranger, other).data
    assert [update.client_message for update in updates_in(together)] == [b"one", b"other"]
    for garbage in (b"", one.data[:4], one.data + b"\0", together[:-1], stranger.data, b"\xff" * 100):
        assert list(updates_in(garbage)) == []
    broken = ROUTER.multicall(one, replace(other, data=other.data[:-32])).data
    assert [update.client_message for update in updates_in(broken)] == [b"one"]


async def test_a_watch_that_fails_is_an_alarm_and_the_others_go_on() -> None:
    looked: list[str] = []

    class Nonsense(PeerError):
        reason = "NONSENSE"

    class Away(UnavailableError):
        reason = "AWAY"

    outcomes: list[Exception | None] = [Nonsense("what?"), Away("later"), None]

    async def failing() -> None:
        looked.append("failing")
        if (outcome := outcomes.pop(0)) is not None:
            raise outcome

    async def working() -> None:
        looked.append("working")

    now_s = 1_700_000_000
    chains = instant_pair(lambda: now_s)
    for chain in chains:
        chain.client_height = chain.counterparty.make_block()
    loop = WatchLoop(chains, {"a": failing, "b": working}, AlarmBoard(lambda: now_s), 1, lambda: now_s)
    await loop.round()
    assert [raised.alarm.kind for raised in loop.board.raised] == [AlarmKind.WATCH_BLIND]
    await loop.round()
    assert [raised.alarm.kind for raised in loop.board.raised] == [AlarmKind.WATCH_BLIND], "away proves nothing"
    await loop.round()
    assert not loop.board.raised
    assert looked == ["failing", "working"] * 3
    now_s += TRUSTING_PERIOD_S
    chains[0].frozen = True
    outcomes.append(None)
    await loop.round()
    assert {raised.alarm.kind for raised in loop.board.raised} == {AlarmKind.CLIENT_FROZEN, AlarmKind.CLIENT_EXPIRED}
