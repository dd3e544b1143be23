"""What a vault node does for the users of TokenService, apart from how they reach it."""

from __future__ import annotations

from functools import partial
from typing import Final

from chains.progmat.contracts.native_terms import NativeTerms
from chains.progmat.contracts.token import CONTRACT_OF
from chains.progmat.flows import trades
from chains.progmat.flows.authorisations import TradeAuthorisation, authorise
from chains.progmat.flows.errors import AccountUnknown, TradeUnknown
from chains.progmat.flows.market_errors import SettleTimePassed
from chains.progmat.flows.request_base import check_request_id
from chains.progmat.flows.views import DvpRecord
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.operations import NodeOperations
from chains.progmat.vault.holdings import AccountBalance, balances

TOKEN_NETWORKS: Final = tuple(network.name for network in CONTRACT_OF)


class TokenOperations:
    """All methods raise ``StorageFailed`` and its like when the database does. Flows start by ``NodeOperations``."""

    def __init__(self, node: LedgerNode, operations: NodeOperations) -> None:
        self._database = node.parts.database
        self._clock = node.parts.clock
        self._operations = operations

    async def balances(self, token_id: str, account_key: bytes) -> list[AccountBalance]:
        """Balances of all accounts in the vault, or of one token, or one account."""
        now_s = self._clock.now_ms() // 1000
        wanted = partial(balances, now_s=now_s, networks=TOKEN_NETWORKS, asset_id=token_id, owner_key=account_key)
        return await self._database.read(wanted)

    async def authorise_dvp(self, platform: str, request_id: str, terms: NativeTerms) -> TradeAuthorisation:
        """A platform's word that its customer, whose accounts are kept here, buys on exactly these terms.

        Raises ``AccountUnknown``, ``SettleTimePassed`` and what ``authorisations.authorise`` raises.
        """
        check_request_id(request_id)
        for account in (terms.buyer_cash, terms.buyer_tokens):
            if not self._operations.keeps(account):
                raise AccountUnknown(account.key)
        now_ms = self._clock.now_ms()
        if now_ms // 1000 >= terms.settle_by_s:
            raise SettleTimePassed(terms.settle_by_s, now_ms // 1000)
        wanted = TradeAuthorisation(platform, request_id, terms.trade_id, terms.buyer_cash.key, terms.hash, now_ms)
        return await self._database.submit(partial(authorise, wanted=wanted))

    async def dvp(self, trade_id: bytes) -> DvpRecord:
        """A settled native trade; raises ``TradeUnknown``."""
        found = await self._database.read(partial(trades.find_dvp, trade_id=trade_id))
        if found is None:
            raise TradeUnknown(trade_id)
        return found
