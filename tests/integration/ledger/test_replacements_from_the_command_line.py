"""``crossdvp ledger network change-notary|upgrade-states|attest-unspent`` against a served node."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from chains.progmat.flows.replacement_requests import MAX_REPLACED
from tests.fakes.ledger_parties import CN_B, COIN_ID, NN, SECOND, SN, VALIDATORS
from tests.integration.ledger.kinds_of_replacements import SAME_LAYOUT, ledger_of_two_packages
from tests.integration.ledger.network import BUYER_ACCOUNT, CASH_PARTIES, PACKAGE, PLATFORM_NAME
from tests.integration.ledger.served_vault import ServedVault, served
from tests.integration.ledger.two_notaries import free_at, ledger_of_two_notaries

PROGRAM = "from relayer.cli.main import main; main()"


async def asked(
    vault: ServedVault, folder: Path, *arguments: str, caller: str = "operations"
) -> tuple[int, dict[str, Any]]:
    """Exit code and document of ``crossdvp ledger network …``."""
    command = [sys.executable, "-c", PROGRAM, "ledger", "network", *vault.options(folder, caller), *arguments, "--json"]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, json.loads(done.stdout or done.stderr)


def reason(document: dict[str, Any]) -> str:
    return str(document["error"]["reason"])


async def test_all_coins_of_an_account_change_their_notary(tmp_path: Path) -> None:
    async with ledger_of_two_notaries(tmp_path) as ledger, served(ledger, CN_B) as vault:
        for _ in range(MAX_REPLACED + 1):
            await ledger.issue(10)
        move = ("change-notary", "--request-id", "move-1", "--to", SECOND.name)
        of_account = ("--account", BUYER_ACCOUNT.key.hex(), "--asset", COIN_ID)
        code, document = await asked(vault, tmp_path, *move, *of_account)
        assert (code, document) == (0, {"batches": 2, "says": "no free state is left to be replaced"})
        assert await asked(vault, tmp_path, *move, *of_account) == (code, document)
        assert await free_at(ledger, CN_B, BUYER_ACCOUNT) == {SECOND.name: 10 * (MAX_REPLACED + 1)}
        code, document = await asked(vault, tmp_path, *move)
        assert (code, reason(document)) == (1, "REQUEST_ID_REUSED")
        code, document = await asked(vault, tmp_path, *move, "--state", "00:x")
        assert code == 1
        code, document = await asked(vault, tmp_path, *move, *of_account, caller=PLATFORM_NAME)
        assert (code, reason(document)) == (1, "CALLER_NOT_AUTHORISED")
        code, document = await asked(vault, tmp_path, "change-notary", "--request-id", "x", "--to", "nowhere")
        assert (code, reason(document)) == (1, "REPLACEMENT_INCOMPLETE")
        assert f"choose from {NN.name}, {SECOND.name}" in document["error"]["message"]


async def test_states_are_attested_and_then_upgraded(tmp_path: Path) -> None:
    async with ledger_of_two_packages(tmp_path, (*CASH_PARTIES, *VALIDATORS)) as ledger:
        issued = await ledger.issue(10)
        assert issued.tx_id is not None
        await ledger.issue(20)
        async with served(ledger, SN) as vault:
            code, document = await asked(vault, tmp_path, "attest-unspent")
            assert (code, document["attested"] > 1) == (0, True)
            assert await asked(vault, tmp_path, "attest-unspent") == (0, {"attested": 0})
        await ledger.restart_all(SAME_LAYOUT)
        async with served(ledger, CN_B) as vault:
            upgrade = ("upgrade-states", "--request-id", "u-1", "--from-package", PACKAGE.hash.hex())
            state = ("--state", f"{issued.tx_id.hex()}:0")
            code, document = await asked(vault, tmp_path, *upgrade, *state)
            assert (code, document) == (0, {"batches": 1, "says": "all that were named are replaced"})
            code, document = await asked(vault, tmp_path, *upgrade[:2], "u-2", *upgrade[3:])
            assert (code, document["batches"]) == (0, 1)
            code, document = await asked(vault, tmp_path, *upgrade[:2], "u-3", *upgrade[3:-1], "00" * 32)
            assert (code, reason(document)) == (1, "REPLACEMENT_INCOMPLETE")
            assert "NO_CONVERSION" in document["error"]["message"]
