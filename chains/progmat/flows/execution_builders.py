"""Builders of the flows by which a venue publishes executions and takes them back."""

from __future__ import annotations

from dataclasses import replace

from chains.progmat.contracts.execution import PUBLISH, WITHDRAW, notice_output
from chains.progmat.contracts.execution_codec import ExecutionNotice, date_of, trade_id_of
from chains.progmat.contracts.names import EXECUTION
from chains.progmat.flows.building import AlreadyOnLedger, BuildContext
from chains.progmat.flows.cash_builders import require_role
from chains.progmat.flows.execution_errors import ExecutionNotPublished, ExecutionPublishedOtherwise
from chains.progmat.flows.execution_requests import PublishExecution, WithdrawExecution
from chains.progmat.flows.executions import find_notice
from chains.progmat.flows.member_needs import needs_of
from chains.progmat.flows.notice_standing import NoticeStanding
from chains.progmat.flows.seams import Role
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import Command, StateRef
from primitives.types import Hash32


def publish_execution(context: BuildContext, request: PublishExecution) -> TransactionBuilder | AlreadyOnLedger:
    """One notice for the two custodian nodes; one that is published already answers with its transaction.

    Raises ``NodeRoleMissing``, ``PartyUnknown``, ``ExecutionPublishedOtherwise``.
    """
    require_role(context, Role.EXCHANGE)
    venue = context.me.party
    notice = ExecutionNotice(
        trade_id=trade_id_of(venue.name, request.token_id, request.registrar, request.number),
        venue=venue,
        number=request.number,
        token_id=request.token_id,
        registrar=request.registrar,
        quantity=request.quantity,
        amount_yen=request.amount_yen,
        sell_order_id=request.sell_order_id,
        buy_order_id=request.buy_order_id,
        seller=context.party(request.seller),
        buyer=context.party(request.buyer),
        settlement_date=date_of(request.settlement_date),
    )
    known = find_notice(context.connection, notice.trade_id)
    if known is not None:
        if known.notice != notice:
            raise ExecutionPublishedOtherwise(notice.trade_id)
        return AlreadyOnLedger(known.tx_id, 0)
    return replace(
        context.frame.start(),
        outputs=(notice_output(notice, context.notary),),
        commands=(Command(EXECUTION, PUBLISH, b"", (venue.key,)),),
        references=context.member_refs(needs_of(context.me.name, request)),
        time_window=context.deadline(),
    )


def withdraw_execution(context: BuildContext, request: WithdrawExecution) -> TransactionBuilder:
    """The end of a notice, with the reason. Raises ``NodeRoleMissing``, ``ExecutionNotPublished``."""
    require_role(context, Role.EXCHANGE)
    known = find_notice(context.connection, request.trade_id)
    if known is None or known.notice.venue.name != context.me.name:
        raise ExecutionNotPublished(request.trade_id, "this venue published no such execution")
    if known.standing is NoticeStanding.WITHDRAWN:
        raise ExecutionNotPublished(request.trade_id, "it is withdrawn already")
    return replace(
        context.frame.start(),
        inputs=(StateRef(Hash32(known.tx_id), 0),),
        commands=(Command(EXECUTION, WITHDRAW, request.note().encode(), (known.notice.venue.key,)),),
        references=context.member_refs(needs_of(context.me.name, request)),
        time_window=context.deadline(),
    )
