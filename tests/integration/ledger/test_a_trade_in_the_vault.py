"""A trade as the vault shows it: the hold while the packet is under way, then what the books say of its outcome."""

from __future__ import annotations

import asyncio
from pathlib import Path

from chains.progmat.vault.entry_lines import EntryKind
from chains.progmat.vault.lines import CoinStatus
from tests.fakes.ledger_parties import CN_A, CN_B, SN
from tests.integration.ledger.network import BUYER_ACCOUNT, SELLER_ACCOUNT, running_ledger
from tests.integration.ledger.served_vault import served
from tests.integration.ledger.settlement import CLIENT_ID, Settlements
from tests.integration.ledger.test_a_vault_over_its_api import BUYERS, SELLERS, commands


async def test_a_hold_is_listed_by_account_and_trade_and_the_books_tell_how_it_ended(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger, served(ledger, CN_B) as vault, vault.client() as client:
        world = await Settlements.connect(ledger)
        await ledger.issue(1000)
        terms = world.terms(amount_yen=400)
        packet = await world.lock(terms)
        (hold,) = (await client.holds(account_key=BUYER_ACCOUNT.key)).rows
        assert (hold.trade_id, hold.client_id, hold.packet_sequence) == (terms.trade_id, CLIENT_ID, packet.sequence)
        assert (hold.timeout_s, hold.amount) == (packet.timeout_s, 400)
        assert (hold.buyer_node, hold.seller_node) == (CN_B.name, CN_A.name)
        assert [coin.status for coin in hold.coins] == [CoinStatus.LOCKED]
        assert (await client.holds(trade_id=terms.trade_id)).rows == (hold,)
        assert (await client.holds(account_key=SELLER_ACCOUNT.key)).rows == ()
        code, out, _ = await asyncio.to_thread(commands, vault.options(tmp_path), "holds")
        assert (code, terms.trade_id.hex() in out, "400 yen" in out) == (0, True, True)

        await ledger.done(SN, await world.delivered(packet, terms))
        assert (await client.holds()).rows == ()
        issued, locked, unlocked = (await client.statement(BUYERS)).entries.rows
        assert (locked.kind, locked.change_amount, locked.balance_amount, locked.locked_amount) == (
            EntryKind.LOCK,
            0,
            1000,
            400,
        )
        assert (unlocked.kind, unlocked.change_amount, unlocked.locked_amount) == (EntryKind.UNLOCK, -400, 0)
        assert unlocked.counterparty == (SELLER_ACCOUNT.node, SELLER_ACCOUNT.key)
        assert 0 == issued.journal_position < locked.journal_position < unlocked.journal_position
        as_locked = await client.balance_as_of(BUYERS, journal_position=locked.journal_position)
        assert (as_locked.balance_amount, as_locked.locked_amount) == (1000, 400)
        async with served(ledger, CN_A) as sellers, sellers.client() as other:
            (received,) = (await other.statement(SELLERS)).entries.rows
            assert (received.kind, received.in_amount) == (EntryKind.UNLOCK, 400)
            assert received.counterparty == (BUYER_ACCOUNT.node, BUYER_ACCOUNT.key)


async def test_a_refused_delivery_frees_the_cash_and_changes_no_balance(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger, served(ledger, CN_B) as vault, vault.client() as client:
        world = await Settlements.connect(ledger)
        await ledger.issue(1000)
        packet = await world.lock(world.terms(amount_yen=1000))
        await ledger.done(SN, await world.refused(packet))
        page = await client.statement(BUYERS)
        assert [(entry.kind, entry.change_amount, entry.locked_change_amount) for entry in page.entries.rows] == [
            (EntryKind.ISSUE, 1000, 0),
            (EntryKind.LOCK, 0, 1000),
            (EntryKind.UNLOCK, 0, -1000),
        ]
        assert (page.closing.balance_amount, page.closing.locked_amount) == (1000, 0)
