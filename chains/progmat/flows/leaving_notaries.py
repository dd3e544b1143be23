"""What a node looks at before it accepts an epoch without a notary: whether something of its own is still there.

A notary that has gone makes nothing final any more: what names it can never be spent. So a node does not accept, and
with that does not enter, an epoch that would leave coins or tokens of its accounts, or of its issue, behind.
"""

from __future__ import annotations

from functools import partial

from chains.progmat.flows.notary_errors import HoldingsLeftBehind
from chains.progmat.node.storage import NodeDatabase
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.vault.by_notary import count_unspent_at


class LeavingNotaries:
    """An ``AcceptanceCheck`` of one node with a vault."""

    def __init__(self, database: NodeDatabase) -> None:
        self._database = database

    async def require_empty(self, before: NetworkParameters, epoch: NetworkParameters) -> None:
        """Return if nothing unspent in this vault names a notary that the epoch drops; raises HoldingsLeftBehind."""
        for notary in before.notaries:
            if not epoch.known(notary):
                left = await self._database.read(partial(count_unspent_at, notary=notary.name))
                if left:
                    raise HoldingsLeftBehind(epoch.epoch, notary.name, left)
