"""The watches over a whole ledger and a real chain: who contradicts himself is found, with nobody at the keyboard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chains.evm.client.deployment import LedgerAnchor
from chains.evm.client.proofs import QbftProver, TrustTerms
from chains.progmat.client.checkpoints import CheckpointCollector
from chains.progmat.client.rpc_validator import CheckpointVote
from chains.progmat.flows.requests import CreateLightClient, UpdateLightClient
from chains.progmat.node.notary_role import NotaryRole
from chains.progmat.transactions.validator_suspension import suspension_path
from light_clients.progmat import Checkpoint, ValidatorSet, decode_header
from light_clients.qbft import QbftHeader, QbftLightClient
from light_clients.qbft.codec import encode_header as encode_qbft_header
from primitives.keccak import keccak256
from primitives.types import Address
from relayer.chains.evm_watch import EvmWatchSide
from relayer.cli.verify.files import verify_file
from relayer.watch.alarms import AlarmBoard, AlarmKind
from relayer.watch.checkpoint_watch import CheckpointWatch
from relayer.watch.header_watch import HeaderWatch
from relayer.watch.service import WatchLoop
from tests.fakes.evm_devnet_world import CHAIN_ID
from tests.fakes.evm_settlement_world import EvmSettlementWorld, LedgerSide, settlement_world
from tests.fakes.ledger_parties import LEDGER_ID, NN, SN, VALIDATORS
from tests.fakes.qbft_headers import ValidatorKey
from tests.fakes.scripted_validators import header_of, vote_of
from tests.integration.ledger.network import PARAMETERS, LedgerNetwork, running_ledger
from tests.integration.ledger.settlement import CLIENT_ID, COUNTERPARTY_ID, LocalValidator
from tests.integration.ledger.test_validator_sets_rotate import set_of, tick
from tests.integration.ledger.watching import LocalLedgerSide

KEYS = tuple(sorted((ValidatorKey(party.secret) for party in VALIDATORS), key=lambda key: key.address))
GUILTY = KEYS[:3]
SET = set_of(PARAMETERS)


@dataclass
class AnchoredLedger(LedgerSide):
    """The EVM chain's light client begins with a checkpoint of the real ledger."""

    first: Checkpoint | None = None

    def anchor(self) -> LedgerAnchor:
        assert self.first is not None
        at = self.first
        return replace(super().anchor(), height=at.height, timestamp_s=at.timestamp_s, root=at.root)

    @property
    def validator_set(self) -> ValidatorSet:
        return SET


@dataclass
class Watched:
    """A ledger, an EVM chain with a light client of it, and the watch over both."""

    ledger: LedgerNetwork
    world: EvmSettlementWorld
    ledger_side: LocalLedgerSide
    collector: CheckpointCollector
    loop: WatchLoop

    @property
    def alarms(self) -> set[AlarmKind]:
        return {raised.alarm.kind for raised in self.loop.board.raised}

    async def bring_to_evm(self, header: bytes) -> None:
        """Any relayer shows the EVM's light client a header."""
        self.world.advance_to(decode_header(header, LEDGER_ID).checkpoint.timestamp_s)
        await self.world.relayer.execute(self.world.router.update_client(self.world.deployment.client_id, header), 10)

    async def is_frozen_on_evm(self) -> bool:
        return (await self.world.light_client.client_state(self.world.rpc)).frozen

    async def is_frozen_on_ledger(self) -> bool:
        return (await self.ledger.operations(SN).light_client(CLIENT_ID)).is_frozen

    def suspended(self) -> set[bytes]:
        notary = self.ledger.nodes[NN.name].role
        assert isinstance(notary, NotaryRole)
        written = {write.path for entry in notary._store.read_entries(0, 500) for write in entry.writes}
        return {key.address for key in KEYS if suspension_path(Address(key.address)) in written}


