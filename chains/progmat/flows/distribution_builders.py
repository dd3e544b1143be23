"""Builders of the flows that open, pay and cancel the parts of distributions and grants."""

from __future__ import annotations

from dataclasses import replace

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.cash_codec import OwnerKind
from chains.progmat.contracts.distribution import CANCEL, OPEN, PAY, DistributionMedium, DistributionState, Subject
from chains.progmat.contracts.distribution_lines import ProvedBatch, decode_lines
from chains.progmat.contracts.holdings import ISSUE, MOVE
from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.names import CASH, DISTRIBUTION, UTILITY_TOKEN
from chains.progmat.contracts.token import TokenState
from chains.progmat.flows.attempts import first_attempt
from chains.progmat.flows.building import AlreadyOnLedger, BuildContext
from chains.progmat.flows.cash_builders import coin, own_account, refs_of, require_role, take
from chains.progmat.flows.distribution_errors import BatchNotNext, DistributionIdReused, DistributionUnderWay
from chains.progmat.flows.distribution_parts import KnownPart, PartStatus, find_part, known_part, lines_of_part
from chains.progmat.flows.distribution_requests import CancelDistribution, OpenDistribution, PayBatch
from chains.progmat.flows.errors import AccountUnknown, InvalidRequest
from chains.progmat.flows.member_needs import needs_of
from chains.progmat.flows.seams import Role
from chains.progmat.flows.store import find_flow
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.component_codec import decode_single_key
from chains.progmat.transactions.model import Command, StateRef, TransactionState
from chains.progmat.vault.errors import StateConsumed, StateSoftLocked
from chains.progmat.vault.holdings import CoinsUnder
from primitives.errors import DecodeError, Refusal
from primitives.types import Hash32

MEDIUM_OF = {BusinessNetwork.SC: DistributionMedium.COIN, BusinessNetwork.UT: DistributionMedium.UTILITY}
CHANGE_INDEX = 1
"""What is left of a batch's coins stands behind the part's state: the next batch is paid out of it."""


def funding_id(distribution_id: bytes, part: int) -> str:
    """The flow that sets a part's yen aside, but for its attempt: a move of the payer's to itself."""
    return f"distribution/{distribution_id.hex()}/{part}/fund"


def open_distribution(context: BuildContext, request: OpenDistribution) -> TransactionBuilder | AlreadyOnLedger:
    """A part, vouched for by this node. Raises ``NodeRoleMissing``, ``DistributionIdReused``, ``InvalidRequest``."""
    require_role(context, Role.REGISTRAR)
    try:
        state, lines = DistributionState.decode(request.state), decode_lines(request.lines)
    except DecodeError as error:
        raise InvalidRequest("state", str(error)) from error
    subject = replace(state.subject, registrar=context.me.party)
    for node in (state.node, subject.payer.node, subject.keeper):
        context.party(node)
    known = find_part(context.connection, subject.distribution_id, state.part)
    if known is not None:
        opened = replace(known.state, next_batch=0)
        if opened != replace(state, subject=known.state.subject) or known.state.subject.registrar != subject.registrar:
            raise DistributionIdReused(subject.distribution_id.hex())
        return AlreadyOnLedger(known.open_tx, 0)
    made = replace(state, subject=subject)
    return replace(
        context.frame.start(),
        outputs=(made.as_output(context.notary),),
        commands=(Command(DISTRIBUTION, OPEN, lines.encode(), (context.me.party.key,)),),
        references=context.member_refs(needs_of(context.me.name, request)),
        time_window=context.deadline(),
    )


def cancel_distribution(context: BuildContext, request: CancelDistribution) -> TransactionBuilder | AlreadyOnLedger:
    """A part taken back. Raises ``NodeRoleMissing``, ``DistributionUnknown``, ``DistributionUnderWay``."""
    require_role(context, Role.REGISTRAR)
    part = known_part(context.connection, request.distribution_id, request.part)
    if part.status is not PartStatus.OPEN or part.state.next_batch:
        raise DistributionUnderWay(request.distribution_id, request.part, part.state.next_batch)
    return replace(
        context.frame.start(),
        inputs=(part.ref,),
        commands=(Command(DISTRIBUTION, CANCEL, b"", (part.state.subject.registrar.key,)),),
        time_window=context.deadline(),
    )


def pay_batch(context: BuildContext, request: PayBatch) -> TransactionBuilder | AlreadyOnLedger:
    """The next batch of a part, out of this node's account or by issuing this registrar's units.

    Raises ``DistributionUnknown``, ``BatchNotNext``, ``AccountUnknown``, ``NodeRoleMissing`` and the vault's shortages.
    """
    part = known_part(context.connection, request.distribution_id, request.part)
    state = part.state
    if part.status is not PartStatus.CANCELLED and state.next_batch == request.batch + 1:
        return AlreadyOnLedger(part.ref.tx_id, 0)
    if part.status is not PartStatus.OPEN or state.next_batch != request.batch:
        found = part.status.value if part.status is not PartStatus.OPEN else f"batch {state.next_batch}"
        raise BatchNotNext(request.part, request.batch, found)
    if MEDIUM_OF[request.network] is not state.subject.medium or request.node != state.node:
        raise InvalidRequest("node", f"part {request.part} goes to {state.node} in {state.subject.medium.name}")
    batch = lines_of_part(context.connection, part).proved(request.batch)
    if state.subject.medium is DistributionMedium.UTILITY:
        return _granted(context, request, part, batch)
    return _paid(context, request, part, batch)


