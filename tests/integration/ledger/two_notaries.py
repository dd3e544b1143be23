"""A whole ledger with a second notary beside the journal's: nodes as in ``network``, members admitted at both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from chains.progmat.flows.seams import Role
from chains.progmat.identity import NetworkMap, NodeEntry
from chains.progmat.node.peers import PeerRouter
from chains.progmat.transactions.other_notaries import NotaryService, OtherNotary
from chains.progmat.vault.by_notary import held_by_notary
from chains.progmat.vault.indexing import SC, Asset
from ibc.dvp import CashAccount
from tests.fakes.epochs import following
from tests.fakes.ledger_parties import COIN_ID, SECOND, SN, LedgerParty
from tests.integration.ledger.epochs import bring_into_force, flag_day_s
from tests.integration.ledger.network import (
    CASH_PARTIES,
    PARAMETERS,
    ROLES,
    WITHOUT_TOKENS,
    LedgerNetwork,
    _plain_router,
)

OPEN: Final = (OtherNotary(SECOND.party, NotaryService.OPEN),)
RETIRING: Final = (OtherNotary(SECOND.party, NotaryService.RETIRING),)
TWO_NOTARIES: Final = replace(PARAMETERS, other_notaries=OPEN)
PARTIES: Final = (*CASH_PARTIES, SECOND)
_ENTRY = NodeEntry(SECOND.party, frozenset({Role.NOTARY}), "127.0.0.1", 20_900, 900)


def with_second(network_map: NetworkMap) -> NetworkMap:
    """A map of the test ledger, and the second notary."""
    return NetworkMap((*network_map.entries, _ENTRY))


@asynccontextmanager
async def ledger_of_two_notaries(
    folder: Path,
    parties: Iterable[LedgerParty] = PARTIES,
    network_map: NetworkMap = WITHOUT_TOKENS,
    attest_every: int = 0,
    router_of: Callable[[str], PeerRouter] = _plain_router,
    more_keys: Mapping[LedgerParty, tuple[LedgerParty, ...]] | None = None,
) -> AsyncIterator[LedgerNetwork]:
    """Nodes started, issuer and custodians admitted at both notaries."""
    network = LedgerNetwork(
        folder,
        roles={**ROLES, SECOND: Role.NOTARY},
        network_map=with_second(network_map),
        parameters=TWO_NOTARIES,
        attest_every=attest_every,
        router_of=router_of,
        more_keys=more_keys or {},
    )
    try:
        for party in parties:
            await network.start(party)
        await network.admit_members()
        await network.admit_members(SECOND.name)
        yield network
    finally:
        await network.close()


async def second_becomes(ledger: LedgerNetwork, others: tuple[OtherNotary, ...]) -> None:
    """The next epoch, an hour from now, says what the second notary does, and that hour has passed."""
    newest = ledger.vault(SN).node.parts.verifier.epochs[-1]
    await bring_into_force(ledger, following(newest, flag_day_s(ledger), other_notaries=others))


async def free_at(ledger: LedgerNetwork, party: LedgerParty, account: CashAccount) -> dict[str, int]:
    """What an account may spend at each notary, as a node sees it."""
    now_s = ledger.clock.now_s()
    database = ledger.vault(party).node.parts.database
    found = await database.read(
        lambda connection: held_by_notary(connection, Asset(SC, COIN_ID, SN.name), account, now_s)
    )
    return {name: there.free for name, there in sorted(found.items())}