@asynccontextmanager
async def watched(folder: Path) -> AsyncIterator[Watched]:
    (folder / "ledger").mkdir()
    async with running_ledger(folder / "ledger") as ledger:
        height = await tick(ledger, *VALIDATORS)
        collector = collector_over(ledger)
        first = (await collector.collect(height)).checkpoint
        side = AnchoredLedger(ledger.clock.now_s(), KEYS, first=first)
        async with settlement_world(ledger=side) as world:
            ledger_side = LocalLedgerSide(ledger, folder / "evidence")
            evm_side = EvmWatchSide(world.rpc, world.deployment, world.relayer)
            board = AlarmBoard(ledger.clock.now_s)
            headers = HeaderWatch(ledger_side, evm_side, {"qbft": QbftLightClient()}, board)
            checkpoints = CheckpointWatch(LEDGER_ID, evm_side, collector_over(ledger), ledger_side, board)
            watches = {"headers": headers.round, "checkpoints": checkpoints.round}
            loop = WatchLoop((), watches, board, 0.01, ledger.clock.now_s)
            await create_client(ledger, world)
            yield Watched(ledger, world, ledger_side, collector, loop)


def collector_over(ledger: LedgerNetwork) -> CheckpointCollector:
    return CheckpointCollector(LEDGER_ID, SET, [LocalValidator(party.name, ledger) for party in VALIDATORS])


async def create_client(ledger: LedgerNetwork, world: EvmSettlementWorld) -> None:
    initial = await world.prover.initial_state(CHAIN_ID, TrustTerms(86_400, 60))
    request = CreateLightClient(
        "create", CLIENT_ID, "qbft", initial.client_state, initial.consensus_state, COUNTERPARTY_ID, (b"",)
    )
    await ledger.done(SN, request)


async def bring_block(watched: Watched, name: str, header_rlp: bytes, trusted: int) -> None:
    """Any relayer shows the ledger's light client a header; the router's account is proved under its state."""
    height = watched.world.devnet.chain.head.block_number
    proof = await watched.world.rpc.get_proof(watched.world.router.address, (), height)
    message = encode_qbft_header(QbftHeader(header_rlp, trusted, proof.nodes))
    await watched.ledger.done(SN, UpdateLightClient(name, CLIENT_ID, message))


async def test_honest_chains_raise_nothing_and_nothing_is_reported(tmp_path: Path) -> None:
    async with watched(tmp_path) as it:
        trusted = it.world.devnet.chain.head.block_number
        for round_ in range(3):
            it.world.advance_to(it.ledger.clock.now_s() + round_ + 1)
            block = await it.world.rpc.get_block()
            await bring_block(it, f"update-{round_}", block.header_rlp, trusted)
            height = await tick(it.ledger, *VALIDATORS)
            await it.bring_to_evm((await it.collector.collect(height)).header)
            await it.loop.round()
        assert it.loop.board.raised == ()
        assert not await it.is_frozen_on_evm()
        assert not await it.is_frozen_on_ledger()
        assert it.ledger_side.files == []
        assert it.suspended() == set()
        await a_node_that_lags_is_an_alarm_while_it_lasts(it, block.height)


async def a_node_that_lags_is_an_alarm_while_it_lasts(it: Watched, height: int) -> None:
    """The ledger stored a block that the watch's node does not have yet: it cannot say more than that."""
    behind = BehindNode(it.world, height - 1)
    board = AlarmBoard(it.ledger.clock.now_s)
    watch = HeaderWatch(it.ledger_side, behind, {"qbft": QbftLightClient()}, board)
    await watch.round()
    assert [raised.alarm.kind for raised in board.raised] == [AlarmKind.STORED_BLOCK_UNKNOWN]
    behind.head = height
    await watch.round()
    assert board.raised == ()


async def test_an_evm_quorum_that_seals_two_blocks_freezes_the_ledgers_client(tmp_path: Path) -> None:
    """The ledger was shown the false one; the watch compares it with the chain's own and shows the ledger that."""
    async with watched(tmp_path) as it:
        trusted = it.world.devnet.chain.head.block_number
        it.world.advance_to(it.ledger.clock.now_s() + 1)
        height = it.world.devnet.chain.head.block_number
        true_time_s = it.world.devnet.chain.head.timestamp
        false = await equivocated(it, height, {"timestamp": hex(true_time_s + 7)})
        await bring_block(it, "false", false, trusted)
        assert not await it.is_frozen_on_ledger()
        await it.loop.round()
        assert await it.is_frozen_on_ledger()
        assert it.alarms == {AlarmKind.STORED_BLOCK_CONTRADICTED}
        before = len(it.loop.board.raised)
        await it.loop.round()
        assert len(it.loop.board.raised) == before, "a frozen client is left alone"


