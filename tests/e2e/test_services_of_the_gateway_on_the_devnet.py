"""From why a settlement might fail, through its parties' own signatures, to the proof that it did not: a devnet."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from crossdvp.gateway.v1 import custody_service_pb2 as custody
from crossdvp.gateway.v1 import party_service_pb2, preflight_service_pb2, proof_service_pb2
from crossdvp.gateway.v1 import settlement_service_pb2 as pb

from chains.evm.client.adapter_family import AdapterFamily
from chains.evm.client.unsigned_tx import UnsignedEvmTx
from chains.rpc_status import RemoteCallerError
from ibc.dvp import LeadLeg
from primitives.secp256k1 import sign_digest
from relayer.cli.verify.bundle import read_bundle, read_trust, verify_bundle
from relayer.devnet.access import tls_of
from relayer.devnet.chain_access import ledger_client
from relayer.devnet.instruments import deployed_families, read_secret
from relayer.devnet.layout import read_state
from relayer.devnet.scenarios import END_TIMEOUT_S, UNHURRIED
from relayer.devnet.stage import FINAL, Followed, Stage
from relayer.devnet.trading import instruct, plan_terms
from relayer.devnet.trust import trust_of
from relayer.gateway.matching import Side
from relayer.gateway.services_client import ServicesClient

pytestmark = [pytest.mark.devnet, pytest.mark.xdist_group("processes"), pytest.mark.timeout(240)]

PROGRAM = (sys.executable, "-c", "from relayer.cli.main import main; main()")


async def _crossdvp(*arguments: str) -> tuple[int, Any]:
    child = await asyncio.create_subprocess_exec(
        *PROGRAM, *arguments, "--json", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, complaint = await child.communicate()
    assert b"Traceback" not in complaint
    return child.returncode or 0, json.loads(output)


async def _sign_and_execute(client: ServicesClient, name: str, secret: bytes) -> list[str]:
    """All steps that are due, each seen included before the next is handed in; their names."""
    asked = custody.PrepareTransactionRequest(settlement=name, action=custody.CUSTODY_ACTION_HOLD)
    steps = (await client.call(asked)).prepared_transactions
    for step in steps:
        unsigned = UnsignedEvmTx(step.evm_chain_id, step.nonce, int(step.gas_price_wei), step.gas, step.to, step.data)
        raw = unsigned.signed(sign_digest(secret, unsigned.digest)).raw
        request = custody.ExecuteTransactionRequest(prepared_transaction=step.name, signed_transaction=raw)
        operation = (await client.call(request)).operation
        async with asyncio.timeout(20):
            while operation.state == custody.OPERATION_STATE_PENDING:
                await asyncio.sleep(0.1)
                operation = (await client.call(custody.GetOperationRequest(name=operation.name))).operation
        assert operation.state == custody.OPERATION_STATE_INCLUDED, operation.error_message
    return [step.step for step in steps]


@pytest.mark.parametrize("lead", list(LeadLeg))
async def test_a_settlement_signed_by_its_own_parties_is_proved_to_a_stranger(devnet: Path, lead: LeadLeg) -> None:
    state = read_state(devnet)
    seller, client = (ServicesClient(state.gateway.endpoint(), tls_of(devnet, who)) for who in ("broker-a", "operator"))
    terms = plan_terms(devnet, state, replace(UNHURRIED, lead_leg=lead))
    async with Stage(devnet, state) as stage:
        settlement = await instruct(devnet, state, terms, list(Side))
        asked = preflight_service_pb2.CheckSettlementRequest(name=settlement.name)
        checks = {check.name: check for check in (await client.call(asked)).checks}
        bad = {name: check.summary for name, check in checks.items() if check.verdict == party_service_pb2.VERDICT_FAIL}
        assert bad == {}
        early = proof_service_pb2.GetProofBundleRequest(name=settlement.name)
        with pytest.raises(RemoteCallerError) as refusal:
            await client.call(early)
        assert refusal.value.reason == "SETTLEMENT_NOT_ENDED"
        steps = await _sign_and_execute(seller, settlement.name, read_secret(devnet, state.seller.evm_key_file))
        assert steps[-1] == ("earmark" if lead is LeadLeg.CASH else "lock_and_send")
        followed = Followed(terms)
        stage._watches.append(asyncio.create_task(followed.watch(stage.gateway)))
        await stage.follow(followed, lambda each: each.state in FINAL, END_TIMEOUT_S)
    assert followed.settlement.state == pb.SETTLEMENT_STATE_SETTLED
    bundle = (await client.call(early)).bundle
    report = verify_bundle(read_bundle(json.loads(bundle)), read_trust(await trust_of(devnet, state)))
    assert any("went to the buyer" in sentence for sentence in report.proved)
    await asyncio.gather(seller.close(), client.close())


async def test_ibets_delivery_is_signed_by_both_parties_in_turn(devnet: Path) -> None:
    state = read_state(devnet)
    if AdapterFamily.IBET_DVP not in deployed_families(state):
        pytest.skip("this devnet has no ibet exchange")
    clients = [ServicesClient(state.gateway.endpoint(), tls_of(devnet, who)) for who in ("broker-a", "broker-b")]
    keys = [read_secret(devnet, party.evm_key_file) for party in (state.seller, state.buyer)]
    terms = plan_terms(devnet, state, replace(UNHURRIED, family=AdapterFamily.IBET_DVP))
    name = (await instruct(devnet, state, terms, list(Side))).name
    assert (await _sign_and_execute(clients[0], name, keys[0]))[-1] == "create_delivery"
    assert await _sign_and_execute(clients[1], name, keys[1]) == ["confirm_delivery"]
    assert await _sign_and_execute(clients[0], name, keys[0]) == ["earmark"]
    await asyncio.gather(*(client.close() for client in clients))


async def test_a_node_shows_a_trade_to_who_knows_its_terms_and_to_nobody_else(devnet: Path) -> None:
    state = read_state(devnet)
    async with Stage(devnet, state) as stage:
        followed = await stage.start_trade(UNHURRIED)
        await stage.follow(followed, lambda each: each.state in FINAL, END_TIMEOUT_S)
    terms = followed.terms
    node = ledger_client(devnet, state.nodes["cn-b"], "gateway")
    assert len(await node.trade_evidence(terms)) == 2
    guesses = (
        replace(terms, cash=replace(terms.cash, amount_yen=terms.cash.amount_yen + 1)),
        replace(terms, cash=replace(terms.cash, salt=bytes(31) + b"\x01")),
        replace(terms, security=replace(terms.security, quantity=terms.security.quantity + 1)),
    )
    for guess in guesses:
        assert await node.trade_evidence(guess) == ()
    for whole in (node.transaction(bytes(32)), node.balances()):
        with pytest.raises(RemoteCallerError) as refusal:
            await whole
        assert refusal.value.reason == "CALLER_NOT_AUTHORISED"
    await node.close()
    relayer = ledger_client(devnet, state.nodes["cn-b"], "relayer")
    with pytest.raises(RemoteCallerError):
        await relayer.trade_evidence(terms)
    await relayer.close()


async def test_the_commands_say_what_is_proved_and_exit_accordingly(devnet: Path, tmp_path: Path) -> None:
    where, bundle, trust = ("--dir", str(devnet)), tmp_path / "bundle.json", tmp_path / "trust.json"
    async with Stage(devnet, read_state(devnet)) as stage:
        followed = await stage.start_trade(UNHURRIED)
        await stage.follow(followed, lambda each: each.state in FINAL, END_TIMEOUT_S)
    name = followed.settlement.name
    files = ("--out", str(bundle), "--trust-out", str(trust))
    assert (await _crossdvp("settlement", "bundle", name, *files, *where))[0] == 0
    code, told = await _crossdvp("verify", "bundle", str(bundle), "--trust", str(trust))
    assert (code, told["ending"], told["settlement"]) == (0, "settled", name)
    document = json.loads(bundle.read_text())
    document["terms"]["amount_yen"] += 1
    bundle.write_text(json.dumps(document))
    assert (await _crossdvp("verify", "bundle", str(bundle), "--trust", str(trust)))[0] == 1
    bundle.write_text("{}")
    assert (await _crossdvp("verify", "bundle", str(bundle), "--trust", str(trust)))[0] == 2
    code, listed = await _crossdvp("instrument", "list", *where)
    assert (code, listed[0]["token_symbol"]) == (0, "DST")
    code, checked = await _crossdvp("settlement", "preflight", name, *where)
    assert code == 1, "it has ended: its trade id is used"
    assert any(check["verdict"] == "VERDICT_FAIL" for check in checked["checks"])
