"""A peer's call ends while what it asked for is being committed: what follows from the commit happens all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chains.progmat.flows.notary_desk import NOTARISE
from chains.progmat.flows.request_base import KeyChoice
from tests.fakes.ledger_parties import CN_A, CN_B, SN
from tests.integration.ledger.network import BUYER_ACCOUNT, CASH_PARTIES, SELLER_ACCOUNT, WAIT_S, running_ledger
from tests.integration.ledger.test_a_node_killed_at_any_step import killed_when_asked
from tests.integration.ledger.test_only_the_notary_knows import MOVE, destroy, written_down
from tests.integration.ledger.test_recovery import received


async def left_in_the_commit(
    patched: pytest.MonkeyPatch, owner: object, name: str, call: Coroutine[Any, Any, object]
) -> None:
    """Run a call whose caller leaves as soon as ``owner``'s function ``name`` runs, in the midst of a commit."""
    loop, original = asyncio.get_running_loop(), getattr(owner, name)
    task = loop.create_task(call)

    def leaving(*arguments: object, **named: object) -> object:
        loop.call_soon_threadsafe(task.cancel)
        return original(*arguments, **named)

    patched.setattr(owner, name, leaving)
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    patched.setattr(owner, name, original)


async def test_what_a_node_found_out_for_one_that_left_is_delivered_to_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once: the time has not come at which the node would look for it by itself."""
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        await destroy(ledger, CN_B, MOVE, partial(killed_when_asked, method=NOTARISE))
        row = await written_down(ledger, SN)
        watch = ledger.vault(SN).node.pending
        await left_in_the_commit(monkeypatch, watch, "_record", watch.settle_all_of(CN_B.name))
        await received(ledger, CN_A, row.tx_id)
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 300


async def test_who_waits_for_what_a_peer_delivered_and_then_left_is_woken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        node = ledger.vault(CN_A).node
        take: Callable[..., Coroutine[Any, Any, None]] = node._finalise._take

        async def left(*arguments: object) -> None:
            await left_in_the_commit(monkeypatch, node._finalise, "_record", take(*arguments))
            raise asyncio.CancelledError

        monkeypatch.setattr(node._finalise, "_take", left)
        told = node.records_changed.next()
        await ledger.operations(CN_B).submit(MOVE, 0)
        async with asyncio.timeout(WAIT_S):
            await told.wait()
        (move,) = await ledger.operations(CN_B).flows((), 10)
        assert move.tx_id is not None
        assert move.tx_id in node.parts.verifier.recorded


async def test_an_account_set_by_one_who_left_is_set(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        accounts = ledger.vault(CN_B).node.fresh_accounts
        setting = asyncio.create_task(accounts.choose(BUYER_ACCOUNT.key, KeyChoice.FRESH))
        await asyncio.sleep(0)
        setting.cancel()
        await asyncio.gather(setting, return_exceptions=True)
        assert setting.cancelled()
        await ledger.vault(CN_B).node.parts.database.submit(lambda _connection: None)
        assert accounts.chosen(BUYER_ACCOUNT.key) is KeyChoice.FRESH
