"""One packet that is poison: found, parked with its reason, shown, taken up again; and the others never wait for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from ibc.packet import Packet, encode_packet
from primitives.errors import CallerError, PeerError
from relayer.acts import ActKind, RequestIdReused
from relayer.core.chain import ClientUpdate, HostedClient, Outcome, PacketMessage, ProofKind, RefusalClass
from relayer.core.lifecycle import PacketState
from relayer.core.plan import Parked
from relayer.core.retry import RETRY_RULES
from relayer.operator_errors import PacketEnded, PacketIsParked, PacketNotParked
from relayer.packet_desk import PacketDesk, PacketFilter, ParkedOnly, Wish
from relayer.path import Path, PathSettings
from relayer.service import never
from relayer.store import PacketKey, PacketRow, RelayerStore
from relayer.store_tables import packets
from tests.fakes.instant_chain import Away, InstantChain

T0_S = 1_700_000_000


class Choked(PeerError):
    """The node gives nonsense for a whole submission because of one message in it."""

    reason = "NODE_CHOKED"


class AccountEmpty(CallerError):
    """Nothing can be paid for."""

    reason = "ACCOUNT_EMPTY"


@dataclass
class FragileChain(InstantChain):
    """Fails a whole submission that has a message about one of ``fatal``; cannot prove ``unprovable``."""

    fatal: set[int] = field(default_factory=set)
    how: Callable[[], Exception] = lambda: Choked("the node's answer is no answer")
    unprovable: dict[int, Exception] = field(default_factory=dict)
    fails_always: Exception | None = None
    submissions: list[int] = field(default_factory=list)
    generation: int = 0

    async def submit(self, update: ClientUpdate | None, messages: Sequence[PacketMessage]) -> tuple[Outcome, ...]:
        """See ChainEndpoint."""
        self.submissions.append(len(messages))
        if self.fails_always is not None:
            raise self.fails_always
        if self.fatal & {message.packet.sequence for message in messages}:
            raise self.how()
        return await super().submit(update, messages)

    async def prove(self, kind: ProofKind, packet: Packet, height: int) -> bytes:
        """See ChainEndpoint."""
        if packet.sequence in self.unprovable:
            raise self.unprovable[packet.sequence]
        return await super().prove(kind, packet, height)

    async def hosted_client(self) -> HostedClient:
        """See ChainEndpoint."""
        found = await super().hosted_client()
        return HostedClient(**vars(found) | {"identity": str(self.generation)})


@dataclass
class World:
    """Two fragile chains, one clock, one store, a relayer over them."""

    store: RelayerStore = field(default_factory=lambda: RelayerStore(None))
    now_s: float = T0_S
    batch: int = 50

    def __post_init__(self) -> None:
        self.one, self.two = (FragileChain(name, f"client-{name}", lambda: int(self.now_s)) for name in ("one", "two"))
        self.one.counterparty, self.two.counterparty = self.two, self.one
        self.start()

    def start(self) -> None:
        """A relayer's process, with nothing in its memory."""
        settings = PathSettings(5, batch=self.batch)
        self.path = Path((self.one, self.two), self.store, settings, lambda: self.now_s, never)
        self.desk = PacketDesk(self.store)

    def send(self, count: int, lives_s: int = 100_000) -> None:
        for _ in range(count):
            self.one.send(b"x", int(self.now_s) + lives_s)

    async def rounds(self, count: int, step_s: float = 1.0) -> None:
        for _ in range(count):
            await self.path.round()
            self.now_s += step_s

    def row(self, sequence: int) -> PacketRow:
        story = self.store.story(PacketKey("one", "client-one", sequence))
        assert story is not None
        return story[0]

    def act(self, kind: ActKind, sequence: int, request_id: str = "r-1") -> None:
        wish = Wish(request_id, kind, "operator", "because")
        self.desk.act(wish, self.row(sequence), self.now_s)


def received(world: World) -> int:
    return len([effect for effect in world.two.effects if effect.startswith("received")])


async def test_one_of_fifty_that_fails_the_whole_batch_is_found_by_halves_and_ends_parked() -> None:
    world = World()
    world.send(50)
    world.two.fatal = {23}
    await world.rounds(1)
    assert received(world) == 49
    assert len(world.two.submissions) <= 3 + 2 * 6
    assert world.row(23).record.refusal_class is RefusalClass.NONSENSE
    await world.rounds(12, step_s=61)
    assert world.row(23).tracked.parked is Parked.RECEIVE
    parking = world.desk.parking(world.row(23).row_id)
    assert parking is not None
    assert (parking.who, "NODE_CHOKED" in parking.why) == ("relayer", True)
    before = len(world.two.submissions)
    await world.rounds(5, step_s=61)
    assert len(world.two.submissions) == before
    story = world.store.story(world.row(23).key)
    assert story is not None
    attempts = [step for step in story[1] if step.what == "receive"]
    assert len(attempts) == RETRY_RULES[RefusalClass.NONSENSE].poison_after
    assert {step.refusal_class for step in attempts} == {"nonsense"}


