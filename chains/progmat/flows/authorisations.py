"""Which terms the customers of this node want: said by their platforms, asked for before any cash is locked or paid.

A gateway proposes, the buyer's own platform disposes. For one trade of one account the newest authorisation counts, so
that corrected terms put the earlier ones out of force. What is locked or cancelled needs none any more.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Final

from sqlalchemy import Connection, bindparam, func, select

from chains.progmat.contracts.terms_codec import decode_terms, encode_terms
from chains.progmat.flows.errors import AuthorisationReplaced, RequestIdReused, TradeIdUsed, TradeNotAuthorised
from chains.progmat.flows.schema import authorised_terms, trade_authorisations
from chains.progmat.flows.trades import use_of
from chains.progmat.node.storage import Prepared, insert
from ibc.dvp import DvpPayload, SettlementTerms, payload_of, terms_hash

_columns = trade_authorisations.c
_OF_REQUEST: Final = Prepared(
    select(_columns.terms_hash, _columns.at_ms).where(
        _columns.platform == bindparam("of_platform"), _columns.request_id == bindparam("of_request")
    )
)
_IN_FORCE: Final = Prepared(
    select(_columns.terms_hash)
    .where(_columns.account_key == bindparam("of_account"), _columns.trade_id == bindparam("of_trade"))
    .order_by(_columns.id.desc())
    .limit(1)
)


@dataclass(frozen=True)
class TradeAuthorisation:
    """A platform's word for exactly these terms. Request ids are the platform's own; ``at_ms`` in Unix ms."""

    platform: str
    request_id: str
    trade_id: bytes
    account_key: bytes
    terms_hash: bytes
    at_ms: int


_ENTER: Final = Prepared(
    insert(trade_authorisations), columns=tuple(field.name for field in fields(TradeAuthorisation))
)
_KEEP_TERMS: Final = Prepared(insert(authorised_terms).on_conflict_do_nothing(), columns=authorised_terms.c.keys())


def authorise_terms(
    connection: Connection, platform: str, request_id: str, terms: SettlementTerms, now_ms: int
) -> TradeAuthorisation:
    """As ``authorise``, for the buyer's account in the terms, which are kept: a packet brings but their words."""
    wanted = TradeAuthorisation(platform, request_id, terms.trade_id, terms.cash.buyer.key, terms_hash(terms), now_ms)
    entered = authorise(connection, wanted)
    _KEEP_TERMS.change(connection, {"terms_hash": wanted.terms_hash, "terms": encode_terms(terms)})
    return entered


def authorise(connection: Connection, wanted: TradeAuthorisation) -> TradeAuthorisation:
    """Enter an authorisation; a repeated request answers with the one it entered.

    Raises ``RequestIdReused`` for other terms, ``AuthorisationReplaced`` when newer terms took the place of the
    repeated ones, ``TradeIdUsed`` when a new one comes too late.
    """
    first = _OF_REQUEST.first(connection, {"of_platform": wanted.platform, "of_request": wanted.request_id})
    if first is None:
        require_unused_trade_id(connection, wanted.trade_id)
        _ENTER.change(connection, vars(wanted))
        return wanted
    entered_hash, at_ms = first
    if entered_hash != wanted.terms_hash:
        raise RequestIdReused(wanted.request_id, ("terms",))
    if _terms_in_force(connection, wanted.account_key, wanted.trade_id) != wanted.terms_hash:
        raise AuthorisationReplaced(wanted.trade_id)
    return replace(wanted, at_ms=at_ms)


def require_authorised(connection: Connection, account_key: bytes, trade_id: bytes, wanted_hash: bytes) -> None:
    """Raises ``TradeNotAuthorised`` unless the buyer's platform wants the terms with this very hash."""
    if _terms_in_force(connection, account_key, trade_id) != wanted_hash:
        raise TradeNotAuthorised(trade_id, account_key)


def require_unused_trade_id(connection: Connection, trade_id: bytes) -> None:
    """Raises ``TradeIdUsed`` when this node knows the trade as locked, cancelled or settled, here or across chains."""
    use = use_of(connection, trade_id)
    if use is not None:
        raise TradeIdUsed(trade_id, use)


def authorised_terms_of(connection: Connection, words: DvpPayload) -> SettlementTerms | None:
    """The terms in force, of whichever account kept here, that a packet's words stand for; None if there are none."""
    columns = trade_authorisations.c
    newest = (
        select(func.max(columns.id)).where(columns.trade_id == words.trade_id).group_by(columns.account_key)
    ).scalar_subquery()
    query = (
        select(authorised_terms.c.terms)
        .join(trade_authorisations, columns.terms_hash == authorised_terms.c.terms_hash)
        .where(columns.id.in_(newest))
    )
    wanted = words.encode()
    found = (decode_terms(data) for data in connection.execute(query).scalars())
    return next((terms for terms in found if payload_of(terms).value == wanted), None)


def _terms_in_force(connection: Connection, account_key: bytes, trade_id: bytes) -> bytes | None:
    found = _IN_FORCE.first(connection, {"of_account": account_key, "of_trade": trade_id})
    return None if found is None else found[0]