def _paid(context: BuildContext, request: PayBatch, part: KnownPart, batch: ProvedBatch) -> TransactionBuilder:
    subject = part.state.subject
    if subject.payer.node != context.me.name:
        raise AccountUnknown(subject.payer.key)
    own_account(context, subject.payer.key)
    amount_yen = sum(line.amount for line in batch.lines)
    spent = _coins_for(context, part, amount_yen)
    coins = context.verifier.recorded.of(context.connection, spent)
    held = [CashState.of(coins[ref]) for ref in spent]
    left_yen = sum(each.amount_yen for each in held) - amount_yen
    like = replace(held[0], owner_kind=OwnerKind.ACCOUNT, owner=subject.payer_key)
    change = (replace(like, amount_yen=left_yen),) if left_yen else ()
    lines = (
        replace(like, amount_yen=line.amount, owner=decode_single_key(line.account_key), node=part.state.node)
        for line in batch.lines
    )
    pay = Command(DISTRIBUTION, PAY, batch.encode(), (subject.payer_key,))
    move = Command(CASH, MOVE, b"", (subject.payer_key, like.issuer.key))
    made = tuple(each.as_output(context.notary) for each in (*change, *lines))
    return _payment(context, request, part, spent, made, (pay, move))


def _granted(context: BuildContext, request: PayBatch, part: KnownPart, batch: ProvedBatch) -> TransactionBuilder:
    require_role(context, Role.REGISTRAR)
    subject, me = part.state.subject, context.me.party
    if subject.keeper != me.name:
        raise AccountUnknown(subject.payer.key)
    units = tuple(
        _units(subject, part.state.node, line.account_key, line.amount, context).as_output(context.notary)
        for line in batch.lines
    )
    pay = Command(DISTRIBUTION, PAY, batch.encode(), (subject.payer_key,))
    issue = Command(UTILITY_TOKEN, ISSUE, b"", (me.key,))
    return _payment(context, request, part, (), units, (pay, issue))


def _units(subject: Subject, node: str, key: bytes, quantity: int, context: BuildContext) -> TokenState:
    owner = decode_single_key(key)
    registrar = context.me.party
    unit = TokenState(BusinessNetwork.UT, subject.asset_id, registrar, quantity, owner, node)
    return replace(unit, expires_s=subject.expires_s)


def _payment(
    context: BuildContext,
    request: PayBatch,
    part: KnownPart,
    spent: tuple[StateRef, ...],
    made: tuple[TransactionState, ...],
    commands: tuple[Command, ...],
) -> TransactionBuilder:
    following = replace(part.state, next_batch=part.state.next_batch + 1)
    return replace(
        context.frame.start(),
        inputs=(part.ref, *spent),
        outputs=(following.as_output(context.notary), *made),
        commands=commands,
        references=(*context.member_refs(needs_of(context.me.name, request)), *context.rule_refs()),
        time_window=context.deadline(),
    )


def _coins_for(context: BuildContext, part: KnownPart, amount_yen: int) -> tuple[StateRef, ...]:
    """What was set aside for the part, or is left of it, if that will do; else any coins of the payer's.

    So each part's history is its own: its payees' node is shown no payment to another node's holders.
    """
    subject = part.state.subject
    own = _set_aside(context, part)
    if own is not None and _is_enough(context, part, own, amount_yen):
        try:
            context.reserve(own)
        except (StateConsumed, StateSoftLocked):
            pass  # somebody has spent it elsewhere: the account may have other coins
        else:
            return (own,)
    asset = coin(subject.asset_id, subject.keeper)
    return refs_of(take(context, asset, amount_yen, subject.payer, CoinsUnder.ACCOUNT_KEY))


def _set_aside(context: BuildContext, part: KnownPart) -> StateRef | None:
    if part.state.next_batch:
        return StateRef(part.ref.tx_id, CHANGE_INDEX)
    base = funding_id(part.state.subject.distribution_id, part.state.part)
    funding = find_flow(context.connection, first_attempt(context.connection, base))
    return None if funding is None or not funding.tx_id else StateRef(Hash32(funding.tx_id), 0)


def _is_enough(context: BuildContext, part: KnownPart, ref: StateRef, amount_yen: int) -> bool:
    subject = part.state.subject
    state = context.verifier.recorded.of(context.connection, [ref]).get(ref)
    if state is None or state.contract != CASH:
        return False
    try:
        held = CashState.of(state)
    except Refusal:
        return False
    mine = (held.node, held.owner.encoded()) == (subject.payer.node, subject.payer.key)
    return (
        mine
        and (held.coin_id, held.issuer.name) == (subject.asset_id, subject.keeper)
        and held.amount_yen >= amount_yen
    )
