"""Every method of NodeService has its permission, and nobody has more than the list says."""

from __future__ import annotations

import pytest
from crossdvp.ledger.v1 import node_service_pb2 as pb

from chains.progmat.node.api_access import NEEDED, ApiAccess, Permission
from chains.progmat.node.errors import CallerNotAuthorised

ACCESS = ApiAccess(frozenset({"ops"}), frozenset({"gateway"}), frozenset({"relayer"}))
METHODS = [method.name for method in pb.DESCRIPTOR.services_by_name["NodeService"].methods]


def test_every_method_of_the_service_is_in_the_table_and_nothing_else() -> None:
    assert set(METHODS) == set(NEEDED)


@pytest.mark.parametrize("method", METHODS)
def test_operators_may_do_everything_and_strangers_nothing(method: str) -> None:
    ACCESS.require("ops", method)
    for stranger in ("sn", "", "OPS", "ops "):
        with pytest.raises(CallerNotAuthorised):
            ACCESS.require(stranger, method)


def test_a_relayer_cannot_touch_cash_nor_a_gateway_light_clients() -> None:
    for method, permission in NEEDED.items():
        for caller, granted in (("gateway", Permission.CASH), ("relayer", Permission.RELAY)):
            if permission in {granted, Permission.READ}:
                ACCESS.require(caller, method)
            else:
                with pytest.raises(CallerNotAuthorised):
                    ACCESS.require(caller, method)


def test_a_method_that_does_not_exist_is_refused_to_everybody() -> None:
    with pytest.raises(CallerNotAuthorised):
        ACCESS.require("ops", "DropTables")
