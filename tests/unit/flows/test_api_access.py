"""Every method of the node's services has its permission, and nobody has more than the list says."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from crossdvp.ledger.v1 import node_service_pb2

from chains.progmat.node.api_access import NEEDED, ApiAccess, Permission
from chains.progmat.node.errors import CallerNotAuthorised

ACCESS = ApiAccess(frozenset({"ops"}), frozenset({"gateway"}), frozenset({"relayer"}), frozenset({"platform"}))
GRANTED = {
    "gateway": {Permission.READ, Permission.SETTLE},
    "relayer": {Permission.READ, Permission.RELAY},
    "platform": {Permission.READ, Permission.CASH, Permission.INSTRUCT, Permission.SETTLE, Permission.TRADE},
}
FILES = tuple(
    import_module(f"crossdvp.ledger.v1.{file.stem}")
    for file in sorted(Path(node_service_pb2.__file__).parent.glob("*_service_pb2.py"))
)
"""All of them, so that no new service is forgotten; what nodes ask each other is no service of this kind."""
SERVICES = [service for file in FILES for service in file.DESCRIPTOR.services_by_name.values()]
METHODS = [method.name for service in SERVICES for method in service.methods]


def test_no_two_services_have_a_method_of_one_name() -> None:
    assert len(METHODS) == len(set(METHODS))


def test_every_method_of_the_services_is_in_the_table_and_nothing_else() -> None:
    assert set(METHODS) == set(NEEDED)


@pytest.mark.parametrize("method", METHODS)
def test_operators_may_do_everything_and_strangers_nothing(method: str) -> None:
    ACCESS.require("ops", method)
    for stranger in ("sn", "", "OPS", "ops "):
        with pytest.raises(CallerNotAuthorised):
            ACCESS.require(stranger, method)


@pytest.mark.parametrize("caller", GRANTED)
def test_each_kind_of_caller_may_do_its_own_business_only(caller: str) -> None:
    for method, permission in NEEDED.items():
        if permission in GRANTED[caller]:
            ACCESS.require(caller, method)
        else:
            with pytest.raises(CallerNotAuthorised):
                ACCESS.require(caller, method)


def test_a_gateway_neither_authorises_what_it_locks_nor_moves_cash_nor_sees_it() -> None:
    cash = ("MoveCash", "RedeemCash", "OpenAccount", "GetBalance", "GetTransaction", "ListCoins", "GetStatement")
    for method in ("AuthoriseTrade", "GroomAccount", *cash):
        with pytest.raises(CallerNotAuthorised):
            ACCESS.require("gateway", method)
    for method in ("LockCash", "CancelTrade", "GetTrade", "GetTrades", "GetFlow", "GetLightClient"):
        ACCESS.require("gateway", method)


def test_a_method_that_does_not_exist_is_refused_to_everybody() -> None:
    with pytest.raises(CallerNotAuthorised):
        ACCESS.require("ops", "DropTables")
