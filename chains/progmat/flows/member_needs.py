"""Which active memberships the transaction of a request will reference: what the contracts demand, said beforehand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from chains.progmat.contracts.membership import BusinessNetwork, MemberRole
from chains.progmat.contracts.native_terms import NativeTerms
from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.coin_requests import ForceCash
from chains.progmat.flows.distribution_requests import OpenDistribution, PayBatch, UseUtility
from chains.progmat.flows.execution_requests import PublishExecution
from chains.progmat.flows.market_requests import IssueToken, MoveToken, RedeemToken
from chains.progmat.flows.members import MemberNeed
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.requests import IssueCash, RedeemCash
from chains.progmat.flows.securities_requests import (
    CancelTransfer,
    ForceToken,
    FreezeToken,
    RegisterSecurity,
    ThawToken,
)

Needs = tuple[MemberNeed, ...]


def needs_of(own_name: str, request: AnyRequest) -> Needs:
    """By kind of request; none for headers of light clients, unlocks, cancellations and memberships themselves."""
    needs = _NEEDS.get(request.kind)
    return () if needs is None else needs(own_name, request)


def custodian_of_cash(node: str) -> MemberNeed:
    """A node's membership as custodian of the stablecoin network."""
    return MemberNeed(BusinessNetwork.SC, node, MemberRole.CUSTODIAN)


def _custodians(network: BusinessNetwork, *nodes: str) -> Needs:
    return tuple(MemberNeed(network, node, MemberRole.CUSTODIAN) for node in nodes)


def _issue_cash(own_name: str, request: IssueCash) -> Needs:
    return _issuer(own_name), custodian_of_cash(request.to.node)


def _issuer(name: str) -> MemberNeed:
    return MemberNeed(BusinessNetwork.SC, name, MemberRole.SC_ISSUER)


def _force_cash(own_name: str, request: ForceCash) -> Needs:
    """All of an account's coin goes without its custodian being a member; what is left of an amount needs it."""
    left_at = (custodian_of_cash(request.account.node),) if request.amount_yen else ()
    return _issuer(own_name), custodian_of_cash(request.to.node), *left_at


def _redeem_cash(own_name: str, request: RedeemCash) -> Needs:
    return _issuer(request.issuer), custodian_of_cash(own_name)


def _issue_token(own_name: str, request: IssueToken) -> Needs:
    return _registrar(own_name, request.network), *_custodians(request.network, request.to.node)


def _move_token(own_name: str, request: MoveToken) -> Needs:
    return _custodians(request.network, own_name, request.to.node)


def _redeem_token(own_name: str, request: RedeemToken) -> Needs:
    return _registrar(request.registrar, request.network), *_custodians(request.network, own_name)


def _register_security(own_name: str, request: RegisterSecurity) -> Needs:
    return (_registrar(own_name, request.network),)


def _force_token(own_name: str, request: ForceToken) -> Needs:
    return _registrar(own_name, request.network), *_custodians(request.network, request.to.node)


def _registrars_act(own_name: str, request: FreezeToken | ThawToken | CancelTransfer) -> Needs:
    return (_registrar(own_name, request.network),)


def _registrar(name: str, network: BusinessNetwork) -> MemberNeed:
    return MemberNeed(network, name, MemberRole.REGISTRAR)


def _trade(terms: NativeTerms) -> Needs:
    nodes = (terms.seller_node, terms.buyer_node)
    return *_custodians(terms.network, *nodes), *_custodians(BusinessNetwork.SC, *nodes)


def _venue(name: str) -> MemberNeed:
    return MemberNeed(BusinessNetwork.ST, name, MemberRole.EXCHANGE)


def _publish(own_name: str, request: PublishExecution) -> Needs:
    return _venue(own_name), *_custodians(BusinessNetwork.ST, request.seller, request.buyer)


def _open_distribution(own_name: str, _request: OpenDistribution) -> Needs:
    return (MemberNeed(BusinessNetwork.ST, own_name, MemberRole.REGISTRAR),)


def _pay_batch(own_name: str, request: PayBatch) -> Needs:
    if request.network is BusinessNetwork.SC:
        return _custodians(BusinessNetwork.SC, own_name, request.node)
    registrar = MemberNeed(request.network, own_name, MemberRole.REGISTRAR)
    return registrar, *_custodians(request.network, request.node)


def _use_utility(own_name: str, request: UseUtility) -> Needs:
    registrar = MemberNeed(BusinessNetwork.UT, request.registrar, MemberRole.REGISTRAR)
    return registrar, *_custodians(BusinessNetwork.UT, own_name)


_NEEDS: Final[Mapping[FlowKind, Callable[[str, Any], Needs]]] = {
    FlowKind.ISSUE_CASH: _issue_cash,
    FlowKind.MOVE_CASH: lambda me, request: _custodians(BusinessNetwork.SC, me, request.to.node),
    FlowKind.REDEEM_CASH: _redeem_cash,
    FlowKind.MERGE_CASH: lambda me, _request: _custodians(BusinessNetwork.SC, me),
    FlowKind.ROTATE_ACCOUNT_KEY: lambda me, _request: _custodians(BusinessNetwork.SC, me),
    FlowKind.LOCK_CASH: lambda me, request: _custodians(BusinessNetwork.SC, me, request.terms.cash.seller.node),
    FlowKind.ENDORSE_LIGHT_CLIENT: lambda me, _request: (_issuer(me),),
    FlowKind.REGISTER_COIN: lambda me, _request: (_issuer(me),),
    FlowKind.FREEZE_CASH: lambda me, _request: (_issuer(me),),
    FlowKind.THAW_CASH: lambda me, _request: (_issuer(me),),
    FlowKind.FORCE_CASH: _force_cash,
    FlowKind.ISSUE_TOKEN: _issue_token,
    FlowKind.MOVE_TOKEN: _move_token,
    FlowKind.REDEEM_TOKEN: _redeem_token,
    FlowKind.ROTATE_TOKENS: lambda me, request: _custodians(request.network, me),
    FlowKind.PUBLISH_EXECUTION: _publish,
    FlowKind.WITHDRAW_EXECUTION: lambda me, _request: (_venue(me),),
    FlowKind.REGISTER_SECURITY: _register_security,
    FlowKind.FORCE_TOKEN: _force_token,
    FlowKind.FREEZE_TOKEN: _registrars_act,
    FlowKind.THAW_TOKEN: _registrars_act,
    FlowKind.CANCEL_TRANSFER: _registrars_act,
    FlowKind.SETTLE_DVP: lambda _me, request: _trade(request.dvp),
    FlowKind.OPEN_DISTRIBUTION: _open_distribution,
    FlowKind.PAY_BATCH: _pay_batch,
    FlowKind.USE_UTILITY: _use_utility,
}
