"""No method that a person authors is without a row in the table of acts: it would be closed to everybody."""

from __future__ import annotations

from importlib import import_module, resources
from typing import Any

from crossdvp.ledger.v1 import user_service_pb2 as pb
from google.protobuf.message_factory import GetMessageClass

from chains.progmat.market.people.staff_roles import ACTS, REPEATED, WITHOUT_AUTHOR, StaffRole
from chains.progmat.node.api_access import NEEDED
from chains.progmat.node.approved_calls import names_people, people_named

ABOUT_OTHER_ACTS = {"ProposeCall", "DecideApproval"}
"""Whose roles are those of the act they speak of."""


def authored() -> dict[str, Any]:
    """Every method of a node whose request names its author, with its descriptor."""
    found = {}
    for file in resources.files("crossdvp.ledger.v1").iterdir():
        if not file.name.endswith("_service_pb2.py"):
            continue
        module: Any = import_module(f"crossdvp.ledger.v1.{file.name.removesuffix('.py')}")
        for service in module.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                if names_people(method.name, GetMessageClass(method.input_type)()):
                    found[method.name] = method
    return found


def test_every_authored_method_has_a_row() -> None:
    methods = authored()
    assert len(methods) > 20
    assert set(methods) - set(ACTS) - ABOUT_OTHER_ACTS == set()


def test_a_method_that_names_an_approver_is_an_act_for_two_and_the_reverse() -> None:
    proposing = {"CreateUser", "ChangeUser", "ResetPassword", "EraseRecord"}  # whose approver decides later
    for name, method in authored().items():
        if name in ABOUT_OTHER_ACTS | proposing:
            continue
        named = people_named(GetMessageClass(method.input_type)()).DESCRIPTOR
        assert ("approver" in named.fields_by_name) == bool(ACTS[name].approvers), name


def test_what_an_approval_repeats_is_found_again_by_an_id_in_its_request() -> None:
    """Or by the name, hash or line of what it is about: nothing that is set and may have been set otherwise since."""
    by_what_it_is_about = {"OrderDistribution": "terms", "MatchBankLine": "line", "ConfirmDeposit": "deposit_id"}
    by_what_it_is_about |= {"ConfirmPayout": "redemption_id", "CancelNativeTrade": "trade_id"}
    by_what_it_is_about |= {"PlanNormalisation": "outage_id", "CancelDistribution": "distribution_id"}
    for name in REPEATED:
        fields = GetMessageClass(authored()[name].input_type).DESCRIPTOR.fields_by_name
        assert by_what_it_is_about.get(name, "request_id") in fields, name


def test_acts_that_name_nobody_are_methods_that_name_nobody() -> None:
    assert set(WITHOUT_AUTHOR) <= set(NEEDED) - set(authored())


def test_methods_of_people_are_open_to_operators_only() -> None:
    for service in ("UserService", "MasterDataService"):
        module: Any = import_module(
            f"crossdvp.ledger.v1.{'user' if service == 'UserService' else 'master_data'}_service_pb2"
        )
        for method in module.DESCRIPTOR.services_by_name[service].methods:
            assert NEEDED[method.name].name == "OPERATE"


def test_roles_are_the_same_here_and_in_the_interface() -> None:
    told = {name.removeprefix("STAFF_ROLE_") for name in pb.StaffRole.keys()} - {"UNSPECIFIED"}  # noqa: SIM118  # a wrapper, no dict
    assert told == {role.value for role in StaffRole}


def test_nobody_approves_what_only_his_own_role_may_author() -> None:
    for act, rule in ACTS.items():
        assert rule.authors, act
        if rule.approvers:
            assert rule.approvers == rule.authors or not rule.approvers & rule.authors, act
