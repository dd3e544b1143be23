"""Kinds of flows that replace states; see ``kinds_of_flows``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Final

from chains.progmat.contracts.names import CASH
from chains.progmat.contracts.package import ContractPackage, Conversion, unchanged
from chains.progmat.flows.replacement_requests import ChangeNotary, StateChoice, UpgradeStates
from chains.progmat.transactions.model import StateRef
from primitives.types import Hash32
from tests.fakes.ledger_parties import CN_B, NN, SECOND, SN, LedgerParty
from tests.integration.ledger.network import BUYER_ACCOUNT, PACKAGE, PARAMETERS, LedgerNetwork, running_ledger
from tests.integration.ledger.two_notaries import free_at

Check = Callable[[int], Awaitable[None]]
SAME_LAYOUT: Final = ContractPackage.seal(
    PACKAGE.contracts.values(), PACKAGE.light_clients, [Conversion(PACKAGE.hash, CASH, 1, unchanged)]
)
"""Another package for the same program: nothing but its hash differs."""

COINS: Final = 30
"""As many as the flow has points at which somebody dies, and some more."""


def ledger_of_two_packages(
    folder: Path, parties: tuple[LedgerParty, ...]
) -> AbstractAsyncContextManager[LedgerNetwork]:
    """Both packages are in force from the beginning."""
    packages = tuple(sorted((PACKAGE.hash, SAME_LAYOUT.hash)))
    return running_ledger(folder, parties, parameters=replace(PARAMETERS, contract_packages=packages))


async def change_notary(
    ledger: LedgerNetwork,
) -> tuple[LedgerParty, Callable[[int], Awaitable[ChangeNotary]], Check]:
    refs = await _coins(ledger)

    async def following(number: int) -> ChangeNotary:
        return ChangeNotary(f"r-{number}", SECOND.name, NN.name, StateChoice(refs=(refs[number],)))

    async def check(count: int) -> None:
        for party in (CN_B, SN):
            at = await free_at(ledger, party, BUYER_ACCOUNT)
            assert at == {NN.name: 10 * (COINS - count), SECOND.name: 10 * count}

    return CN_B, following, check


async def upgrade_states(
    ledger: LedgerNetwork,
) -> tuple[LedgerParty, Callable[[int], Awaitable[UpgradeStates]], Check]:
    refs = await _coins(ledger)
    await ledger.restart_all(SAME_LAYOUT)

    async def following(number: int) -> UpgradeStates:
        return UpgradeStates(f"r-{number}", bytes(PACKAGE.hash), StateChoice(refs=(refs[number],)))

    async def check(_count: int) -> None:
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 10 * COINS
        assert await ledger.total_yen(SN) == 10 * COINS

    return CN_B, following, check


async def _coins(ledger: LedgerNetwork) -> list[StateRef]:
    refs = []
    for _ in range(COINS):
        issued = await ledger.issue(10)
        assert issued.tx_id is not None
        refs.append(StateRef(Hash32(issued.tx_id), 0))
    return refs
