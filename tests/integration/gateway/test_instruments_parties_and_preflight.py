"""Instruments, accounts, counterparties and preflight, over gRPC and against a real chain's contracts."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import AsyncIterator, Awaitable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from crossdvp.gateway.v1 import instrument_service_pb2 as instruments
from crossdvp.gateway.v1 import party_service_pb2 as parties
from crossdvp.gateway.v1 import preflight_service_pb2 as preflight
from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from google.protobuf.field_mask_pb2 import FieldMask

from chains.progmat.flows.views import TradeRecord, TradeStatus
from chains.rpc_status import RemoteCallerError
from ibc.dvp import SettlementTerms, terms_hash
from primitives.types import Address
from relayer.gateway.matching import Side
from relayer.gateway.settlement_codec import encode_terms
from relayer.gateway.settlement_tables import METADATA
from tests.fakes.evm_settlement_world import TIMEOUT_S
from tests.fakes.services_world import TRUSTING_PERIOD_S, ServicesWorld, services_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ServicesWorld]:
    async with services_world(tmp_path) as running:
        yield running


async def _reason(call: Awaitable[Any]) -> str:
    with pytest.raises(RemoteCallerError) as refusal:
        await call
    return refusal.value.reason


def _update(name: str, *paths: str, **said: str) -> instruments.UpdateInstrumentRequest:
    instrument = instruments.Instrument(name=name, alias=said.get("alias", ""), isin=said.get("isin", ""))
    return instruments.UpdateInstrumentRequest(instrument=instrument, update_mask=FieldMask(paths=paths))


def _content_hash(world: ServicesWorld) -> str:
    """Of every row of every table."""
    digest = hashlib.sha256()
    with world.store.database.reading() as connection:
        for table in (each for each in METADATA.sorted_tables if not each.name.startswith("audit")):
            digest.update(repr(sorted(map(repr, connection.execute(sa.select(table))))).encode())
    return digest.hexdigest()


async def _checks(world: ServicesWorld, terms: SettlementTerms, caller: str = "house") -> dict[str, preflight.Check]:
    answer = await world.services(caller).call(preflight.CheckSettlementRequest(terms=encode_terms(terms)))
    found = {check.name: check for check in answer.checks}
    assert answer.verdict != parties.VERDICT_PASS or all(c.verdict == parties.VERDICT_PASS for c in answer.checks)
    for check in answer.checks:
        assert check.verdict in {parties.VERDICT_PASS, parties.VERDICT_UNKNOWN} or check.advice, check.name
        assert check.evidence, check.name
    return found


# --- instruments ------------------------------------------------------------------------------------------------------


async def test_an_instrument_is_what_the_chain_says_with_the_block_it_was_read_at(world: ServicesWorld) -> None:
    found = (await world.services().call(instruments.ListInstrumentsRequest())).instruments
    assert [each.name for each in found] == [world.key.name]
    (instrument,) = found
    assert (instrument.token_name, instrument.token_symbol) == ("Security Token A", "STA")
    assert (instrument.total_supply, instrument.adapter_family) == ("1000", "escrow")
    assert instrument.read_at.height == world.chain.devnet.chain.head.block_number
    assert instrument.pause_state == instruments.PAUSE_STATE_RUNNING
    assert {order.lead_leg for order in instrument.orders} == {pb.LEAD_LEG_CASH, pb.LEAD_LEG_SECURITIES}
    await world.chain.admin.execute(world.chain.token.pause(), TIMEOUT_S)
    paused = (await world.services().call(instruments.GetInstrumentRequest(name=world.key.name))).instrument
    assert paused.pause_state == instruments.PAUSE_STATE_PAUSED
    assert paused.read_at.height == instrument.read_at.height + 1


async def test_a_platforms_words_are_its_own(world: ServicesWorld) -> None:
    mine, others = world.services("broker-a"), world.services("broker-b")
    await mine.call(_update(world.key.name, "alias", "isin", alias="office-tower", isin="JP3435000009"))
    seen = (await mine.call(instruments.GetInstrumentRequest(name="instruments/office-tower"))).instrument
    assert (seen.name, seen.isin) == (world.key.name, "JP3435000009")
    (unnamed,) = (await others.call(instruments.ListInstrumentsRequest())).instruments
    assert (unnamed.alias, unnamed.isin) == ("", "")
    wanted = instruments.GetInstrumentRequest(name="instruments/office-tower")
    assert await _reason(others.call(wanted)) == "INSTRUMENT_UNKNOWN"


async def test_words_that_cannot_be_true_are_not_stored(world: ServicesWorld) -> None:
    client, before = world.services(), _content_hash(world)
    for isin in ("JP3435000008", "jp3435000009", "JP34350000", "XX3435000009"):
        assert await _reason(client.call(_update(world.key.name, "isin", isin=isin))) == "ISIN_INVALID"
    for alias in ("Office", "1st", "a" * 64, "a/b"):
        assert await _reason(client.call(_update(world.key.name, "alias", alias=alias))) == "BAD_REQUEST"
    assert await _reason(client.call(_update(world.key.name, "token"))) == "BAD_REQUEST"
    assert await _reason(client.call(_update(world.key.name))) == "BAD_REQUEST"
    chain, token, adapter = world.key.chain_id, world.key.token.hex(), world.key.adapter.hex()
    for name in (f"{chain + 1}-{token}-{adapter}", f"{chain}-{token}-{token}", f"{chain}-{'ab' * 20}-{adapter}"):
        call = client.call(_update(f"instruments/{name}", "alias", alias="a"))
        assert await _reason(call) == "INSTRUMENT_UNKNOWN"
    validated = _update(world.key.name, "alias", alias="kept-nowhere")
    validated.validate_only = True
    assert (await client.call(validated)).instrument.alias == "kept-nowhere"
    assert _content_hash(world) == before


# --- accounts and counterparties --------------------------------------------------------------------------------------


def _evm(address: bytes) -> parties.LedgerAccount:
    return parties.LedgerAccount(evm_address=address)


def _cash(terms: SettlementTerms, side: Side) -> parties.LedgerAccount:
    account = side.account_in(terms)
    return parties.LedgerAccount(cash_account=pb.CashAccount(node=account.node, account_key=account.key))


async def test_an_evm_account_shows_whether_the_token_admits_it(world: ServicesWorld) -> None:
    client, chain = world.services("broker-b"), world.chain
    for name, address in (("known", chain.buyer.address), ("stranger", b"\x77" * 20)):
        account = parties.Account(name=f"accounts/{name}", account=_evm(address))
        await client.call(parties.CreateAccountRequest(account=account))
    wanted = [world.key.name]
    known, stranger = [
        (await client.call(parties.GetAccountRequest(name=f"accounts/{name}", instruments=wanted))).account
        for name in ("known", "stranger")
    ]
    assert known.admissions[0].read_at.height > 0
    assert known.admissions[0].verdict == parties.VERDICT_PASS, known.admissions[0].why
    assert stranger.admissions[0].verdict == parties.VERDICT_FAIL
    assert "77" * 20 in stranger.admissions[0].why


async def test_a_cash_account_shows_its_balance_or_why_it_does_not(world: ServicesWorld) -> None:
    client, terms = world.services("broker-b"), world.terms()
    account = parties.Account(name="accounts/main", account=_cash(terms, Side.BUYER))
    await client.call(parties.CreateAccountRequest(account=account))
    await client.call(parties.CreateAccountRequest(account=account))  # again: no effect
    asked = parties.GetAccountRequest(name="accounts/main")
    untold = (await client.call(asked)).account
    assert "CALLER_NOT_AUTHORISED" in untold.balances_unknown
    assert not untold.balances
    world.custodian.balance_yen = 7
    told = (await client.call(asked)).account
    assert (told.balances[0].free_yen, told.balances_unknown) == (7, "")
    assert await _reason(world.services("broker-a").call(asked)) == "ACCOUNT_UNKNOWN"
    theirs = parties.Account(name="accounts/theirs", account=_cash(terms, Side.SELLER))
    assert await _reason(client.call(parties.CreateAccountRequest(account=theirs))) == "NOT_YOUR_ACCOUNT"
    other = parties.Account(name="accounts/main", account=_evm(b"\x01" * 20))
    assert await _reason(client.call(parties.CreateAccountRequest(account=other))) == "ALIAS_TAKEN"
    await client.call(parties.DeleteAccountRequest(name="accounts/main"))
    assert await _reason(client.call(asked)) == "ACCOUNT_UNKNOWN"


async def test_lists_come_in_pages_that_miss_and_repeat_nothing(world: ServicesWorld) -> None:
    client = world.services("broker-b")
    for number in range(7):
        entry = parties.Counterparty(name=f"counterparties/c{number}", account=_evm(bytes([number + 1]) * 20))
        await client.call(parties.AddCounterpartyRequest(counterparty=entry))
    seen: list[str] = []
    token = ""
    while True:
        page = await client.call(parties.ListCounterpartiesRequest(page_size=3, page_token=token))
        seen += [each.name for each in page.counterparties]
        token = page.next_page_token
        if not token:
            break
    assert seen == [f"counterparties/c{number}" for number in range(7)]
    forged = parties.ListCounterpartiesRequest(page_token="zz")  # noqa: S106  # a page's, not a secret
    assert await _reason(client.call(forged)) == "BAD_PAGE_TOKEN"


async def test_who_lists_counterparties_settles_with_no_other(world: ServicesWorld) -> None:
    terms, client = world.terms(), world.services("broker-b")
    gateway = world.gateway.client("broker-b")
    listed = {"seller-address": _evm(terms.security.seller), "seller-account": _cash(terms, Side.SELLER)}
    stranger = parties.Counterparty(name="counterparties/other", account=_evm(b"\x09" * 20))
    await client.call(parties.AddCounterpartyRequest(counterparty=stranger))
    assert await _reason(gateway.create(Side.BUYER, terms)) == "COUNTERPARTY_NOT_LISTED"
    for name, account in listed.items():  # a name on one ledger says nothing about the other
        assert await _reason(gateway.create(Side.BUYER, terms)) == "COUNTERPARTY_NOT_LISTED"
        entry = parties.Counterparty(name=f"counterparties/{name}", account=account)
        await client.call(parties.AddCounterpartyRequest(counterparty=entry))
    assert (await gateway.create(Side.BUYER, terms)).state == pb.SETTLEMENT_STATE_UNMATCHED
    other = await world.gateway.client("broker-a").create(Side.SELLER, terms)
    assert other.state == pb.SETTLEMENT_STATE_MATCHED  # the list is one platform's own


async def test_the_last_counterparty_goes_only_if_that_is_meant(world: ServicesWorld) -> None:
    client = world.services("broker-b")
    entry = parties.Counterparty(name="counterparties/one", account=_evm(b"\x09" * 20))
    await client.call(parties.AddCounterpartyRequest(counterparty=entry))
    careless = parties.RemoveCounterpartyRequest(name="counterparties/one")
    assert await _reason(client.call(careless)) == "LAST_COUNTERPARTY"
    meant = parties.RemoveCounterpartyRequest(name="counterparties/one", allow_everybody=True)
    await client.call(meant)
    assert await _reason(client.call(meant)) == "COUNTERPARTY_UNKNOWN"


# --- preflight --------------------------------------------------------------------------------------------------------


async def test_everything_that_stands_against_a_settlement_is_named(world: ServicesWorld) -> None:
    found = await _checks(world, world.terms())
    assert found["seller_tokens"].verdict == parties.VERDICT_WARN, "not approved yet"
    assert found["buyer_funds"].verdict == parties.VERDICT_UNKNOWN, "a gateway sees no cash"
    assert found["relayer_alive"].verdict == parties.VERDICT_UNKNOWN
    for name in (
        "margins",
        "cut_off",
        "chain_clock",
        "earmark",
        "token_gate",
        "adapter_usable",
        "token_running",
        "gas",
    ):
        assert found[name].verdict == parties.VERDICT_PASS, (name, found[name])
    for name in ("gas", "light_client_on_ledger", "light_client_on_evm", "trade_id_on_ledger"):
        assert found[name].verdict == parties.VERDICT_PASS, (name, found[name])


async def test_each_obstacle_fails_its_own_check(world: ServicesWorld) -> None:
    chain, terms = world.chain, world.terms()
    world.custodian.balance_yen = terms.cash.amount_yen - 1
    assert (await _checks(world, terms))["buyer_funds"].verdict == parties.VERDICT_FAIL
    world.custodian.balance_yen = terms.cash.amount_yen
    assert (await _checks(world, terms))["buyer_funds"].verdict == parties.VERDICT_PASS
    uninvited = replace(terms, security=replace(terms.security, buyer=Address(b"\x77" * 20)))
    assert (await _checks(world, uninvited))["token_gate"].verdict == parties.VERDICT_FAIL
    rich = replace(terms, security=replace(terms.security, quantity=100_000))
    assert (await _checks(world, rich))["seller_tokens"].verdict == parties.VERDICT_FAIL
    await chain.earmark(terms)
    held = await _checks(world, terms)
    assert held["seller_tokens"].verdict == held["earmark"].verdict == parties.VERDICT_PASS
    assert held["token_gate"].verdict == parties.VERDICT_PASS
    await chain.admin.execute(chain.token.disallow(chain.buyer.address), TIMEOUT_S)
    assert (await _checks(world, terms))["token_gate"].verdict == parties.VERDICT_FAIL
    await chain.admin.execute(chain.token.pause(), TIMEOUT_S)
    assert (await _checks(world, terms))["token_running"].verdict == parties.VERDICT_FAIL
    dearer = replace(terms, cash=replace(terms.cash, amount_yen=terms.cash.amount_yen + 1))
    assert (await _checks(world, dearer))["earmark"].verdict == parties.VERDICT_FAIL


async def test_light_clients_that_grow_old_are_told_before_they_expire(world: ServicesWorld) -> None:
    terms, now_s = world.terms(), int(world.chain.clock.now_s)
    for age_s, verdict in (
        (TRUSTING_PERIOD_S * 2 // 3 - 60, parties.VERDICT_PASS),
        (TRUSTING_PERIOD_S * 2 // 3 + 60, parties.VERDICT_WARN),
        (TRUSTING_PERIOD_S, parties.VERDICT_FAIL),
    ):
        world.custodian.client_time_s = now_s - age_s
        assert (await _checks(world, terms))["light_client_on_ledger"].verdict == verdict
    world.custodian.client_status = "frozen"
    assert (await _checks(world, terms))["light_client_on_ledger"].verdict == parties.VERDICT_FAIL


async def test_a_used_trade_id_is_told_from_a_free_one(world: ServicesWorld) -> None:
    terms = world.terms()
    for found, verdict in ((terms_hash(terms), parties.VERDICT_PASS), (bytes(32), parties.VERDICT_FAIL)):
        world.custodian.record = TradeRecord(
            terms.trade_id, TradeStatus.LOCKED, bytes(found), b"", b"\x01" * 32, 5, b"", 0
        )
        assert (await _checks(world, terms))["trade_id_on_ledger"].verdict == verdict


async def test_a_node_that_is_away_makes_its_checks_unknown_and_no_other(world: ServicesWorld) -> None:
    world.custodian.away = True
    found = await _checks(world, world.terms())
    of_the_node = {"buyer_funds", "trade_id_on_ledger", "light_client_on_ledger"}
    unknown = {name for name, check in found.items() if check.verdict == parties.VERDICT_UNKNOWN}
    assert unknown == of_the_node | {"relayer_alive"}


async def test_a_node_that_never_answers_is_waited_for_no_longer_than_the_time_out(tmp_path: Path) -> None:
    async with services_world(tmp_path, check_timeout_s=0.2) as world:
        silent = asyncio.Event()

        async def never(_trade_id: bytes) -> None:
            await silent.wait()

        world.custodian.trade = never  # type: ignore[assignment]  # a node that hangs
        found = await _checks(world, world.terms())
        assert found["trade_id_on_ledger"].verdict == parties.VERDICT_UNKNOWN
        assert "0.2 s" in found["trade_id_on_ledger"].evidence
        assert found["margins"].verdict == parties.VERDICT_PASS


async def test_preflight_changes_nothing_anywhere(world: ServicesWorld) -> None:
    terms = world.terms()
    store, head = _content_hash(world), world.chain.devnet.chain.head.hash
    nonces = [await world.chain.rpc.nonce(each.address) for each in (world.chain.seller, world.chain.buyer)]
    await _checks(world, terms)
    assert _content_hash(world) == store
    assert world.chain.devnet.chain.head.hash == head
    assert nonces == [await world.chain.rpc.nonce(each.address) for each in (world.chain.seller, world.chain.buyer)]


async def test_strangers_preflight_nobody_elses_settlement(world: ServicesWorld) -> None:
    terms, stranger = world.terms(), world.services("broker-c")
    by_terms = preflight.CheckSettlementRequest(terms=encode_terms(terms))
    assert await _reason(stranger.call(by_terms)) == "NOT_YOUR_SIDE"
    settlement = await world.gateway.client("broker-a").create(Side.SELLER, terms, str(uuid.uuid4()))
    by_name = preflight.CheckSettlementRequest(name=settlement.name)
    assert await _reason(stranger.call(by_name)) == "SETTLEMENT_UNKNOWN"
    assert (await world.services("broker-b").call(by_name)).checks
    assert await _reason(stranger.call(preflight.CheckSettlementRequest())) == "BAD_REQUEST"
