"""The stage of the day: clients of every node, accounts, the paper books, and how to read the ledger's."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Protocol, TypeVar

from chains.business_calendar import CutOff, business_day_from, is_past, jst_day, next_business_day
from chains.progmat.client.channel import ApiEndpoint, ApiTls
from chains.progmat.client.ledger_client import CashBalance, LedgerClient
from chains.progmat.client.market import Asset, RegisterClient, RegisterKind
from chains.progmat.client.nouns import FlowView
from ibc.dvp import CashAccount
from primitives.errors import CallerError
from relayer.devnet.access import OPERATOR, tls_of
from relayer.devnet.native.books import Holding, PaperBooks, holdings_of
from relayer.devnet.native.cast import (
    BROKERS,
    COIN_ID,
    INVESTORS,
    RETAIL_COIN_ID,
    SECURITY_ID,
    Broker,
    Investor,
)
from relayer.devnet.native.network import REGISTRAR, DayNetwork, Say
from relayer.devnet.processes import NotReady

PATIENCE_S: Final = 60.0
PAUSE_S: Final = 0.1
LAST_TRADES: Final = CutOff.parse("16:30")
"""Trades settle until 17:00 in Japan: a day that begins later than this is the next business day's."""
ASSET: Final = Asset("ST", SECURITY_ID, REGISTRAR)


class Closable(Protocol):
    """Any client of a node."""

    async def close(self) -> None:
        """Give the connection back."""


ClientT = TypeVar("ClientT", bound=Closable)
FoundT = TypeVar("FoundT")


class FlowNotDone(CallerError):
    """A flow of the day did not come to its end on the ledger."""

    reason = "DEMO_FLOW_NOT_DONE"

    def __init__(self, request_id: str, flow: FlowView) -> None:
        self.request_id = request_id
        super().__init__(f"{request_id} is {flow.step.value}: {flow.last_error_reason} {flow.last_error}")


class SceneDiffers(CallerError):
    """The ledger does not say what the scene is about."""

    reason = "DEMO_DIFFERS"

    def __init__(self, what: str, expected: object, found: object) -> None:
        super().__init__(f"{what}: expected {expected}, found {found}")


@dataclass
class Day:
    """Everything the scenes need. ``accounts``: by investor id, a house's too; ``started``: books after the morning."""

    network: DayNetwork
    trading_date: date
    say: Say
    books: PaperBooks = field(default_factory=PaperBooks)
    accounts: dict[str, CashAccount] = field(default_factory=dict)
    started: dict[str, Holding] = field(default_factory=dict)
    _clients: dict[tuple[object, str, str], Any] = field(default_factory=dict)

    def ask(self, kind: Callable[[ApiEndpoint, ApiTls], ClientT], node: str, caller: str = OPERATOR) -> ClientT:
        """A client of a node, as its operator or as a broker's program; opened once."""
        key = (kind, node, caller)
        if key not in self._clients:
            endpoint = self.network.nodes[node].endpoint()
            self._clients[key] = kind(endpoint, tls_of(self.network.directory, caller))
        found: ClientT = self._clients[key]
        return found

    async def close(self, *nodes: str) -> None:
        """Close the clients of some nodes, of all if none is named."""
        chosen = [key for key in self._clients if not nodes or key[1] in nodes]
        for key in chosen:
            await self._clients.pop(key).close()

    async def until(self, what: str, probe: Callable[[], Awaitable[FoundT | None]]) -> FoundT:
        """Ask again until there is an answer. Raises ``NotReady``."""
        deadline_s = time.monotonic() + PATIENCE_S
        while (found := await probe()) is None:
            if time.monotonic() > deadline_s:
                raise NotReady(what, PATIENCE_S)
            await asyncio.sleep(PAUSE_S)
        return found

    def account(self, investor: Investor) -> CashAccount:
        """Where an investor's units lie."""
        return self.accounts[investor.investor_id]

    def house(self, broker: Broker) -> CashAccount:
        """Where a broker's wholesale coin lies."""
        return self.accounts[broker.house_id]

    # ---- what the ledger says ----

    async def units(self) -> dict[str, int]:
        """The registrar's register by investor id, as its master data name the accounts."""
        named = await self.ask(RegisterClient, REGISTRAR).register(ASSET)
        found: Counter[str] = Counter()
        for line in named.register.lines:
            found[named.investor_ids.get(line.account, line.key.hex())] += line.units
        return dict(found)

    async def units_agree(self) -> dict[str, int]:
        """The register once it says what was agreed. Raises ``NotReady``."""
        wanted = {name: units for name, units in self.books.units.items() if units}

        async def read() -> dict[str, int] | None:
            found = await self.units()
            return found if found == wanted else None

        return await self.until(f"the register saying {wanted}", read)

    async def yen_of(self, node: str, coin_id: str, account: CashAccount) -> int:
        """What an account holds of a coin by its own custodian's vault."""
        lines = await self.ask(LedgerClient, node).balances(coin_id, account.key)
        return sum(map(_all_of, lines))

    async def house_yen(self) -> dict[str, int]:
        """The wholesale coin by broker."""
        return {each.name: await self.yen_of(each.node, COIN_ID, self.house(each)) for each in BROKERS}

    async def holdings(self) -> dict[str, Holding]:
        """Everything by party."""
        retail = {
            each.investor_id: await self.yen_of(each.broker.node, RETAIL_COIN_ID, self.account(each))
            for each in INVESTORS
        }
        return holdings_of(await self.units(), await self.house_yen(), retail)

    async def entries(self, account: CashAccount, kind: RegisterKind) -> list[tuple[int, str, str, str, str]]:
        """The register's entries of a kind in an account: units, reason, reference, author, approver."""
        listed = await self.ask(RegisterClient, REGISTRAR).entries(ASSET, account.key)
        return [
            (each.entry.change_amount, said.reason, said.reference, said.author, said.approver)
            for each, _ in listed.rows
            if (said := each.details).kind is kind
        ]


def trading_day(now_s: int) -> date:
    """The day that is played: today in Japan if the exchange trades and there is time, or else its next one."""
    today = business_day_from(jst_day(now_s))
    is_late = today == jst_day(now_s) and is_past(LAST_TRADES, now_s)
    return next_business_day(today) if is_late else today


def done(request_id: str, flow: FlowView) -> FlowView:
    """A flow that is final on the ledger. Raises ``FlowNotDone``."""
    if not flow.is_final_on_ledger:
        raise FlowNotDone(request_id, flow)
    return flow


def expect(what: str, expected: object, found: object) -> None:
    """Raises ``SceneDiffers``."""
    if expected != found:
        raise SceneDiffers(what, expected, found)


def _all_of(line: CashBalance) -> int:
    return line.free_yen + line.reserved_yen + line.locked_yen
