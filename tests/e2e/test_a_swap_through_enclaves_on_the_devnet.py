"""The swap with every proof stated by two operators' enclaves, each a process: what settles, waits, is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from crossdvp.gateway.v1 import settlement_service_pb2 as pb

from chains.evm.client.deployment import address_bytes
from chains.evm.client.enclave_light_client import EnclaveLightClientBinding
from chains.evm.client.router import Router
from chains.evm.errors import ExecutionReverted
from chains.progmat.client.checkpoints import CheckpointCollector
from light_clients.enclave.solidity_form import encode_solidity_update
from relayer.config import RelayerConfig, load_config
from relayer.devnet import processes
from relayer.devnet.boot import boot, shut_down
from relayer.devnet.chain_access import checkpoint_collector, ledger_client
from relayer.devnet.config_files import validator_set
from relayer.devnet.layout import LEDGER_CLIENT_ID, read_state
from relayer.devnet.scenarios import AMOUNT_YEN, QUANTITY
from relayer.devnet.stage import FINAL, Holdings, Stage
from relayer.devnet.trading import TradePlan
from relayer.proof_config import Architecture, EnclaveProof
from relayer.proof_ends import enclave_setting
from relayer.provers.enclave_forms import update_of
from relayer.provers.enclave_path import EnclaveSetting
from relayer.provers.enclave_states import LedgerStates

pytestmark = [pytest.mark.devnet, pytest.mark.xdist_group("processes"), pytest.mark.timeout(300)]

PLAN = TradePlan(QUANTITY, AMOUNT_YEN, lock_in_s=60, settle_in_s=120)
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def devnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A devnet whose chains believe two enclaves, and only both together."""
    directory = tmp_path_factory.mktemp("enclave-devnet") / "devnet"
    said: list[str] = []
    asyncio.run(boot(directory, said.append, proof=Architecture.ENCLAVE))
    try:
        yield directory
    finally:
        shut_down(directory)


def settled(before: Holdings) -> Holdings:
    """What both parties hold after one swap more."""
    return Holdings(
        before.seller_units - QUANTITY,
        before.buyer_units + QUANTITY,
        before.seller_yen + AMOUNT_YEN,
        before.buyer_yen - AMOUNT_YEN,
    )


def setting_of(directory: Path) -> EnclaveSetting:
    """The enclaves as the devnet's relayer has them."""
    proof = load_config(RelayerConfig, directory / "relayer.toml").paths[0].proof
    assert isinstance(proof, EnclaveProof)
    return enclave_setting(proof)


async def test_the_swap_settles_and_a_statement_from_a_rolled_back_store_is_refused(devnet: Path) -> None:
    async with Stage(devnet, read_state(devnet)) as stage:
        issuer = ledger_client(devnet, stage.state.nodes["sn"])
        hosted = await issuer.light_client(LEDGER_CLIENT_ID)
        await issuer.close()
        assert hosted is not None
        assert hosted.client_type == "enclave"

        before = await stage.holdings()
        followed = await stage.start_trade(PLAN)
        await stage.follow(followed, lambda settlement: settlement.state in FINAL, PATIENCE_S)
        assert followed.settlement.state == pb.SETTLEMENT_STATE_SETTLED
        assert await stage.holdings() == settled(before)
        assert not (await stage.relayer.status()).alarms

        collector = checkpoint_collector(devnet, stage.state.nodes, validator_set(devnet))
        setting = setting_of(devnet)
        try:
            await the_store_is_rolled_back(stage, collector, setting)
        finally:
            await setting.quorum.close()
            await collector.close()


async def the_store_is_rolled_back(stage: Stage, collector: CheckpointCollector, setting: EnclaveSetting) -> None:
    """Both enclaves sign what follows from an older state; the chain knows a newer one, and takes nothing."""
    contract = EnclaveLightClientBinding(address_bytes(stage.deployment.light_client))
    latest = (await contract.client_state(stage.rpc)).latest_height
    states = LedgerStates(collector, setting.ledger_trust)
    older = await states.snapshot_at(latest - 1)
    head = await collector.collect(await collector.head(latest + 1))
    stated = await setting.quorum.update(older, head.header)
    message = encode_solidity_update(update_of(stated), stated.signatures)
    call = Router(address_bytes(stage.deployment.router)).update_client(stage.deployment.client_id, message)
    with pytest.raises(ExecutionReverted, match="EnclaveUpdateNotOnLatest"):
        await stage.rpc.call(call)
    assert (await contract.client_state(stage.rpc)).latest_height == latest


async def test_with_one_operators_enclave_dead_nothing_moves_and_with_its_new_key_it_goes_on(devnet: Path) -> None:
    async with Stage(devnet, read_state(devnet)) as stage:
        before = await stage.holdings()
        enclave = stage.process("operator-2-enclave")
        processes.kill(enclave)
        followed = await stage.start_trade(PLAN)
        await stage.follow(followed, lambda settlement: "TOO_FEW_ENCLAVES" in settlement.waiting.last_error, PATIENCE_S)
        assert followed.settlement.state == pb.SETTLEMENT_STATE_EARMARKED
        assert (await stage.holdings()).buyer_yen == before.buyer_yen

        answer = (devnet / "operator-2.answer").read_bytes()
        stage.start(enclave.name, enclave.argv[1:])
        await stage.follow(followed, lambda settlement: settlement.state in FINAL, PATIENCE_S)
        assert followed.settlement.state == pb.SETTLEMENT_STATE_SETTLED
        assert await stage.holdings() == settled(before)
        assert (devnet / "operator-2.answer").read_bytes() != answer
