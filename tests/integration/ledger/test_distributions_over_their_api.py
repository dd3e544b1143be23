"""DistributionService over mTLS, and the commands that use it, against nodes of the in-process ledger."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chains.progmat.client.channel import ApiEndpoint
from chains.progmat.client.distribution_client import DistributionClient
from chains.progmat.flows.distribution_requests import ExpireUtility, UseUtility
from chains.progmat.flows.market_requests import IssueToken
from chains.progmat.flows.steps import FlowStep
from chains.rpc_status import RemoteCallerError
from tests.fakes.distribution_parties import UTILITY_ID
from tests.fakes.ledger_parties import AN, CN_A, CN_B, COIN_ID, SN
from tests.fakes.rpc_parties import tls_of
from tests.fakes.token_parties import ST, TOKEN_ID, UT
from tests.integration.ledger.kinds_of_distributions import members
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    OPERATIONS_NAME,
    PLATFORM_NAME,
    SELLER_ACCOUNT,
    TOKEN_PARTIES,
    running_ledger,
)
from tests.integration.ledger.served_vault import ServedVault, served

PROGRAM = "from relayer.cli.main import main; main()"


@asynccontextmanager
async def client_of(node: ServedVault, caller: str = OPERATIONS_NAME) -> AsyncIterator[DistributionClient]:
    client = DistributionClient(ApiEndpoint(node.party.name, f"127.0.0.1:{node.port}"), tls_of(caller))
    try:
        yield client
    finally:
        await client.close()


async def typed(folder: Path, node: ServedVault, topic: str, *arguments: str) -> Any:  # noqa: ANN401 # any JSON
    """What ``crossdvp ledger TOPIC …`` writes."""
    options = node.options(folder)
    command = [sys.executable, "-c", PROGRAM, "ledger", topic, *options, *arguments, "--json"]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


async def test_one_command_pays_a_coupon_and_units_are_used_over_the_api(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        await members(ledger)
        await ledger.issue(1000)
        await ledger.done(AN, IssueToken("held", ST, TOKEN_ID, 10, SELLER_ACCOUNT))
        await ledger.done(AN, IssueToken("units", UT, UTILITY_ID, 5, SELLER_ACCOUNT))
        ledger.clock.advance_ms(5000)
        cut_off = datetime.fromtimestamp(ledger.clock.now_s() - 1, UTC).isoformat()
        async with served(ledger, AN) as an, served(ledger, CN_A) as cn_a, served(ledger, CN_B) as cn_b:
            people = {"author": "alice", "approver": "bob"}
            async with client_of(cn_b) as payer:
                of = {"registrar": AN.name, "security_id": TOKEN_ID, "asset_id": COIN_ID, "keeper": SN.name}
                with pytest.raises(RemoteCallerError, match="ACCOUNT_UNKNOWN"):
                    await payer.give_mandate(SELLER_ACCOUNT.key, **of, most=1000, **people)
                await payer.give_mandate(BUYER_ACCOUNT.key, **of, most=1000, **people)
            paying = (
                *("pay", "--security", TOKEN_ID, "--record-date", "2026-09-30", "--per-unit", "12.55"),
                *("--coin", COIN_ID, "--issuer", SN.name, "--payer", f"{CN_B.name}:{BUYER_ACCOUNT.key.hex()}"),
                *("--author", "alice", "--approver", "bob", "--cut-off", cut_off),
            )
            paid = await typed(tmp_path, an, "distributions", *paying)
            assert (paid["is_paid"], [part["total"] for part in paid["parts"]]) == (True, [125])
            assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 125

            distribution_id = bytes.fromhex(paid["distribution_id"])
            async with client_of(cn_a) as holders_node:
                assert (await holders_node.distribution(distribution_id)).is_paid
                used = await holders_node.use(UseUtility("use", UTILITY_ID, AN.name, 2, SELLER_ACCOUNT.key, "ticket-1"))
                assert used.step in {FlowStep.RECORDED, FlowStep.DONE}
            async with client_of(an) as registrar:
                (listed,) = await registrar.distributions(TOKEN_ID)
                assert listed == await registrar.distribution(distribution_id)
                assert listed.totals is not None
                assert (listed.totals.units, listed.totals.net) == (10, 125)
                with pytest.raises(RemoteCallerError, match="DISTRIBUTION_UNDER_WAY"):
                    await registrar.cancel(distribution_id, "alice", "bob")
                with pytest.raises(RemoteCallerError, match="DISTRIBUTION_UNKNOWN"):
                    await registrar.distribution(bytes(32))
                lasting = await registrar.expire(ExpireUtility("expire", UTILITY_ID))
                assert lasting.last_error_reason == "NOTHING_TO_EXPIRE"  # these units have no expiry
            async with client_of(an, PLATFORM_NAME) as platform:
                with pytest.raises(RemoteCallerError, match="CALLER_NOT_AUTHORISED"):
                    await platform.cancel(distribution_id, "alice", "bob")
