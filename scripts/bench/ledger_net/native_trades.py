"""The load of native trades, driven inside the seller's node: the buyer's platform authorises, the seller settles."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Awaitable, Callable
from math import inf
from typing import Any, Final

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.native_terms import NativeTerms, decode_native_terms, encode_native_terms
from chains.progmat.flows.market_requests import IssueToken, SettleDvp
from chains.progmat.flows.requests import IssueCash
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.operations import NodeOperations
from chains.progmat.node.peers import PeerIdentity, PeerRouter
from chains.progmat.node.token_operations import TokenOperations
from ibc.dvp import CashAccount
from scripts.bench.ledger_net.lanes import in_lanes
from scripts.bench.ledger_net.network import COIN, ISSUER, REGISTRAR

SECURITY: Final = "ST-BENCH"
AUTHORISE: Final = "bench.authorise"
AUTHORISE_S: Final = 60.0
SETTLE_BY_S: Final = 3600
QUANTITY, AMOUNT_YEN = 1, 1_000
PLENTY: Final = 10**9

EndOf = Callable[[Any], Awaitable[object]]


class TradeLoad:
    """Commands about native trades to one node."""

    def __init__(self, node: Callable[[], LedgerNode], operations: Callable[[], NodeOperations], end_of: EndOf) -> None:
        self._node = node
        self._operations = operations
        self._end_of = end_of
        self.commands: dict[str, Callable[..., Awaitable[Any]]] = {
            "issue_tokens": self.issue_tokens,
            "issue_cash": self.issue_cash,
            "settlements": self.settlements,
        }

    def answer_peers(self, router: PeerRouter) -> None:
        """The seller's load speaks for the buyer's platform, too."""
        router.register(AUTHORISE, self._authorise)

    async def issue_tokens(self, node: str, accounts: list[str]) -> int:
        """Plenty of the security to each account (hexadecimal keys) at ``node``; how many accounts."""
        for number, key in enumerate(accounts):
            to = CashAccount(node, bytes.fromhex(key))
            await self._end_of(IssueToken(f"tokens-{number}", BusinessNetwork.ST, SECURITY, PLENTY, to))
        return len(accounts)

    async def issue_cash(self, node: str, accounts: list[str]) -> int:
        """Plenty of coin to each account (hexadecimal keys) at ``node``; how many accounts."""
        for number, key in enumerate(accounts):
            await self._end_of(IssueCash(f"cash-{number}", COIN, PLENTY, CashAccount(node, bytes.fromhex(key))))
        return len(accounts)

    async def settlements(
        self,
        sellers: list[str],
        buyer_node: str,
        buyers: list[str],
        seconds: float = inf,
        count: float = inf,
    ) -> dict[str, float]:
        """Trades for some seconds or so many, one at a time in each pair of accounts.

        A settlement ends when all five parties have recorded it.
        """
        own_node = self._node().parts.me.name

        async def settle(lane: int, _turn: int) -> None:
            seller = CashAccount(own_node, bytes.fromhex(sellers[lane]))
            buyer = CashAccount(buyer_node, bytes.fromhex(buyers[lane]))
            terms = _terms(seller, buyer)
            body = encode_native_terms(terms)
            if buyer_node == own_node:
                await self._authorised(terms)
            else:
                await self._node().parts.network.request(buyer_node, AUTHORISE, body, AUTHORISE_S)
            await self._end_of(SettleDvp(f"settle-{terms.trade_id.hex()}", terms))

        return await in_lanes(settle, len(sellers), seconds, count)

    async def _authorise(self, _asker: PeerIdentity, body: bytes) -> bytes:
        await self._authorised(decode_native_terms(body))
        return json.dumps("authorised").encode()

    async def _authorised(self, terms: NativeTerms) -> None:
        tokens = TokenOperations(self._node(), self._operations())
        await tokens.authorise_dvp("bench", f"authorise-{terms.trade_id.hex()}", terms)


def _terms(seller: CashAccount, buyer: CashAccount) -> NativeTerms:
    return NativeTerms(
        trade_id=secrets.token_bytes(32),
        network=BusinessNetwork.ST,
        token_id=SECURITY,
        registrar=REGISTRAR,
        quantity=QUANTITY,
        coin_id=COIN,
        issuer=ISSUER,
        amount_yen=AMOUNT_YEN,
        seller_tokens=seller,
        seller_cash=seller,
        buyer_cash=buyer,
        buyer_tokens=buyer,
        settle_by_s=int(time.time()) + SETTLE_BY_S,
    )
