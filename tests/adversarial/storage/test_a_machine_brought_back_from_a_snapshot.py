"""Database and witness brought back together agree with each other; peers know better, and cannot be made to lie."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from chains.progmat.flows.recovery import PeerReport, ReconcileReport
from chains.progmat.identity import NetworkMap, NodeEntry, Role
from chains.progmat.node.database_location import witness_path
from chains.progmat.node.database_tables import ROLE_TABLES
from chains.progmat.node.errors import AnotherDoubt, BadPosition, DoubtNeedsRestart, DoubtNotReconciled
from chains.progmat.node.peers import InProcessPeerNetwork, PeerIdentity, PeerRouter
from chains.progmat.node.positions import (
    POSITION,
    Position,
    PositionAnswer,
    PositionKeeper,
    SignedPosition,
    decode_answer,
    encode_answer,
    encode_request,
)
from chains.progmat.node.reconciliation import PeersToAsk, Reconciliation
from chains.progmat.node.records_role import peers_to_ask
from chains.progmat.node.storage import NodeDatabase
from chains.progmat.node.storage.errors import RecordsInDoubt
from chains.progmat.node.storage.offline import confirm
from chains.progmat.node.storage.schema import audit
from chains.progmat.node.storage.standing import Doubt
from chains.progmat.validators.schema import heights
from primitives.signatures import Signer, SoftwareSigner
from tests.fakes.ledger_parties import CN_A, CN_B, SN, STRANGER
from tests.fakes.manual_clock import ManualClock
from tests.integration.ledger.network import MAP

ME, PEER = CN_B.name, SN.name
SIGNER: Signer = SoftwareSigner.from_seed(CN_B.scheme, CN_B.secret)
OTHER: Signer = SoftwareSigner.from_seed(SN.scheme, SN.secret)


class Answers:
    """A ``Reconciler`` whose peers answer as told."""

    def __init__(self, *peers: PeerReport) -> None:
        self.report = ReconcileReport(peers)

    async def reconcile(self) -> ReconcileReport:
        return self.report


class World:
    """One node, in a folder, and a peer that keeps positions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "node"
        self.folder.mkdir()
        self.at = self.folder / "node.sqlite3"
        self.peer_at = folder / "peer.sqlite3"
        self.hub = InProcessPeerNetwork()
        self.network = self.hub.join(ME, PeerRouter())
        self.heights: dict[str, int] = {}

    @asynccontextmanager
    async def running(self, reconciler: Answers | None = None) -> AsyncIterator[tuple[NodeDatabase, Reconciliation]]:
        peer = await NodeDatabase.open(self.peer_at, PEER, ROLE_TABLES)
        database = await NodeDatabase.open(self.at, ME, ROLE_TABLES)
        router = PeerRouter()
        router.register(POSITION, PositionKeeper(peer, MAP, lambda: 1).handle)
        self.hub.join(PEER, router)
        try:
            yield database, self.reconciliation(database, reconciler)
        finally:
            await database.close()
            await peer.close()

    def reconciliation(self, database: NodeDatabase, reconciler: Answers | None = None) -> Reconciliation:
        return Reconciliation(
            name=ME,
            database=database,
            network=self.network,
            signer=SIGNER,
            peers=lambda: PeersToAsk((PEER,), frozenset({PEER})),
            reconciler=reconciler,
            clock=ManualClock(),
            heights_shown=self.heights.__setitem__,
        )


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def copied(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)


async def test_a_snapshot_of_the_whole_machine_is_found_by_a_peer(world: World, tmp_path: Path) -> None:
    async with world.running() as (_, reconciliation):
        await reconciliation.ask_positions()
    copied(world.folder, tmp_path / "snapshot")
    async with world.running() as (database, reconciliation):
        await reconciliation.ask_positions()
        database.require_current()
    copied(tmp_path / "snapshot", world.folder)
    async with world.running() as (database, reconciliation):
        database.require_current()  # database and witness agree
        await reconciliation.ask_positions()
        with pytest.raises(RecordsInDoubt, match=f"{PEER} has this node's signature for start 2"):
            database.require_current()
    confirm(world.at, operator="alice", now_s=1)
    for _ in range(2):  # once confirmed, peers believe the new start, and go on doing so
        async with world.running() as (database, reconciliation):
            await reconciliation.ask_positions()
            database.require_current()