async def equivocated(it: Watched, height: int, claim: dict[str, Any]) -> bytes:
    answer: Any = await it.world.rpc.request("devnet_equivocate", hex(height), claim)
    return bytes.fromhex(answer["headerRlp"][2:])


@dataclass
class BehindNode:
    """``CanonicalChain`` of a node that lags."""

    world: EvmSettlementWorld
    head: int

    async def head_height(self) -> int:
        return self.head

    async def header_message(self, height: int, trusted_height: int) -> bytes:
        prover: QbftProver = self.world.prover
        return await prover.header_message(height, trusted_height)


def lie_at(checkpoint: Checkpoint) -> Checkpoint:
    return replace(checkpoint, root=keccak256(b"a ledger that never was"))


async def test_k_validators_with_two_roots_freeze_the_evms_client_and_are_suspended_on_the_ledger(
    tmp_path: Path,
) -> None:
    """They told the ledger's users the truth, and the EVM chain a lie: both are signed, and both can be read."""
    async with watched(tmp_path) as it:
        height = await tick(it.ledger, *VALIDATORS)
        truth = (await it.collector.collect(height)).checkpoint
        await it.bring_to_evm(header_of(SET, lie_at(truth), *GUILTY))
        assert not await it.is_frozen_on_evm(), "one header alone is believed"
        stopping = asyncio.Event()
        running = asyncio.create_task(it.loop.run(stopping))
        async with asyncio.timeout(20):
            while not await it.is_frozen_on_evm() or len(it.suspended()) < 2:  # noqa: ASYNC110 - chains must be asked
                await asyncio.sleep(0)
        stopping.set()
        await running
        assert AlarmKind.CHECKPOINT_CONTRADICTED in it.alarms
        guilty = {key.address for key in GUILTY}
        accused = [r.alarm for r in it.loop.board.raised if r.alarm.kind is AlarmKind.VALIDATOR_EQUIVOCATED]
        assert {bytes.fromhex(alarm.subject[2:]) for alarm in accused} == guilty
        assert it.suspended() < guilty, "the third one would need three approvals of the two that are left"
        for file in it.ledger_side.files:
            facts = {fact.label: fact.text for fact in verify_file("evidence", file).facts}
            assert bytes.fromhex(facts["signed twice by"][2:]) in guilty


async def test_one_liar_is_an_alarm_and_freezes_nothing(tmp_path: Path) -> None:
    async with watched(tmp_path) as it:
        height = await tick(it.ledger, *VALIDATORS)
        truth = (await it.collector.collect(height)).checkpoint
        others = [key for key in KEYS if key.secret != VALIDATORS[3].secret]
        await it.bring_to_evm(header_of(SET, truth, *others))
        board = AlarmBoard(it.ledger.clock.now_s)
        liar = Liar(VALIDATORS[3].name, it.ledger, VALIDATORS[3].secret)
        sources = [*(LocalValidator(party.name, it.ledger) for party in VALIDATORS[:3]), liar]
        evm_side = EvmWatchSide(it.world.rpc, it.world.deployment, it.world.relayer)
        watch = CheckpointWatch(
            LEDGER_ID, evm_side, CheckpointCollector(LEDGER_ID, SET, sources), it.ledger_side, board
        )
        await watch.round()
        assert {raised.alarm.kind for raised in board.raised} == {AlarmKind.VALIDATORS_DISAGREE}
        assert not await it.is_frozen_on_evm()
        liar.lying = False
        watch._compared_to = height - 1  # asked again: now it says what it denied
        await watch.round()
        assert AlarmKind.VALIDATOR_EQUIVOCATED in {raised.alarm.kind for raised in board.raised}
        assert it.suspended() == {ValidatorKey(VALIDATORS[3].secret).address}
        assert not await it.is_frozen_on_evm()


@dataclass
class Liar(LocalValidator):
    """Answers with another root while it lies."""

    secret: bytes = b""
    lying: bool = True

    async def sign_checkpoint(self, height: int) -> CheckpointVote:
        vote = await super().sign_checkpoint(height)
        return vote_of(ValidatorKey(self.secret), lie_at(vote.checkpoint)) if self.lying else vote
