"""The buying node's side of native trades: which coins it offers, and what it has signed.

A trade id settles once. The node answers a trade with the same coins from the moment it has signed for it until one of
them is spent, so two settlements of one trade would spend one state: the notary accepts one. Before it has signed,
nothing can have happened, and it may choose again. All functions run inside the group commit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.postgresql import Insert

from chains.progmat.contracts.native_terms import NativeTerms
from chains.progmat.flows.authorisations import require_authorised, require_unused_trade_id
from chains.progmat.flows.errors import CountersignRefused
from chains.progmat.flows.market_errors import ProposalRefused, SettleTimePassed
from chains.progmat.flows.schema import dvp_answers
from chains.progmat.node.storage import Prepared, insert
from chains.progmat.transactions.model import StateRef
from chains.progmat.transactions.wire import WireTransaction
from chains.progmat.vault.holdings import CoinsUnder, HoldingRequest, select_and_lock
from chains.progmat.vault.indexing import SC, Asset
from chains.progmat.vault.queries import consumed_by
from chains.progmat.vault.soft_locks import lock_states, release_soft_locks, renew_soft_locks
from primitives.types import Hash32

MAX_WINDOW_S: Final = 240
"""No signature that holds longer is given away: the coins are kept for it until its time window is over."""
_REF_BYTES: Final = 34
_NAMES: Final = tuple(dvp_answers.c.keys())
_FIND: Final = Prepared(select(dvp_answers).where(dvp_answers.c.trade_id == bindparam("of_trade")))


def _upsert() -> Insert:
    statement = insert(dvp_answers)
    new = {name: statement.excluded[name] for name in _NAMES}
    return statement.on_conflict_do_update(index_elements=[dvp_answers.c.trade_id], set_=new)


_SAVE: Final = Prepared(_upsert(), columns=_NAMES)


@dataclass(frozen=True)
class DvpAnswer:
    """What was offered for a trade to the node of its seller; ``signed_until_s`` is 0 before anything is signed."""

    trade_id: bytes
    terms_hash: bytes
    seller_node: str
    offered: tuple[StateRef, ...]
    round_ms: int
    signed_until_s: int = 0


def find_answer(connection: Connection, trade_id: bytes) -> DvpAnswer | None:
    """What was answered for a trade, or None."""
    row = _FIND.first(connection, {"of_trade": trade_id})
    if row is None:
        return None
    columns = dict(zip(_NAMES, row, strict=True))
    return DvpAnswer(**{**columns, "offered": _decoded(columns["offered"])})


def answer(
    connection: Connection, own_name: str, terms: NativeTerms, round_ms: int, notary: str, now_s: int, lock_s: int
) -> tuple[StateRef, ...]:
    """Choose the buyer's coins at a notary for an authorised trade and hold them for ``lock_s`` seconds.

    Asked again after a signature was given: the same ones, wherever they are.

    Raises ``ProposalRefused``, ``SettleTimePassed``, ``TradeIdUsed``, ``TradeNotAuthorised`` and the vault's shortages.
    """
    if terms.buyer_node != own_name:
        raise ProposalRefused(own_name, f"the buyer's accounts are at {terms.buyer_node}")
    if now_s >= terms.settle_by_s:
        raise SettleTimePassed(terms.settle_by_s, now_s)
    require_unused_trade_id(connection, terms.trade_id)
    require_authorised(connection, terms.buyer_cash.key, terms.trade_id, terms.hash)
    owner, expires_s = lock_owner(terms.trade_id), now_s + lock_s
    known = find_answer(connection, terms.trade_id)
    if known is not None and _is_bound(connection, known):
        if known.terms_hash != terms.hash:
            raise ProposalRefused(own_name, "this trade was signed for with other terms: agree on a new trade id")
        expires_s = max(expires_s, known.signed_until_s + 1)
        lock_states(connection, known.offered, lock_owner=owner, now_s=now_s, expires_s=expires_s)
        _save(connection, replace(known, round_ms=max(round_ms, known.round_ms)))
        return known.offered
    wanted = HoldingRequest(
        asset=Asset(SC, terms.coin_id, terms.issuer),
        account=terms.buyer_cash,
        amount=terms.amount_yen,
        lock_owner=owner,
        now_s=now_s,
        expires_s=expires_s,
        notary=notary,
        under=CoinsUnder.ACCOUNT_KEY,
    )
    offered = tuple(holding.ref for holding in select_and_lock(connection, wanted))
    _save(connection, DvpAnswer(terms.trade_id, terms.hash, terms.seller_node, offered, round_ms))
    return offered


def note_signature(
    connection: Connection,
    own_name: str,
    asker: str,
    terms: NativeTerms,
    wire: WireTransaction,
    coins: Collection[StateRef],
    now_s: int,
) -> None:
    """Write down that ``wire`` is about to be signed for the buyer, if it is what was answered; ``coins`` are its cash.

    Raises ``CountersignRefused``, ``TradeIdUsed``, ``TradeNotAuthorised``, and ``StateSoftLocked`` or ``StateConsumed``
    when the coins are not held for the trade any more.
    """
    known = find_answer(connection, terms.trade_id)
    if known is None or known.seller_node != asker or known.terms_hash != terms.hash:
        raise CountersignRefused(own_name, "it has not answered a proposal of these terms from this node")
    if set(coins) != set(known.offered):
        raise CountersignRefused(own_name, "the coins are not those it offered for the trade")
    require_unused_trade_id(connection, terms.trade_id)
    require_authorised(connection, terms.buyer_cash.key, terms.trade_id, terms.hash)
    until_s = None if wire.time_window is None else wire.time_window.until_s
    if until_s is None or until_s > now_s + MAX_WINDOW_S:
        raise CountersignRefused(own_name, f"the time window has to end within {MAX_WINDOW_S} s")
    bind(connection, known, until_s, now_s)


def bind(connection: Connection, known: DvpAnswer, until_s: int, now_s: int) -> None:
    """A signature over a transaction with this time limit is given away: from now on the trade has these coins.

    A time limit that has passed does no harm: the notary says so, and then the seller builds again.
    """
    bound = replace(known, signed_until_s=max(until_s, known.signed_until_s))
    owner = lock_owner(known.trade_id)
    lock_states(
        connection, known.offered, lock_owner=owner, now_s=now_s, expires_s=max(bound.signed_until_s, now_s) + 1
    )
    _save(connection, bound)


def release_answer(connection: Connection, asker: str, trade_id: bytes, round_ms: int, now_s: int) -> None:
    """The seller's attempts up to ``round_ms`` are over: free the coins, or as soon as no signature holds any more.

    Does nothing for an unknown trade, another seller's, or a newer attempt: a release may come late, and again.
    """
    known = find_answer(connection, trade_id)
    if known is None or known.seller_node != asker or round_ms < known.round_ms:
        return
    if known.signed_until_s > now_s:
        renew_soft_locks(connection, lock_owner=lock_owner(trade_id), expires_s=known.signed_until_s + 1)
    else:
        release_soft_locks(connection, lock_owner=lock_owner(trade_id))


def lock_owner(trade_id: bytes) -> str:
    """Under which name a trade's coins are soft-locked."""
    return f"dvp/{trade_id.hex()}"


def _is_bound(connection: Connection, known: DvpAnswer) -> bool:
    """Whether what was signed may still become final: no coin of it is known to be spent elsewhere."""
    return known.signed_until_s > 0 and all(consumed_by(connection, ref) is None for ref in known.offered)


def _save(connection: Connection, entry: DvpAnswer) -> None:
    _SAVE.change(connection, {name: getattr(entry, name) for name in _NAMES} | {"offered": _encoded(entry.offered)})


def _encoded(refs: Iterable[StateRef]) -> bytes:
    return b"".join(ref.tx_id + ref.index.to_bytes(2, "big") for ref in refs)


def _decoded(data: bytes) -> tuple[StateRef, ...]:
    pieces = (data[start : start + _REF_BYTES] for start in range(0, len(data), _REF_BYTES))
    return tuple(StateRef(Hash32(piece[:32]), int.from_bytes(piece[32:], "big")) for piece in pieces)