async def test_a_snapshot_taken_while_the_node_ran_is_found_although_its_next_start_has_a_new_number(
    world: World, tmp_path: Path
) -> None:
    async with world.running() as (database, reconciliation):
        copied(world.folder, tmp_path / "snapshot")
        for _ in range(5):
            await database.submit(lambda _connection: None)
        await reconciliation.ask_positions()  # still the first start
    copied(tmp_path / "snapshot", world.folder)
    async with world.running() as (database, reconciliation):  # the second start, as far as the copy knows
        await reconciliation.ask_positions()
        with pytest.raises(RecordsInDoubt, match="for start 1, commit"):
            database.require_current()
    confirm(world.at, operator="alice", now_s=1)
    for _ in range(2):
        async with world.running() as (database, reconciliation):
            await reconciliation.ask_positions()
            database.require_current()


async def test_a_lost_witness_does_not_hide_what_a_peer_saw_later(world: World, tmp_path: Path) -> None:
    async with world.running() as (_, reconciliation):
        pass
    shutil.copyfile(world.at, tmp_path / "old")
    async with world.running() as (database, reconciliation):
        await database.submit(lambda _connection: None)
        await reconciliation.ask_positions()
    shutil.copyfile(tmp_path / "old", world.at)
    witness_path(world.at).unlink()
    async with world.running(Answers(PeerReport(PEER, listed=9))) as (database, reconciliation):
        assert database.doubt is Doubt.WITNESS_MISSING
        await reconciliation.ask_positions()
        await reconciliation.reconcile()
        with pytest.raises(RecordsInDoubt, match="PEER_SAW_LATER"):
            database.require_current()
    confirm(world.at, operator="alice", now_s=1)
    async with world.running() as (database, reconciliation):
        await reconciliation.ask_positions()
        database.require_current()


async def test_nothing_settles_before_positions_were_asked(world: World) -> None:
    async with world.running():
        pass
    witness_path(world.at).unlink()
    async with world.running(Answers(PeerReport(PEER, listed=9))) as (database, reconciliation):
        world.hub.join(PEER, PeerRouter())  # it lists what it has and does not answer for positions
        await reconciliation.ask_positions()
        await reconciliation.reconcile()
        assert database.doubt is Doubt.WITNESS_MISSING


async def test_two_positions_told_at_once_leave_the_later_one(world: World) -> None:
    async with world.running() as (database, _):
        keeper = PositionKeeper(database, MAP, lambda: 1)
        told = [Position(ME, "d" * 32, 1, "n" * 16, number) for number in (9, 8)]
        bodies = [encode_request(SignedPosition(position, SIGNER.sign(position.statement()))) for position in told]
        await asyncio.gather(*(keeper.handle(PeerIdentity(ME), body) for body in bodies))
        latest = decode_answer(await keeper.handle(PeerIdentity(ME), b"")).latest
        assert latest is not None
        assert latest.position == told[0]


async def test_a_node_made_anew_is_told_that_it_was_there_before(world: World) -> None:
    async with world.running() as (database, reconciliation):
        for _ in range(5):
            await database.submit(lambda _connection: None)
        await reconciliation.ask_positions()
    shutil.rmtree(world.folder)
    world.folder.mkdir()
    async with world.running() as (database, reconciliation):
        await reconciliation.ask_positions()
        assert database.doubt is Doubt.PEER_SAW_LATER


async def test_restarts_and_kills_are_not_taken_for_snapshots(world: World) -> None:
    for _ in range(3):
        async with world.running() as (database, reconciliation):
            for _ in range(3):
                await database.submit(lambda _connection: None)
                await reconciliation.ask_positions()
            database.require_current()


