"""An investor's account is opened over the API, its key replaced, and tokens and cash follow to the new key."""

from __future__ import annotations

from pathlib import Path

import pytest

from chains.progmat.client.channel import ApiEndpoint
from chains.progmat.client.key_client import KeyClient
from chains.progmat.contracts.network_control import Opening
from chains.progmat.flows.key_requests import RotateTokens
from chains.progmat.flows.market_requests import MoveToken
from chains.progmat.flows.requests import RotateAccountKey
from chains.progmat.vault.by_notary import held_by_notary
from chains.progmat.vault.indexing import Asset
from chains.rpc_status import RemoteCallerError
from ibc.dvp import CashAccount
from tests.fakes.ledger_parties import AN, CN_A, COIN_ID, SN
from tests.fakes.rpc_parties import tls_of
from tests.fakes.token_parties import ST, TOKEN_ID
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    GATEWAY_NAME,
    OPERATIONS_NAME,
    SELLER_ACCOUNT,
    TOKEN_PARTIES,
    LedgerNetwork,
    running_ledger,
)
from tests.integration.ledger.securities import Securities
from tests.integration.ledger.served_vault import ServedVault, served


def client(vault: ServedVault, caller: str = OPERATIONS_NAME) -> KeyClient:
    return KeyClient(ApiEndpoint(vault.party.name, f"127.0.0.1:{vault.port}"), tls_of(caller))


async def units(ledger: LedgerNetwork, account: CashAccount) -> int:
    token = Asset(ST.name, TOKEN_ID, AN.name)
    database = ledger.vault(CN_A).node.parts.database
    found = await database.read(lambda connection: held_by_notary(connection, token, account, ledger.clock.now_s()))
    return sum(there.free for there in found.values())


async def test_everything_of_an_investor_goes_to_the_new_key_through_an_open_gate_only(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger, served(ledger, CN_A) as vault:
        world = await Securities.open(ledger)
        node = client(vault)
        first = (await node.open_investor_account("INV-1")).account
        await ledger.done(CN_A, MoveToken("in", ST, TOKEN_ID, AN.name, 7, SELLER_ACCOUNT.key, first))
        await ledger.issue(500, first)
        second = await node.rotate_investor_key("INV-1", 1)
        assert await node.rotate_investor_key("INV-1", 1) == second
        assert [key.account for key in await node.investor_keys("INV-1")] == [first, second.account]
        assert await node.open_investor_account("INV-1") == second

        def tokens(name: str) -> RotateTokens:
            return RotateTokens(name, ST, TOKEN_ID, AN.name, first.key, second.account.key)

        await world.gate(Opening.CLOSED)
        assert await world.refused(CN_A, tokens("closed")) == "GATE_CLOSED"
        await world.gate(Opening.OPEN)
        flow = await node.rotate_tokens(tokens("open"))
        assert flow.is_final_on_ledger, flow
        await ledger.done(CN_A, RotateAccountKey("cash", COIN_ID, SN.name, first.key, second.account.key))
        assert (await units(ledger, first), await units(ledger, second.account)) == (0, 7)
        assert await ledger.free_yen(CN_A, second.account) == 500

        for request, reason in (
            (tokens("again"), "TOKENS_INSUFFICIENT"),
            (RotateTokens("same", ST, TOKEN_ID, AN.name, first.key, first.key), "INVALID_REQUEST"),
            (RotateTokens("foreign", ST, TOKEN_ID, AN.name, first.key, BUYER_ACCOUNT.key), "ACCOUNT_UNKNOWN"),
            (MoveToken("theft", ST, TOKEN_ID, AN.name, 1, first.key, BUYER_ACCOUNT), "TOKENS_INSUFFICIENT"),
        ):
            assert await world.refused(CN_A, request) == reason, request
        with pytest.raises(RemoteCallerError) as refused:
            await node.open_investor_account("no id: a name")
        assert refused.value.reason == "INVALID_REQUEST"
        await node.close()
        gateway = client(vault, GATEWAY_NAME)
        with pytest.raises(RemoteCallerError) as refused:
            await gateway.open_investor_account("INV-2")
        assert refused.value.reason == "CALLER_NOT_AUTHORISED"
        await gateway.close()
