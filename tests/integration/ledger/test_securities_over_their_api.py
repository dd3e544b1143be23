"""A registrar's people over real mTLS and at the command line: who may ask, what is audited, what is printed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from crossdvp.ledger.v1 import securities_service_pb2 as pb
from typer.testing import CliRunner

from chains.progmat.cli.securities import app
from chains.progmat.client.channel import ApiEndpoint
from chains.progmat.client.securities_client import SecuritiesClient
from chains.progmat.contracts.network_control import Opening
from chains.progmat.flows.request_codec import to_message
from chains.progmat.flows.securities_requests import ForceToken, FreezeToken, SetGate
from chains.progmat.market.people import audit
from chains.rpc_status import RemoteCallerError
from tests.fakes.ledger_parties import AN, APPROVER, CN_B
from tests.fakes.rpc_parties import tls_of
from tests.fakes.security_parties import GATE_ID, TERMS
from tests.fakes.token_parties import ST, TOKEN_ID
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    OPERATIONS_NAME,
    PLATFORM_NAME,
    SELLER_ACCOUNT,
    TOKEN_PARTIES,
    running_ledger,
)
from tests.integration.ledger.securities import NOTE, Securities
from tests.integration.ledger.served_vault import ServedVault, served

FORCE = ForceToken("force", ST, TOKEN_ID, 30, SELLER_ACCOUNT, BUYER_ACCOUNT, NOTE)


@asynccontextmanager
async def asking(vault: ServedVault, caller: str = OPERATIONS_NAME) -> AsyncIterator[SecuritiesClient]:
    client = SecuritiesClient(ApiEndpoint(vault.party.name, f"127.0.0.1:{vault.port}"), tls_of(caller))
    try:
        yield client
    finally:
        await client.close()


async def said(vault: ServedVault, folder: Path, *arguments: str) -> Any:  # noqa: ANN401 # any JSON
    """What the command line, over mTLS, tells programs."""
    command = [*vault.options(folder), *arguments, "--json"]
    done = await asyncio.to_thread(CliRunner().invoke, app, command)
    assert done.exit_code == 0, (done.output, done.exception)
    return json.loads(done.stdout)


async def refused(client: SecuritiesClient, request: Any) -> str:  # noqa: ANN401 # any request
    with pytest.raises(RemoteCallerError) as why:
        await client.submit(request)
    return str(why.value.reason)


async def test_a_registrars_people_act_over_its_api_and_all_is_audited(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        securities = await Securities.open(ledger)
        async with served(ledger, AN) as vault, asking(vault) as registrar, asking(vault, PLATFORM_NAME) as broker:
            assert await refused(broker, FORCE) == "CALLER_NOT_AUTHORISED"
            message: Any = to_message(FORCE)  # names its people in the note, where nobody has checked them
            with pytest.raises(Exception, match="named by the request's own fields"):
                await registrar._stub.ForceToken(message)
            forced = await registrar.submit(FORCE)
            assert forced.is_final_on_ledger, forced
            frozen = await registrar.submit(FreezeToken("freeze", ST, TOKEN_ID, 20, SELLER_ACCOUNT, NOTE))
            assert frozen.is_final_on_ledger, frozen
            assert (await registrar.submit(FORCE)).tx_id == forced.tx_id  # asked again: the same one

            (line,) = await registrar.securities()
            assert (line.terms, line.existing, line.frozen) == (TERMS, 100, 20)
            (gate,) = await broker.gates()
            assert (gate.gate_id, gate.registrar, gate.opening) == (GATE_ID, AN.name, Opening.OPEN)
        assert await securities.register() == (70, 30)
        written = await ledger.vault(AN).node.parts.database.read(audit.lines)
        acts = [(it.entry.record.act, it.entry.record.staff_id, it.entry.record.resource) for it in written]
        assert ("ForceToken", NOTE.author, TOKEN_ID) in acts
        assert ("FreezeToken", NOTE.author, TOKEN_ID) in acts
        async with served(ledger, CN_B) as elsewhere, asking(elsewhere) as custodian:
            other = await custodian.submit(SetGate("gate", ST, GATE_ID, Opening.OPEN, controlled=False, author="x"))
            assert other.last_error_reason == "NODE_ROLE_MISSING"


async def test_the_commands_register_a_security_close_its_gate_and_show_both(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        await Securities.open(ledger)
        async with served(ledger, AN) as vault:
            people = ("--author", "a.sato", "--approver", "k.mori")
            terms = ("--units", "500", "--issue-date", "2026-04-01", "--record-date", "09-30", "--gate", "GATE-2")
            key = ("--approver-key", APPROVER.key.encoded().hex())
            await said(vault, tmp_path, "register", "ST-7", "--network", "ST", *terms, *key, *people)
            await said(vault, tmp_path, "close", "GATE-2", "--network", "ST", "--author", "a.sato", "--controlled")
            listed = (await said(vault, tmp_path, "list"))["securities"]
            gates = (await said(vault, tmp_path, "gates"))["gates"]
        assert [(line["security"], line["gate"], line["units"]) for line in listed][-1] == ("ST-7", "GATE-2", 500)
        assert {(line["gate"], line["opening"], line["controlled"]) for line in gates} == {
            (GATE_ID, "OPEN", False),
            ("GATE-2", "CLOSED", True),
        }


def test_the_message_of_an_act_has_its_people_where_the_node_checks_them() -> None:
    for message in (pb.ForceTokenRequest, pb.FreezeTokenRequest, pb.ThawTokenRequest, pb.CancelTransferRequest):
        assert {"author", "approver"} <= set(message.DESCRIPTOR.fields_by_name)
    assert replace(FORCE, request_id="other").note is NOTE
