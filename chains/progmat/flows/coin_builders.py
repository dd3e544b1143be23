"""Builders of a trustee's flows about its coins: registered, amended, accounts admitted and removed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Connection, select

from chains.progmat.contracts.coin import AMEND, REGISTER, CoinState
from chains.progmat.contracts.coin_holder import ADMIT, REMOVE, HolderState, holder_key
from chains.progmat.contracts.names import COIN, HOLDER
from chains.progmat.flows.building import AlreadyOnLedger, BuildContext
from chains.progmat.flows.cash_builders import registered_coin, require_alone, require_role
from chains.progmat.flows.coin_errors import (
    ApproverMissing,
    CoinAlreadyIssued,
    CoinAlreadyRegistered,
    CoinUnknown,
    HolderUnknown,
)
from chains.progmat.flows.coin_requests import AdmitHolder, AmendCoin, RegisterCoin, RemoveHolder
from chains.progmat.flows.member_needs import needs_of
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.seams import Role
from chains.progmat.keys.approver import can_sign
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.component_codec import decode_single_key
from chains.progmat.transactions.model import Command, StateAndRef
from chains.progmat.vault.indexing import SC
from chains.progmat.vault.rules import rule
from chains.progmat.vault.schema import entries
from primitives.public_key import PublicKey


def register_coin(context: BuildContext, request: RegisterCoin) -> TransactionBuilder | AlreadyOnLedger:
    """A coin of this node's, once, before any of it is on the ledger.

    Raises ``NodeRoleMissing``, ``CoinAlreadyRegistered``, ``CoinAlreadyIssued``.
    """
    require_role(context, Role.ISSUER)
    coin = CoinState(request.coin_id, context.me.party, request.coin_kind, _keys(request.approver_keys))
    known = registered_coin(context, request.coin_id)
    if known is not None:
        if CoinState.of(known.state) == coin:
            return AlreadyOnLedger(known.ref.tx_id, 0)
        raise CoinAlreadyRegistered(request.coin_id, CoinState.of(known.state).kind.name)
    if _was_issued(context.connection, request.coin_id, context.me.name):
        raise CoinAlreadyIssued(request.coin_id)
    require_alone(context, request.coin_id, FlowKind.REGISTER_COIN, FlowKind.ISSUE_CASH)
    return replace(
        context.frame.start(),
        outputs=(coin.as_output(context.notary),),
        commands=(Command(COIN, REGISTER, b"", (context.me.party.key,)),),
        references=context.member_refs(needs_of(context.me.name, request)),
        time_window=context.deadline(),
    )


def amend_coin(context: BuildContext, request: AmendCoin) -> TransactionBuilder | AlreadyOnLedger:
    """Other approvers; one of those so far signs. Raises ``CoinUnknown``, ``ApproverMissing``, ``StateSoftLocked``."""
    known = required_coin(context, request.coin_id)
    old = CoinState.of(known.state)
    new = replace(old, approvers=_keys(request.approver_keys))
    if new == old:
        return AlreadyOnLedger(known.ref.tx_id, 0)
    context.reserve(known.ref)
    return replace(
        context.frame.start(),
        inputs=(known.ref,),
        outputs=(new.as_output(context.notary),),
        commands=(Command(COIN, AMEND, b"", (context.me.party.key, approver_here(context, old))),),
        time_window=context.deadline(),
    )


def admit_holder(context: BuildContext, request: AdmitHolder) -> TransactionBuilder | AlreadyOnLedger:
    """An account admitted to a wholesale coin. Raises ``CoinUnknown``, ``PartyUnknown``."""
    coin = required_coin(context, request.coin_id)
    context.party(request.to.node)
    known = _admission(context, request)
    if known is not None:
        return AlreadyOnLedger(known.ref.tx_id, 0)
    require_alone(context, request.coin_id, FlowKind.ADMIT_HOLDER)
    owner = decode_single_key(request.to.key)
    holder = HolderState(request.coin_id, context.me.party, owner, request.to.node)
    return replace(
        context.frame.start(),
        outputs=(holder.as_output(context.notary),),
        commands=(Command(HOLDER, ADMIT, b"", (context.me.party.key,)),),
        references=(coin.ref,),
        time_window=context.deadline(),
    )


def remove_holder(context: BuildContext, request: RemoveHolder) -> TransactionBuilder:
    """An admission taken back. Raises ``HolderUnknown``, ``StateSoftLocked``."""
    known = _admission(context, request)
    if known is None:
        raise HolderUnknown(request.coin_id, request.to.node, request.to.key)
    context.reserve(known.ref)
    return replace(
        context.frame.start(),
        inputs=(known.ref,),
        commands=(Command(HOLDER, REMOVE, b"", (context.me.party.key,)),),
        time_window=context.deadline(),
    )


def required_coin(context: BuildContext, coin_id: str) -> StateAndRef:
    """The registration of a coin of this node's own; raises ``CoinUnknown``."""
    known = registered_coin(context, coin_id)
    if known is None:
        raise CoinUnknown(coin_id, context.me.name)
    return known


def approver_here(context: BuildContext, coin: CoinState) -> PublicKey:
    """The approver who signs: the first whose key this node keeps. Raises ``ApproverMissing``."""
    for key in coin.approvers:
        if can_sign(context.keys, key):
            return key
    raise ApproverMissing(coin.coin_id, context.me.name)


def _admission(context: BuildContext, request: AdmitHolder | RemoveHolder) -> StateAndRef | None:
    key = holder_key(request.coin_id, request.to.node, request.to.key)
    found = rule(context.connection, HOLDER, key, context.me.name, context.notary.name)
    return None if found is None else found.state_and_ref


def _was_issued(connection: Connection, coin_id: str, issuer: str) -> bool:
    row = entries.c
    of_coin = (row.asset_id == coin_id, row.issuer == issuer, row.network == SC)
    return connection.execute(select(row.sequence).where(*of_coin).limit(1)).first() is not None


def _keys(encoded: Iterable[bytes]) -> tuple[PublicKey, ...]:
    return tuple(map(decode_single_key, encoded))
