"""A reader goes on with the number it had, at a vault that was brought back from an older copy and numbers anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from chains.progmat.client.vault_client import VaultClient
from chains.progmat.flows.market_requests import MoveToken
from chains.progmat.node.storage.standing import Doubt, Seen
from chains.progmat.vault.entry_lines import Watched
from chains.rpc_status import RemoteCallerError
from tests.fakes.ledger_parties import AN, CN_A
from tests.fakes.token_parties import ST, TOKEN_ID
from tests.integration.ledger.native_trades import NativeTrades
from tests.integration.ledger.network import BUYER_ACCOUNT, SELLER_ACCOUNT, TOKEN_PARTIES, LedgerNetwork, running_ledger
from tests.integration.ledger.served_vault import served
from tests.integration.ledger.test_recovery import copy_of, put_back, recovery, without


async def move_tokens(ledger: LedgerNetwork, number: int) -> None:
    move = MoveToken(f"move-{number}", ST, TOKEN_ID, AN.name, number, SELLER_ACCOUNT.key, BUYER_ACCOUNT)
    await ledger.done(CN_A, move)


async def next_update(client: VaultClient, after: int, records_id: str = "") -> Watched:
    async for watched in client.watch(after, heartbeat_s=1, records_id=records_id):
        return watched
    raise AssertionError("the stream does not end by itself")


async def test_a_number_that_was_given_twice_is_not_taken_for_what_it_was(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        await NativeTrades.open(ledger)
        await move_tokens(ledger, 1)
        async with without(ledger, CN_A) as folder:
            copy_of(folder, tmp_path / "backup")
        await move_tokens(ledger, 2)
        async with served(ledger, CN_A) as vault, vault.client() as client:
            before = (await client.accounts()).sequence
            last = await next_update(client, before - 1)
            assert (last.sequence, last.update is not None) == (before, True)
        async with without(ledger, CN_A) as folder:
            put_back(tmp_path / "backup", folder)
        database = ledger.vault(CN_A).node.parts.database
        await database.raise_doubt(Doubt.PEER_SAW_LATER, "as a peer would show", 0, Seen(99, 10**6))
        assert (await recovery(ledger, CN_A).reconcile()).fetched == 1  # the number is there again

        for restarted in (False, True):
            if restarted:
                await ledger.stop(CN_A)
                await ledger.start(CN_A)
            async with served(ledger, CN_A) as vault, vault.client() as client:
                with pytest.raises(RemoteCallerError) as refused:
                    await next_update(client, before - 1, last.records_id)
                assert refused.value.reason == "RECORDS_REPLACED"
                anew = await next_update(client, 0)
                assert (anew.records_id != last.records_id) is restarted
        async with served(ledger, CN_A) as vault, vault.client() as client:
            assert (await next_update(client, 1, anew.records_id)).sequence == 2


async def test_a_reader_goes_on_across_an_ordinary_restart(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        await NativeTrades.open(ledger)
        async with served(ledger, CN_A) as vault, vault.client() as client:
            seen = await next_update(client, 0)
        await ledger.stop(CN_A)
        await ledger.start(CN_A)
        await move_tokens(ledger, 1)
        async with served(ledger, CN_A) as vault, vault.client() as client:
            following = await next_update(client, seen.sequence, seen.records_id)
            assert (following.sequence, following.records_id) == (seen.sequence + 1, seen.records_id)


async def test_records_that_never_were_are_refused(tmp_path: Path) -> None:
    async with (
        running_ledger(tmp_path, TOKEN_PARTIES) as ledger,
        served(ledger, CN_A) as vault,
        vault.client() as client,
    ):
        for records_id, reason in (("0" * 32, "RECORDS_REPLACED"), ("x" * 129, "INVALID_REQUEST")):
            with pytest.raises(RemoteCallerError) as refused:
                await next_update(client, 0, records_id)
            assert refused.value.reason == reason