async def test_a_message_that_makes_a_node_hang_is_found_once_nothing_but_submissions_fails() -> None:
    world = World()
    world.send(10)
    world.two.fatal, world.two.how = {4}, lambda: Away("no answer in time")
    for _ in range(2):
        with pytest.raises(Away):
            await world.path.round()
    assert received(world) == 0
    await world.rounds(1)
    assert received(world) == 9
    assert world.row(4).record.refusal_class is RefusalClass.CHAIN_UNAVAILABLE


@pytest.mark.parametrize("failure", [Choked("nonsense"), AccountEmpty("fund the account"), KeyError("a defect")])
async def test_a_chain_that_takes_nothing_at_all_speaks_against_no_packet(failure: Exception) -> None:
    world = World()
    world.send(6)
    world.two.fails_always = failure
    with pytest.raises(type(failure)):
        await world.path.round()
    world.two.client_height = world.one.height  # the same where no update is needed
    with pytest.raises(type(failure)):
        await world.path.round()
    assert {world.row(sequence).tracked.attempts for sequence in range(1, 7)} == {0}


async def test_a_single_poison_packet_is_charged_once_the_chain_shows_that_it_takes_others() -> None:
    world = World()
    world.send(1)
    world.two.fatal = {1}
    world.two.client_height = world.one.height
    await world.rounds(1)
    assert world.row(1).record == world.row(1).record.__class__(RefusalClass.NONSENSE, 1, 1)


@pytest.mark.parametrize("failure", [KeyError("a defect"), ValueError("bad bytes"), Choked("nonsense")])
async def test_an_exception_in_preparing_one_message_never_ends_the_round(failure: Exception) -> None:
    world = World()
    world.send(10)
    world.one.unprovable = {7: failure}
    with capture_logs():
        await world.rounds(3)
    assert received(world) == 9
    assert world.row(7).last_error.startswith(("RELAYER_DEFECT", "NODE_CHOKED"))


async def test_a_prover_that_is_away_for_all_is_told_and_for_one_is_that_ones_answer() -> None:
    world = World()
    world.send(2)
    world.one.unprovable = {1: Away("gone"), 2: Away("gone")}
    with pytest.raises(Away):
        await world.path.round()
    assert [world.row(sequence).tracked.attempts for sequence in (1, 2)] == [1, 1]
    del world.one.unprovable[2]
    world.now_s += 2
    await world.rounds(1)
    assert received(world) == 1


async def test_refresh_comes_although_nothing_that_is_due_can_be_proved() -> None:
    world = World()
    world.send(1)
    await world.rounds(3)
    world.send(1)
    world.one.unprovable = {2: Choked("nonsense")}
    world.now_s += 1300
    before = world.two.client_height
    await world.rounds(1)
    assert world.two.client_height > before


async def test_poison_that_can_be_timed_out_is_timed_out() -> None:
    world = World()
    world.send(1, lives_s=1000)
    world.two.fatal = {1}
    await world.rounds(14, step_s=61)
    assert world.row(1).tracked.parked is Parked.RECEIVE
    await world.rounds(8, step_s=61)
    assert world.row(1).tracked.state is PacketState.TIMED_OUT
    assert world.row(1).tracked.parked is Parked.NO
    assert world.desk.parking(world.row(1).row_id) is None


async def test_a_parked_packet_stays_parked_over_a_restart(tmp_path: FilePath) -> None:
    world = World(RelayerStore(tmp_path / "relayer.sqlite3"))
    world.send(2)
    world.two.fatal = {1, 2}
    await world.rounds(1)
    world.act(ActKind.PARK, 1)
    world.store.close()
    world.store = RelayerStore(tmp_path / "relayer.sqlite3")
    world.start()
    world.two.fatal = set()
    await world.rounds(5)
    assert received(world) == 1
    assert world.row(1).tracked.parked is Parked.BY_PERSON
    world.act(ActKind.UNPARK, 1, "r-2")
    await world.rounds(5)
    assert received(world) == 2
    assert world.row(1).tracked.state is PacketState.ACKNOWLEDGED
    world.store.close()


async def test_a_parked_packet_that_somebody_else_relays_still_ends() -> None:
    world = World()
    world.send(1)
    world.two.away = True
    with pytest.raises(Away):
        await world.path.round()
    world.two.away = False
    world.act(ActKind.PARK, 1)
    elsewhere = World()
    elsewhere.one, elsewhere.two = world.one, world.two
    elsewhere.start()
    await elsewhere.rounds(4)
    await world.rounds(1)
    assert world.row(1).tracked.state is PacketState.ACKNOWLEDGED
    assert world.row(1).tracked.parked is Parked.NO
    with pytest.raises(PacketEnded, match="acknowledged"):
        world.act(ActKind.UNPARK, 1, "r-2")


