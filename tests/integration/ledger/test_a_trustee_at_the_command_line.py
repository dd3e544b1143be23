"""``crossdvp coin`` over real mTLS: a trustee's day, and the day an intermediary fails."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from chains.progmat.cli.coin import app
from chains.progmat.flows.requests import MoveCash
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, SN
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    CASH_PARTIES,
    SELLER_ACCOUNT,
    LedgerNetwork,
    running_ledger,
)
from tests.integration.ledger.served_vault import ServedVault, served

BOTH = ("--author", "clerk-1", "--approver", "approver-1")
BUYER = f"{CN_B.name}:{BUYER_ACCOUNT.key.hex()}"


class Trustee:
    """Types commands at one node."""

    def __init__(self, vault: ServedVault, folder: Path) -> None:
        self._options = vault.options(folder)

    async def said(self, *arguments: str) -> tuple[int, Any]:
        """Exit code and document."""
        done = await asyncio.to_thread(CliRunner().invoke, app, [*self._options, *arguments, "--json"])
        text = done.stdout or done.stderr
        assert "Traceback" not in text, text
        return done.exit_code, json.loads(text)

    async def well(self, *arguments: str) -> Any:  # noqa: ANN401 # any JSON
        """The document of a command that succeeds."""
        code, told = await self.said(*arguments)
        assert code == 0, told
        return told


async def test_a_trustees_day_and_the_failure_of_an_intermediary(tmp_path: Path) -> None:
    async with (
        running_ledger(tmp_path, CASH_PARTIES) as ledger,
        served(ledger, SN) as at_sn,
        served(ledger, CN_B) as at_cn,
    ):
        trustee, broker = Trustee(at_sn, tmp_path), Trustee(at_cn, tmp_path)
        await _a_coin_is_registered(ledger, trustee)
        await _a_broker_pays_in(trustee, broker)
        move = MoveCash("pay", COIN_ID, SN.name, 300, BUYER_ACCOUNT.key, SELLER_ACCOUNT)
        await ledger.done(CN_B, move)
        await _the_broker_fails(ledger, trustee, tmp_path)
        found = await trustee.well("reconcile", COIN_ID)
        assert found["agrees"] is True
        assert {line["node"]: line["trust_yen"] for line in found["lines"]} == {CN_A.name: 1000, CN_B.name: 0}


async def _a_coin_is_registered(ledger: LedgerNetwork, trustee: Trustee) -> None:
    approver = (await ledger.operations(SN).open_account("approver")).key.hex()
    register = ("register", COIN_ID, "--kind", "wholesale", "--approver-key", approver)
    code, told = await trustee.said(*register, "--author", "clerk-1", "--approver", "clerk-1")
    assert (code, told["error"]["reason"]) == (1, "SAME_PERSON")
    await trustee.well(*register, *BOTH)
    for account in (BUYER, f"{CN_A.name}:{SELLER_ACCOUNT.key.hex()}"):
        await trustee.well("admit", COIN_ID, "--account", account, "--author", "clerk-1")
    (coin,) = (await trustee.well("list"))["coins"]
    assert (coin["kind"], len(coin["admitted"]), coin["halted_because"]) == ("WHOLESALE", 2, "")


async def _a_broker_pays_in(trustee: Trustee, broker: Trustee) -> None:
    """Announced at its own node, which passes it on; confirmed at the trustee's."""
    announce = ("deposit", "announce", COIN_ID, "1000", "--author", "trader-1", "--issuer", SN.name)
    elsewhere = ("--to", f"{CN_A.name}:{SELLER_ACCOUNT.key.hex()}", "--deposit-id", "d-0")
    assert (await broker.said(*announce, *elsewhere))[0] == 1
    await broker.well(*announce, "--to", BUYER, "--deposit-id", "d-1")
    paid = ("deposit", "confirm", "d-1", "--paid-yen", "1000", "--bank-reference", "MT-1", *BOTH)
    for _ in range(2):
        assert (await trustee.well(*paid))["bank_reference"] == "MT-1"
    code, told = await broker.said("deposit", "list")
    assert (code, told["error"]["reason"]) == (1, "NODE_ROLE_MISSING")
    async with asyncio.timeout(20):
        while (await trustee.well("deposit", "list"))["deposits"][0]["status"] != "ISSUED":
            await trustee.well("reconcile", COIN_ID)


async def _the_broker_fails(ledger: LedgerNetwork, trustee: Trustee, folder: Path) -> None:
    """Its customers' coin is frozen, listed and moved elsewhere; the same file again moves nothing more."""
    case = ("--account", BUYER, "--reason", "INTERMEDIARY_FAILED", "--reference", "2026-17", *BOTH)
    await trustee.well("freeze", COIN_ID, *case, "--amount-yen", "200")
    listed = await trustee.well("holders", COIN_ID, "--node", CN_B.name, "--csv", str(folder / "holders.csv"))
    assert (listed["total_yen"], listed["holders"][0]["locked_yen"]) == (700, 200)
    assert "残高(円)" in (folder / "holders.csv").read_text(encoding="utf-8-sig")
    new = await ledger.operations(CN_A).open_account("taken over")
    await trustee.well("admit", COIN_ID, "--account", f"{CN_A.name}:{new.key.hex()}", "--author", "clerk-1")
    file = folder / "take-over.csv"
    row = f"{CN_B.name},{BUYER_ACCOUNT.key.hex()},{CN_A.name},{new.key.hex()}"
    take_over = ("take-over", COIN_ID, str(file), "--node", CN_B.name, *BOTH)
    file.write_text(f"from_node,from_key,to_node,to_key\n{row}\n{row}\n")
    code, told = await trustee.said(*take_over)
    assert (code, told["error"]["reason"]) == (1, "TAKE_OVER_REFUSED")
    file.write_text(f"from_node,from_key,to_node,to_key\n{row}\n")
    for _ in range(2):
        done = await trustee.well(*take_over)
        assert (done["transfers"], done["left_yen"], done["not_listed_yen"]) == (1, 0, 0)
    await ledger.everything_delivered(SN)
    assert await ledger.free_yen(CN_A, new) == 700
