"""Bringing an epoch to the nodes of a running ledger, as its operator and theirs do."""

from __future__ import annotations

from collections.abc import Iterable

from chains.progmat.transactions.network_parameters import NetworkParameters
from primitives.signatures import Signer
from tests.fakes.epochs import signed_epoch
from tests.fakes.ledger_parties import NN, OPERATOR
from tests.integration.ledger.network import LedgerNetwork

NOTICE_S = 3600


def flag_day_s(ledger: LedgerNetwork) -> int:
    """An hour from now."""
    return ledger.clock.now_s() + NOTICE_S


async def announce(ledger: LedgerNetwork, epoch: NetworkParameters, operator: Signer = OPERATOR.signer) -> None:
    """Offered to the notary's node; every other node learns it from there."""
    ledger.nodes[NN.name].around.parameters_book.learn(signed_epoch(epoch, operator))
    for name, node in ledger.nodes.items():
        if name != NN.name:
            await node.around.network_desk.ask(NN.name)


def accept(ledger: LedgerNetwork, epoch: NetworkParameters, but: Iterable[str] = ()) -> None:
    """Every node's operator accepts, but for some."""
    for name, node in ledger.nodes.items():
        if name not in but:
            node.around.parameters_book.accept(epoch.epoch, epoch.hash)


async def bring_into_force(ledger: LedgerNetwork, epoch: NetworkParameters, operator: Signer = OPERATOR.signer) -> None:
    """Announced, accepted everywhere, and its time has come."""
    await announce(ledger, epoch, operator)
    accept(ledger, epoch)
    ledger.clock.advance_s(max(0, epoch.effective_from_s - ledger.clock.now_s()))
