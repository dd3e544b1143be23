"""What `python -m relayer` runs, over a file that says it is for tests: both orders end, and nothing is alarmed."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from chains.progmat.flows.requests import CreateLightClient
from chains.progmat.flows.steps import FlowStep
from ibc.dvp import LeadLeg
from light_clients.mock import MockClientState, MockConsensusState, encode_client_state, encode_consensus_state
from relayer.app import serve
from relayer.peer_config import ConfigInvalid
from tests.fakes.evm_settlement_world import HOLDING, RELAYER
from tests.fakes.ledger_parties import CN_A, CN_B, LEDGER_ID, SN, VALIDATORS
from tests.fakes.process_files import certified_folder, write_config
from tests.fakes.rpc_parties import tls_of
from tests.integration.ledger.network import OPERATIONS_NAME, running_ledger
from tests.integration.ledger.served_vault import served
from tests.integration.ledger.settlement import CLIENT_ID, COUNTERPARTY_ID
from tests.integration.relayer.anvil_and_ledger import BUYER_YEN, PRICE_YEN, QUANTITY, Between, between
from tests.integration.relayer.mock_consensus import MOCK_PARAMETERS

WAIT_S = 20


async def written(folder: Path, it: Between, stack: AsyncExitStack) -> Path:
    """The file of a relayer of this network; issuer, custodians and Validators serve."""
    tls = tls_of(OPERATIONS_NAME)
    certified_folder(folder)
    (folder / "certificate.pem").write_bytes(tls.certificate)
    (folder / "key.pem").write_bytes(tls.private_key)
    (folder / "relayer.hex").write_text(RELAYER.hex())
    it.evm.deployment.write(folder / "deployment.json")
    peers = {}
    for party in (SN, CN_A, CN_B, *VALIDATORS):
        node = await stack.enter_async_context(served(it.ledger, party))
        peers[party] = f'{{ name = "{party.name}", target = "127.0.0.1:{node.port}" }}'
    return write_config(
        folder,
        profile='"test"',
        evm__rpc_urls=json.dumps([it.evm.rpc.url]),
        evm__consensus='"mock"',
        poll_interval_ms="10",
        watch_interval_ms="100",
        ledger__ledger_id=json.dumps(LEDGER_ID),
        ledger__client_id=json.dumps(CLIENT_ID),
        ledger__issuer=peers[SN],
        ledger__custodians=f"[{peers[CN_A]}, {peers[CN_B]}]",
        ledger__validators=f"[{', '.join(peers[validator] for validator in VALIDATORS)}]",
        ledger__threshold=str(MOCK_PARAMETERS.validators.threshold),
        ledger__validator_addresses=json.dumps(
            ["0x" + address.hex() for address in MOCK_PARAMETERS.validators.addresses]
        ),
    )


async def test_the_process_settles_both_orders_watches_in_peace_and_says_that_nothing_is_proved(
    tmp_path: Path,
) -> None:
    async with between(tmp_path) as it, AsyncExitStack() as stack:
        leading = it.terms(2, LeadLeg.SECURITIES)
        await it.authorise(leading)
        await it.lock_securities(leading)
        await it.lock_cash(it.terms(1, LeadLeg.CASH))
        stopping = asyncio.Event()
        with capture_logs() as logs:
            running = asyncio.create_task(serve(await written(tmp_path, it, stack), stopping))
            async with asyncio.timeout(WAIT_S):
                while await it.yen() != (2 * PRICE_YEN, BUYER_YEN - 2 * PRICE_YEN) or (await it.tokens())[1] == 0:
                    assert not running.done(), running.exception()
                    await it.advance(1)
            stopping.set()
            await running
        assert await it.tokens() == (HOLDING - 2 * QUANTITY, 2 * QUANTITY)
        assert [line["log_level"] for line in logs if line["event"].startswith("mock consensus: ")] == ["warning"]
        assert not [line for line in logs if line["log_level"] == "error"], logs


async def test_a_file_that_does_not_say_it_is_for_tests_starts_nothing(tmp_path: Path) -> None:
    path = write_config(certified_folder(tmp_path), evm__consensus='"mock"')
    with pytest.raises(ConfigInvalid, match=r'evm.consensus: .*"mock", which proves nothing'):
        await serve(path, asyncio.Event())
    assert not (tmp_path / "relayer.sqlite3").exists()


async def test_a_ledger_in_production_takes_no_mock_light_client_even_from_its_issuer(tmp_path: Path) -> None:
    client_state = encode_client_state(MockClientState(1, 86_400, frozen=False))
    consensus_state = encode_consensus_state(MockConsensusState(1_800_000_000, b"\x01" * 32))
    async with running_ledger(tmp_path) as ledger:
        request = CreateLightClient("create", CLIENT_ID, "mock", client_state, consensus_state, COUNTERPARTY_ID, (b"",))
        refused = await ledger.run(SN, request)
        assert refused.step is FlowStep.FAILED
        assert "no light client of type 'mock' is registered" in refused.last_error
