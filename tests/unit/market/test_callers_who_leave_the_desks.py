"""Who asked has gone while it was stored: what is stored is looked at all the same, at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any, cast

import pytest
from crossdvp.ledger.v1 import bank_service_pb2 as pb

from chains.progmat.market.bank.statements import SIMPLE_LAYOUT
from chains.progmat.market.distribution.distributions import Distributions
from chains.progmat.market.distribution.ordering import Caller
from chains.progmat.market.distribution.paying import DistributionPayer
from chains.progmat.market.distribution.store import Mandate
from chains.progmat.market.exchange.assigning import BrokerOrder
from chains.progmat.market.exchange.broker_desk import BrokerDesk
from chains.progmat.market.exchange.resolved import TradeSide
from chains.progmat.market.trades.desk import TradeDesk
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.database_tables import ROLE_TABLES
from chains.progmat.node.desk_acts import DeskActs
from chains.progmat.node.rpc_bank_service import BankServiceRpc
from chains.progmat.node.storage import NodeDatabase
from tests.fakes.ledger_parties import CN_A
from tests.fakes.manual_clock import ManualClock
from tests.unit.market.test_trade_planning import resolved

NOBODY = cast("Any", None)  # is not asked here
STATEMENT = f"{','.join(SIMPLE_LAYOUT)}\n2026-11-30,,DEPOSIT,100,100,x\n".encode()


class Keys:
    """One account."""

    def account_keys(self) -> tuple[Any, ...]:
        return (CN_A.signer.public_key,)


class Context:
    """A call by the operator's certificate."""

    def auth_context(self) -> dict[str, list[bytes]]:
        return {"x509_common_name": [b"operations"], "transport_security_type": [b"ssl"]}


class Parts:
    def __init__(self, database: NodeDatabase) -> None:
        self.database, self.clock = database, ManualClock()


class Node:
    def __init__(self, database: NodeDatabase) -> None:
        self.parts = Parts(database)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[NodeDatabase]:
    database = await NodeDatabase.open(tmp_path / "node.sqlite3", CN_A.name, ROLE_TABLES)
    yield database
    await database.close()


def trade_desk(database: NodeDatabase) -> TradeDesk:
    return TradeDesk(CN_A.name, database, NOBODY, NOBODY, ManualClock(), asyncio.Event)


def broker_desk(database: NodeDatabase) -> BrokerDesk:
    return BrokerDesk(CN_A.name, database, NOBODY, cast("Any", Keys()), ManualClock(), bytes, asyncio.Event)


def order() -> BrokerOrder:
    key = CN_A.signer.public_key.encoded()
    return BrokerOrder("ORD-0000000000000001", TradeSide.SELL, "ST-1", "an", 10, "INV-1", key, b"")


async def left(database: NodeDatabase, call: Coroutine[Any, Any, object]) -> None:
    """The caller goes as soon as its operation is on its way to the disk; what is stored is there on return."""
    submit, task = database.submit, asyncio.ensure_future(call)

    def leaving(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 # as ``submit``
        asyncio.get_running_loop().call_soon(task.cancel)
        return submit(*arguments, **named)

    database.submit = leaving  # type: ignore[method-assign] # for this call
    await asyncio.gather(task, return_exceptions=True)
    database.submit = submit  # type: ignore[method-assign] # as it was
    assert task.cancelled()
    await database.submit(lambda _connection: None)


async def test_a_trade_taken_in_wakes_the_trade_desk(database: NodeDatabase) -> None:
    desk = trade_desk(database)
    await left(database, desk.resolve(resolved()))
    assert desk._woken.is_set()


async def test_a_statement_taken_in_wakes_the_trade_desk(database: NodeDatabase) -> None:
    desk = trade_desk(database)
    access, acts = ApiAccess(frozenset({"operations"})), DeskActs(ManualClock(), bytes)
    rpc = BankServiceRpc(desk, cast("Any", Node(database)), access, acts)
    request = pb.ImportBankStatementRequest(account="BANK-1", file_name="day.csv", content=STATEMENT, author="EMP-1")
    await left(database, rpc.ImportBankStatement(request, cast("Any", Context())))
    assert desk._woken.is_set()


async def test_an_order_registered_or_revised_wakes_the_brokers_desk(database: NodeDatabase) -> None:
    desk = broker_desk(database)
    await left(database, desk.register(order(), "EMP-1"))
    assert desk._woken.is_set()
    desk._woken.clear()
    await left(database, desk.revise(order().order_id, 20, "EMP-1"))
    assert desk._woken.is_set()


async def test_a_mandate_wakes_the_payer(database: NodeDatabase) -> None:
    clock = ManualClock()
    payer = DistributionPayer(CN_A.name, database, clock, NOBODY, NOBODY, NOBODY, NOBODY)
    distributions = Distributions(NOBODY, database, clock, NOBODY, payer, NOBODY, bytes)
    mandate = Mandate(b"key", "an", "ST-1", "PGC-1", "sn", 100, "EMP-1", "EMP-2", 1)
    await left(database, distributions.mandate(mandate, Caller("operations", "EMP-1", "EMP-2")))
    assert payer._asked.is_set()
