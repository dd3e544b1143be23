"""The watch where enclaves stand between: a false state is found by its name, and frozen by what the enclaves state."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from chains.evm.client.enclave_light_client import EnclaveLightClientBinding
from chains.progmat.client.checkpoints import CheckpointCollector
from ibc.light_client import ConsensusAt, TimeBounds
from light_clients.enclave import EnclaveClientState, EnclaveConsensusState, EnclaveLightClient
from light_clients.enclave.codec import encode_client_state, encode_consensus_state
from light_clients.progmat import decode_header
from light_clients.progmat.misbehaviour import encode_misbehaviour
from primitives.errors import PeerError
from relayer.chains.enclave_watch import EnclaveCanonicalChain, EnclaveCheckpointHost, NothingStatedBehind
from relayer.enclave.program import Snapshot
from relayer.provers.enclave_endpoint import EnclaveStatedProver
from relayer.provers.enclave_forms import KeyWithoutAnswer, LedgerForm
from relayer.provers.enclave_states import LedgerStates, QbftStates
from relayer.watch.alarms import AlarmBoard, AlarmKind
from relayer.watch.header_watch import HeaderWatch
from relayer.watch.ports import HostedHeaders
from tests.fakes.evm_devnet_world import CHAIN_ID
from tests.fakes.evm_settlement_world import LEDGER_ID, EvmSettlementWorld, settlement_world
from tests.integration.enclave.test_a_swap_through_enclaves import (
    OPERATORS,
    POLICY,
    QUORUM,
    ROOT,
    TRUST,
    LedgerSnapshots,
    host_enclave_client,
    registrations,
)

LIGHT_CLIENT = EnclaveLightClient({ROOT.pin})


@dataclass
class LedgersClient:
    """The ledger's client of type enclave, as its contract decides; a test puts states there."""

    now_s: int
    kept: dict[int, bytes] = field(default_factory=dict)
    frozen_by: bytes = b""
    client_id: str = "enclave-0"

    @property
    def client_state(self) -> bytes:
        periods = (TRUST.trusting_period_s, TRUST.max_clock_drift_s)
        whose = (POLICY, OPERATORS.operators, OPERATORS.threshold, OPERATORS.key_lifetime_s)
        return encode_client_state(
            EnclaveClientState(*whose, max(self.kept), *periods, frozen=False, chain_id=CHAIN_ID)
        )

    async def hosted_headers(self) -> HostedHeaders | None:
        heights = tuple(sorted(self.kept, reverse=True))
        return HostedHeaders("enclave", self.client_state, heights, bool(self.frozen_by))

    async def consensus_state(self, height: int) -> bytes | None:
        return self.kept.get(height)

    async def of_height(self, height: int) -> bytes:
        return self.kept[height]

    async def report_header(self, client_message: bytes) -> str:
        trusted = LIGHT_CLIENT.trusted_height(client_message)
        at = ConsensusAt(trusted, self.kept[trusted])
        LIGHT_CLIENT.verify_client_message(self.client_state, at, client_message, TimeBounds.at(self.now_s))
        known = LIGHT_CLIENT.message_height(client_message)
        if not LIGHT_CLIENT.check_for_misbehaviour(
            self.client_state, ConsensusAt(known, self.kept[known]), client_message
        ):
            raise PeerError("nothing contradicts")
        self.frozen_by = client_message
        return "ledger-tx"


async def watch_with(world: EvmSettlementWorld, *, false_root: bytes) -> tuple[HeaderWatch, LedgersClient, AlarmBoard]:
    """A client that took two blocks of the chain, the second of them perhaps under another name."""
    states = QbftStates(world.prover, CHAIN_ID, TRUST)
    head = await world.rpc.get_block()
    host = LedgersClient(head.timestamp_s)
    for height in (head.height - 1, head.height):
        block, snapshot = await world.rpc.get_block(height), await states.snapshot_at(height)
        named = false_root if false_root and height == head.height else snapshot.state_id
        host.kept[height] = encode_consensus_state(EnclaveConsensusState(block.timestamp_s, named, (), 0))
    prover = EnclaveStatedProver(world.prover, states, QUORUM, LedgerForm(host.of_height, registrations, 3600))
    board = AlarmBoard(lambda: 0.0)
    canonical = EnclaveCanonicalChain(world.rpc, states, prover)
    return HeaderWatch(host, canonical, {"enclave": LIGHT_CLIENT}, board), host, board


async def test_states_that_are_the_chains_own_raise_no_alarm() -> None:
    async with settlement_world() as world:
        watch, host, board = await watch_with(world, false_root=b"")
        await watch.round()
        assert board.raised == ()
        assert not host.frozen_by


async def test_a_state_the_chain_never_had_freezes_the_ledgers_client() -> None:
    async with settlement_world() as world:
        watch, host, board = await watch_with(world, false_root=b"\x07" * 32)
        await watch.round()
        assert [raised.alarm.kind for raised in board.raised] == [AlarmKind.STORED_BLOCK_CONTRADICTED]
        assert host.frozen_by


async def test_a_key_nobody_answers_for_is_waited_for_and_not_sent() -> None:
    async with settlement_world() as world:
        _, host, _ = await watch_with(world, false_root=b"")
        states = QbftStates(world.prover, CHAIN_ID, TRUST)

        async def nobody() -> tuple[()]:
            return ()

        prover = EnclaveStatedProver(world.prover, states, QUORUM, LedgerForm(host.of_height, nobody, 3600))
        older, newer = sorted(host.kept)
        with pytest.raises(KeyWithoutAnswer, match="its operator has to answer"):
            await prover.header_message(newer, older)


@dataclass(frozen=True)
class KeptStates(LedgerStates):
    """The ledger's states as the test knows them."""

    snapshots: LedgerSnapshots

    async def snapshot_at(self, height: int) -> Snapshot:
        return await self.snapshots.snapshot_at(height)


async def test_the_chains_client_keeps_a_checkpoint_in_the_form_it_is_compared_with_and_freezes_on_two() -> None:
    async with settlement_world() as direct:
        ledger = direct.ledger
        snapshots = LedgerSnapshots(ledger)
        first = decode_header(ledger.header(), LEDGER_ID).checkpoint
        world = await host_enclave_client(direct, await snapshots.snapshot_at(ledger.height))
        states = KeptStates(CheckpointCollector(LEDGER_ID, ledger.validator_set, []), TRUST, snapshots)
        host = EnclaveCheckpointHost(world.rpc, world.deployment, world.relayer, states, QUORUM)
        assert await host.slots([first.height, first.height + 1]) == [host.kept_form(first), None]

        ledger.height += 1
        one = ledger.header()
        ledger.tree.set(b"\x01" * 32, b"another history")
        other = ledger.header()
        with pytest.raises(NothingStatedBehind):
            await host.report_header(other)
        await host.report_misbehaviour(encode_misbehaviour(one, other))
        contract = EnclaveLightClientBinding(bytes.fromhex(world.deployment.light_client[2:]))
        assert (await contract.client_state(world.rpc)).frozen
