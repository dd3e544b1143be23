"""Nodes whose map lists the notary as VALIDATING show it whole transactions, and it fetches their history from them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from chains.progmat.flows.notary_desk import NOTARISE
from chains.progmat.flows.requests import MoveCash
from chains.progmat.identity import NetworkMap, Role
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, NN, SN
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    CASH_PARTIES,
    MAP,
    SELLER_ACCOUNT,
    LedgerNetwork,
)
from tests.integration.ledger.test_a_node_killed_at_any_step import killed_when_asked
from tests.integration.ledger.test_only_the_notary_knows import MOVE, destroy, settled, written_down
from tests.integration.ledger.test_recovery import received

VALIDATING_MAP = NetworkMap(
    replace(entry, roles=entry.roles | {Role.VALIDATING}) if entry.name == NN.name else entry for entry in MAP.entries
)


async def test_cash_is_issued_and_moved_under_a_validating_notary(tmp_path: Path) -> None:
    network = LedgerNetwork(tmp_path, network_map=VALIDATING_MAP)
    try:
        for party in CASH_PARTIES:
            await network.start(party)
        await network.admit_members()
        await network.issue(1_000)
        await network.done(CN_B, MoveCash("move", COIN_ID, SN.name, 400, BUYER_ACCOUNT.key, SELLER_ACCOUNT))
        assert await network.free_yen(CN_A, SELLER_ACCOUNT) == 400
        assert await network.free_yen(CN_B, BUYER_ACCOUNT) == 600
    finally:
        await network.close()


async def test_a_validating_notary_says_what_is_final_though_who_asked_it_is_gone(tmp_path: Path) -> None:
    network = LedgerNetwork(tmp_path, network_map=VALIDATING_MAP)
    try:
        for party in CASH_PARTIES:
            await network.start(party)
        await network.admit_members()
        await network.issue(1_000)
        await destroy(network, CN_B, MOVE, partial(killed_when_asked, method=NOTARISE))
        row = await written_down(network, SN)
        await settled(network, SN, row.tx_id)
        await received(network, CN_A, row.tx_id)
        assert await network.free_yen(CN_A, SELLER_ACCOUNT) == 300
    finally:
        await network.close()