async def test_a_peer_cannot_make_a_node_doubt_itself(world: World) -> None:
    async with world.running() as (database, reconciliation):
        head = database.head
        later = Position(ME, head.database_id, head.incarnation + 5, "f" * 16, 10**9)
        lies = [
            SignedPosition(later, OTHER.sign(later.statement())),
            SignedPosition(later, b"\x00" * 64),
            SignedPosition(replace(later, node=PEER), SIGNER.sign(later.statement())),
        ]
        for lie in lies:
            router = PeerRouter()

            async def answer(_asker: PeerIdentity, _body: bytes, lie: SignedPosition = lie) -> bytes:
                return encode_answer(PositionAnswer(lie, 0))

            router.register(POSITION, answer)
            world.hub.join(PEER, router)
            await reconciliation.ask_positions()
            database.require_current()


async def test_nobody_tells_a_position_for_another(world: World) -> None:
    async with world.running() as (database, _):
        keeper = PositionKeeper(database, MAP, lambda: 1)
        mine = Position(ME, "d" * 32, 9, "n" * 16, 9)
        for asker, told in (
            (PEER, SignedPosition(mine, SIGNER.sign(mine.statement()))),
            (ME, SignedPosition(mine, OTHER.sign(mine.statement()))),
            (ME, SignedPosition(replace(mine, incarnation=10), SIGNER.sign(mine.statement()))),
        ):
            with pytest.raises(BadPosition):
                await keeper.handle(PeerIdentity(asker), encode_request(told))
        assert decode_answer(await keeper.handle(PeerIdentity(ME), encode_request(None))).latest is None


async def test_an_old_position_told_again_changes_nothing(world: World) -> None:
    async with world.running() as (database, _):
        keeper = PositionKeeper(database, MAP, lambda: 1)
        new, old = (Position(ME, "d" * 32, start, "n" * 16, 9) for start in (4, 3))
        for position in (new, old):
            body = encode_request(SignedPosition(position, SIGNER.sign(position.statement())))
            answer = decode_answer(await keeper.handle(PeerIdentity(ME), body))
        assert answer.latest is not None
        assert answer.latest.position == new


async def test_peers_show_how_high_the_journal_is(world: World) -> None:
    async with world.running() as (database, reconciliation):
        keeper = PositionKeeper(database, MAP, lambda: 1)
        row = {"height": 7, "timestamp_s": 1, "root": b"\x00" * 32, "journal_hash": b"\x00" * 32}
        await database.submit(lambda connection: connection.execute(insert(heights), [row]) and None)
        answer = decode_answer(await keeper.handle(PeerIdentity(PEER), b""))
        assert answer.journal_height == 7
        await reconciliation.ask_positions()
        assert world.heights == {PEER: 0}


async def test_a_lost_witness_settles_when_all_have_answered_and_nothing_was_missing(world: World) -> None:
    async with world.running():
        pass
    witness_path(world.at).unlink()
    asked = [
        (Answers(), Doubt.WITNESS_MISSING),
        (Answers(PeerReport(PEER, problem="UNREACHABLE: away")), Doubt.WITNESS_MISSING),
        (Answers(PeerReport(PEER, listed=9, fetched=1)), Doubt.WITNESS_MISSING),
        (Answers(PeerReport(PEER, listed=9)), Doubt.NONE),
    ]
    for answers, left in asked:
        async with world.running(answers) as (database, reconciliation):
            await reconciliation.ask_positions()
            await reconciliation.reconcile()
            assert database.doubt is left


def test_who_has_to_answer_follows_the_network_map() -> None:
    """Every other issuer; the only issuer has nobody who knows as much, and asks everybody who keeps records."""
    asked = peers_to_ask(ME, MAP)
    assert asked.required == {SN.name}
    assert {SN.name, CN_A.name, *MAP.names_with(Role.VALIDATOR)} <= set(asked.position)
    assert ME not in asked.position
    of_the_issuer = peers_to_ask(SN.name, MAP)
    assert of_the_issuer.required >= {CN_A.name, CN_B.name}
    assert not of_the_issuer.required & {SN.name, *MAP.names_with(Role.VALIDATOR)}
    newcomer = NodeEntry(STRANGER.party, frozenset({Role.CUSTODIAN}), "127.0.0.1", 30_000, 99)
    assert STRANGER.name in peers_to_ask(ME, NetworkMap((*MAP.entries, newcomer), serial=2)).position