async def test_what_a_light_client_refused_for_good_is_taken_up_when_another_is_in_its_place() -> None:
    world = World()
    world.send(1)
    commitment = world.one.commitments.pop(1)
    await world.rounds(16, step_s=61)
    assert world.row(1).tracked.parked is Parked.RECEIVE
    assert world.row(1).record.refusal_class is RefusalClass.PROOF_REFUSED
    world.one.commitments[1] = commitment
    await world.rounds(3)
    assert received(world) == 0
    world.two.generation += 1
    with capture_logs() as lines:
        await world.rounds(3)
    assert received(world) == 1
    assert [line["packets"] for line in lines if "taken up" in line["event"]] == [1]


async def test_what_a_person_parked_is_not_taken_up_by_another_light_client() -> None:
    world = World()
    world.send(1)
    await world.path._observe(0)
    world.act(ActKind.PARK, 1)
    world.two.generation += 1
    await world.rounds(3)
    assert received(world) == 0


async def test_a_race_that_was_lost_is_information_and_no_error() -> None:
    world = World()
    world.send(1)
    elsewhere = World()
    elsewhere.one, elsewhere.two = world.one, world.two
    elsewhere.start()
    world.two._note = lambda *_args: None  # type: ignore[method-assign] # its event is not seen yet
    await elsewhere.rounds(1)
    with capture_logs() as lines:
        await world.rounds(1)
    (line,) = (line for line in lines if line["event"] == "receive")
    assert (line["log_level"], line["answer"], line["verdict"]) == ("info", "race_lost", "already_done")


async def test_the_others_are_served_each_round_however_many_are_poison() -> None:
    world = World(batch=4)
    world.send(40)
    world.two.fatal = set(range(1, 36))
    await world.rounds(14, step_s=61)
    assert received(world) == 5
    await world.rounds(90, step_s=61)
    parked = world.desk.page(PacketFilter(parked=ParkedOnly.POISON), 0, 100)
    assert len(parked) == 35
    world.send(1)
    await world.rounds(1)
    assert received(world) == 6


def _old_packets(store: RelayerStore, count: int) -> None:
    """A backlog that was not relayed in time, written straight into the table.

    Only the thousand that would come first are read in these tests: the others share one encoded packet.
    """
    template = World().one.send(b"old", T0_S - 10)
    shared = encode_packet(template)
    rows = []
    for at in range(count):
        sequence, timeout_s = 1_000_000 + at, T0_S - 2 * count + at
        old = Packet(sequence, "client-one", "client-two", timeout_s, template.payloads)
        rows.append(
            {
                "path": "path",
                "source_chain": "one",
                "source_client": "client-one",
                "sequence": str(sequence),
                "packet": encode_packet(old) if at < 1000 else shared,
                "state": "sent",
                "timeout_s": timeout_s,
                "sent_height": 1,
            }
        )
    with store.database.transaction() as connection:
        connection.execute(sa.insert(packets), rows)


async def test_a_fresh_packet_is_received_in_its_first_round_in_front_of_a_hundred_thousand_old_ones() -> None:
    world = World(batch=20)
    _old_packets(world.store, 100_000)
    await world.rounds(1)
    world.send(1, lives_s=30)
    await world.rounds(1)
    assert received(world) == 1
    await world.rounds(1)
    assert world.row(1).tracked.state is PacketState.RECEIVED
    assert "acknowledged 1" in world.one.effects


async def test_acts_are_audited_with_before_and_after_and_asked_for_again_are_the_same_act() -> None:
    world = World()
    world.send(1)
    await world.path._observe(0)
    world.act(ActKind.PARK, 1)
    world.act(ActKind.PARK, 1)
    ((_, act),) = world.desk.acts("", 2**62, 10)
    assert (act.who, act.why, act.at_s, act.subject) == ("operator", "because", T0_S, "one/client-one/1")
    assert (act.before, act.after) == (*("sent, 0 attempts", "sent, 0 attempts, parked (person) by operator: because"),)
    with pytest.raises(RequestIdReused, match="r-1 was used for park"):
        world.act(ActKind.UNPARK, 1)
    with pytest.raises(PacketIsParked, match="because"):
        world.act(ActKind.RETRY, 1, "r-2")
    world.act(ActKind.UNPARK, 1, "r-3")
    with pytest.raises(PacketNotParked):
        world.act(ActKind.UNPARK, 1, "r-4")
    assert [act.kind for _, act in world.desk.acts("one/client-one/1", 2**62, 10)] == [ActKind.UNPARK, ActKind.PARK]


async def test_retry_tries_at_once_what_waits_after_refusals() -> None:
    world = World()
    world.send(1)
    world.one.unprovable = {1: Choked("nonsense")}
    for _ in range(5):
        await world.rounds(1, step_s=61)
    world.one.unprovable = {}
    await world.path.round()
    assert received(world) == 1
    world.now_s += 1
    world.send(1)
    world.one.unprovable = {2: Choked("nonsense")}
    await world.rounds(4, step_s=20)
    world.one.unprovable = {}
    assert world.row(2).tracked.not_before_s > world.now_s or received(world) == 1
    world.act(ActKind.RETRY, 2)
    await world.path.round()
    assert received(world) == 2
