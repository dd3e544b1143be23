"""Every role of a native trade as a process of its own over mTLS, operated from the command line."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chains.progmat.client.ledger_client import LedgerClient
from chains.progmat.client.token_client import TokenClient
from chains.progmat.contracts.native_terms import NativeTerms
from chains.progmat.flows.market_requests import SettleDvp
from chains.progmat.flows.requests import IssueCash
from ibc.dvp import CashAccount
from tests.fakes.token_parties import ST
from tests.integration.ledger.test_nodes_as_processes import (
    OPERATOR,
    ROOT,
    NodeProcesses,
    Roles,
    answering,
    running_processes,
)

pytestmark = pytest.mark.xdist_group("processes")  # two such files at once are too much for two cores

SEPARATE: Roles = {
    "sn": ("SN",),
    "an": ("AN",),
    "en": ("EN",),
    "bno": ("BNO",),
    "cn-a": ("CN",),
    "cn-b": ("CN",),
    "nn": ("NN",),
    "validator-1": ("VALIDATOR",),
}
MEMBERS = (
    ("sn", "SC", "issuer"),
    ("cn-a", "SC", "custodian"),
    ("cn-b", "SC", "custodian"),
    ("an", "ST", "registrar"),
    ("en", "ST", "exchange"),
    ("cn-a", "ST", "custodian"),
    ("cn-b", "ST", "custodian"),
)


async def crossdvp(network: NodeProcesses, node: str, topic: str, *arguments: str) -> Any:  # noqa: ANN401 # any JSON
    """Run ``crossdvp ledger TOPIC`` as the node's own operator would; its document."""
    config = str(network.folder / node / "node.toml")
    command = ("-c", "from relayer.cli.main import main; main()", "ledger", topic, "--config", config)
    path = f"{ROOT}{os.pathsep}{ROOT / 'proto' / 'gen'}"
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        *arguments,
        "--json",
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    written, complaint = await child.communicate()
    assert child.returncode == 0, (arguments, written, complaint)
    return json.loads(written)


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_a_native_trade_settles_between_processes_that_have_one_role_each(tmp_path: Path) -> None:
    async with running_processes(tmp_path / "net", SEPARATE, frozenset({"validator-1"})) as network:
        clients = {name: network.client(name) for name in SEPARATE if name not in {"nn", "validator-1"}}
        for client in clients.values():
            await answering(client)
        for party, of_network, role in MEMBERS:
            options = (party, "--network", of_network, "--role", role)
            await crossdvp(network, "bno", "members", "admit", *options)
        seen = await crossdvp(network, "en", "members", "list")
        assert {line["network"] for line in seen["memberships"]} == {"ST"}

        seller = await clients["cn-a"].open_account("seller")
        buyer = await clients["cn-b"].open_account("buyer")
        to = f"cn-a:{seller.key.hex()}"
        await crossdvp(network, "an", "tokens", "issue", "ST-1", "100", "--network", "ST", "--to", to)
        issued = await clients["sn"].submit(IssueCash("issue", "PGC-1", 1000, buyer))
        assert issued.is_final_on_ledger, issued
        await the_trade_settles(network, clients, seller, buyer)
        lines = (await crossdvp(network, "an", "tokens", "balances"))["balances"]
        assert {line["node"]: line["free"] for line in lines} == {"cn-a": 90, "cn-b": 10}
        assert (await crossdvp(network, "en", "tokens", "balances"))["balances"] == []

        await crossdvp(network, "bno", "members", "suspend", "cn-b", "--network", "ST")
        for client in clients.values():
            await client.close()


async def the_trade_settles(
    network: NodeProcesses, clients: dict[str, LedgerClient], seller: CashAccount, buyer: CashAccount
) -> None:
    terms = NativeTerms(
        trade_id=b"\x07" * 32,
        network=ST,
        token_id="ST-1",  # noqa: S106 - the name of a security
        registrar="an",
        quantity=10,
        coin_id="PGC-1",
        issuer="sn",
        amount_yen=400,
        seller_tokens=seller,
        seller_cash=seller,
        buyer_cash=buyer,
        buyer_tokens=buyer,
        settle_by_s=int(datetime.now(UTC).timestamp()) + 300,
    )
    selling = TokenClient(network.endpoint("cn-a"), network.tls(OPERATOR))
    buying = TokenClient(network.endpoint("cn-b"), network.tls(OPERATOR))
    assert await buying.authorise_dvp("authorise", terms) == terms.hash
    settled = await selling.submit(SettleDvp("settle", terms))
    assert settled.is_final_on_ledger, settled
    async with asyncio.timeout(30):
        while (known := await buying.dvp(terms.trade_id)) is None:  # noqa: ASYNC110 - the node pushes nothing for this
            await asyncio.sleep(0.05)
    assert known.tx_id == settled.tx_id
    assert [line.free_yen for line in await clients["cn-a"].balances("PGC-1", seller.key)] == [400]
    assert [line.free_yen for line in await clients["cn-b"].balances("PGC-1", buyer.key)] == [600]
    await selling.close()
    await buying.close()