async def test_a_rolled_back_database_waits_for_a_person_even_if_nothing_was_missing(
    world: World, tmp_path: Path
) -> None:
    async with world.running() as (database, _):
        await database.submit(lambda _connection: None)
    shutil.copyfile(world.at, tmp_path / "old")
    async with world.running():
        pass
    shutil.copyfile(tmp_path / "old", world.at)
    async with world.running(Answers(PeerReport(PEER, listed=9))) as (database, reconciliation):
        await reconciliation.reconcile()
        with pytest.raises(RecordsInDoubt, match="ROLLED_BACK"):
            database.require_current()


async def rolled_back(world: World, tmp_path: Path) -> None:
    async with world.running() as (database, _):
        await database.submit(lambda _connection: None)
    shutil.copyfile(world.at, tmp_path / "old")
    async with world.running():
        pass
    shutil.copyfile(tmp_path / "old", world.at)


@pytest.mark.parametrize(
    "peer",
    [
        PeerReport(PEER, problem="UNREACHABLE: away"),
        PeerReport(PEER, listed=9, fetched=1),
        PeerReport(PEER, listed=9, missing=1),
    ],
    ids=["away", "something came back", "something is lacking"],
)
async def test_a_running_node_takes_nobodys_word_before_its_peers_have_shown_all(
    world: World, tmp_path: Path, peer: PeerReport
) -> None:
    await rolled_back(world, tmp_path)
    answers = Answers(peer)
    async with world.running(answers) as (database, reconciliation):
        with pytest.raises(DoubtNotReconciled, match="no round"):
            await reconciliation.settle(Doubt.ROLLED_BACK, "alice")
        await reconciliation.reconcile()
        with pytest.raises(DoubtNotReconciled, match="retry after 60 s"):
            await reconciliation.settle(Doubt.ROLLED_BACK, "alice")
        with pytest.raises(RecordsInDoubt):
            database.require_current()
        answers.report = ReconcileReport((PeerReport(PEER),))
        await reconciliation.ask_positions()
        await reconciliation.reconcile()
        assert await reconciliation.settle(Doubt.ROLLED_BACK, "alice")
        database.require_current()
        assert not await reconciliation.settle(Doubt.ROLLED_BACK, "alice")
    async with world.running() as (database, _):
        database.require_current()
        query = select(audit.c.operator, audit.c.act).where(audit.c.operator != "")
        assert [tuple(row) for row in await database.read(lambda read: read.execute(query).all())] == [
            ("alice", "reconciled")
        ]


async def test_a_word_on_another_doubt_settles_nothing(world: World, tmp_path: Path) -> None:
    await rolled_back(world, tmp_path)
    async with world.running(Answers(PeerReport(PEER))) as (database, reconciliation):
        await reconciliation.reconcile()
        with pytest.raises(AnotherDoubt, match="ROLLED_BACK, not RESTORED"):
            await reconciliation.settle(Doubt.RESTORED, "alice")
        assert database.doubt is Doubt.ROLLED_BACK


async def test_a_doubt_that_a_peer_raised_is_settled_only_after_a_restart(world: World, tmp_path: Path) -> None:
    """Before it the peer would not believe the node: its start is not later than the one the peer knows."""
    async with world.running() as (_, reconciliation):
        await reconciliation.ask_positions()
    copied(world.folder, tmp_path / "snapshot")
    async with world.running() as (_, reconciliation):
        await reconciliation.ask_positions()
    copied(tmp_path / "snapshot", world.folder)
    answers = Answers(PeerReport(PEER))
    async with world.running(answers) as (database, reconciliation):
        await reconciliation.ask_positions()
        await reconciliation.reconcile()
        with pytest.raises(DoubtNeedsRestart):
            await reconciliation.settle(Doubt.PEER_SAW_LATER, "alice")
        assert database.doubt is Doubt.PEER_SAW_LATER
    async with world.running(answers) as (database, reconciliation):
        await reconciliation.ask_positions()
        await reconciliation.reconcile()
        assert await reconciliation.settle(Doubt.PEER_SAW_LATER, "alice")
        await reconciliation.ask_positions()
        database.require_current()
