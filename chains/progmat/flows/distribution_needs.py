"""Which admissions a batch in a wholesale coin references: those of all its payees."""

from __future__ import annotations

from sqlalchemy import Connection

from chains.progmat.contracts.cash_codec import CoinKind
from chains.progmat.contracts.distribution import DistributionMedium
from chains.progmat.flows.coin_needs import admission, kind_in_account
from chains.progmat.flows.distribution_parts import find_part, lines_of_part
from chains.progmat.flows.distribution_requests import PayBatch
from chains.progmat.flows.rule_states import RuleNeed
from ibc.dvp import CashAccount


def batch_of_request(request: PayBatch) -> tuple[bytes, int, int]:
    """What the payees depend on."""
    return request.distribution_id, request.part, request.batch


def payees_admissions(connection: Connection, request: PayBatch) -> tuple[RuleNeed, ...] | None:
    """None while the vault cannot tell; empty for coins of other kinds, and for grants."""
    part = find_part(connection, request.distribution_id, request.part)
    if part is None:
        return None
    subject = part.state.subject
    if subject.medium is DistributionMedium.UTILITY:
        return ()
    kind = kind_in_account(connection, subject.asset_id, subject.keeper, subject.payer.key)
    if kind is not CoinKind.WHOLESALE:
        return None if kind is None else ()
    payees = [
        CashAccount(part.state.node, line.account_key) for line in lines_of_part(connection, part).batch(request.batch)
    ]
    return tuple(admission(subject.asset_id, subject.keeper, payee) for payee in payees if payee != subject.payer)
