"""Peer method ``exchange.trade_accounts``: two custodian nodes tell each other the accounts of a common trade.

The seller builds the settlement and the buyer authorises its very bytes, so each needs both accounts of the other side.
Asked and answered only about a notice that both hold, byte for byte, and that is good; whose accounts they are is not
said.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import Final

from crossdvp.ledger.v1 import execution_peers_pb2 as pb
from sqlalchemy import Connection

from chains.progmat.contracts.terms_codec import account_from_message, account_to_message
from chains.progmat.flows.executions import find_notice
from chains.progmat.flows.notice_standing import NoticeStanding
from chains.progmat.market.exchange.assigning import BrokerOrder, custodian_of, other_side, sides_kept_by
from chains.progmat.market.exchange.broker_store import ExecutionStatus, find_execution, find_order
from chains.progmat.market.exchange.errors import (
    BadTradeAccounts,
    ExecutionVoid,
    NoticeDiffers,
    NoticeNotHere,
    TradeNotYours,
    refusal_of,
)
from chains.progmat.market.exchange.resolved import TradeSide
from chains.progmat.node.peers.seam import PeerIdentity
from chains.progmat.node.storage import NodeDatabase
from chains.progmat.transactions.component_codec import decode_single_key
from chains.progmat.transactions.model import check_hash
from ibc.dvp import CashAccount
from primitives.codec import deterministic_bytes, strict_parse
from primitives.errors import DecodeError
from primitives.hashing import sha256

TRADE_ACCOUNTS: Final = "exchange.trade_accounts"
_MAX_REQUEST_BYTES: Final = 128
_MAX_ANSWER_BYTES: Final = 1024


@dataclass(frozen=True, slots=True)
class TradeAccounts:
    """One side's accounts; ``cash_key`` is empty where bank money pays."""

    tokens_key: bytes
    cash_key: bytes


def encode_request(trade_id: bytes, notice_hash: bytes) -> bytes:
    """Ask about a trade."""
    return deterministic_bytes(pb.TradeAccountsRequest(trade_id=trade_id, notice_hash=notice_hash))


def decode_request(body: bytes) -> tuple[bytes, bytes]:
    """Trade id and notice hash; raises ``DecodeError``."""
    message = strict_parse(pb.TradeAccountsRequest, body, max_bytes=_MAX_REQUEST_BYTES)
    check_hash("trade_id", message.trade_id)
    check_hash("notice_hash", message.notice_hash)
    return message.trade_id, message.notice_hash


def encode_answer(own_name: str, order: BrokerOrder) -> bytes:
    """The accounts of an order kept here."""
    answer = pb.TradeAccountsResponse(tokens=account_to_message(CashAccount(own_name, order.tokens_key)))
    if order.cash_key:
        answer.cash.CopyFrom(account_to_message(CashAccount(own_name, order.cash_key)))
    return deterministic_bytes(answer)


def decode_answer(peer: str, own_keys: Collection[bytes], body: bytes) -> TradeAccounts:
    """What the other node named; raises ``BadTradeAccounts`` for accounts that cannot be its own, ``DecodeError``."""
    message = strict_parse(pb.TradeAccountsResponse, body, max_bytes=_MAX_ANSWER_BYTES)
    named = [message.tokens, message.cash] if message.HasField("cash") else [message.tokens]
    keys: list[bytes] = []
    for account in map(account_from_message, named):
        if account.node != peer:
            raise BadTradeAccounts(peer, f"an account at {account.node}, not its own")
        try:
            decode_single_key(account.key)
        except DecodeError as error:
            raise BadTradeAccounts(peer, f"no account's key: {error}") from error
        if account.key in own_keys:
            raise BadTradeAccounts(peer, "the key of an account kept here")
        keys.append(account.key)
    return TradeAccounts(keys[0], keys[1] if len(keys) > 1 else b"")


class TradeAccountsDesk:
    """Answers for one custodian node."""

    def __init__(self, own_name: str, database: NodeDatabase) -> None:
        self._own_name = own_name
        self._database = database

    async def handle(self, asker: PeerIdentity, body: bytes) -> bytes:
        """Handler of ``exchange.trade_accounts``; changes nothing.

        Raises ``NoticeNotHere``, ``TradeNotYours``, ``NoticeDiffers``, ``ExecutionVoid``, and why the execution fits no
        order here.
        """
        trade_id, notice_hash = decode_request(body)
        order = await self._database.read(
            partial(_order_for, own_name=self._own_name, asker=asker.name, trade_id=trade_id, notice_hash=notice_hash)
        )
        return encode_answer(self._own_name, order)


def _order_for(connection: Connection, own_name: str, asker: str, trade_id: bytes, notice_hash: bytes) -> BrokerOrder:
    recorded = find_notice(connection, trade_id)
    if recorded is None:
        raise NoticeNotHere(trade_id)
    notice = recorded.notice
    sides = sides_kept_by(notice, own_name)
    if len(sides) != 1 or custodian_of(notice, other_side(sides[0])) != asker:
        raise TradeNotYours(asker, trade_id)
    if sha256(notice.encode()) != notice_hash:
        raise NoticeDiffers(trade_id, recorded.tx_id)
    if recorded.standing is not NoticeStanding.GOOD:
        raise ExecutionVoid(trade_id, recorded.standing.name)
    return order_of_side(connection, trade_id, sides[0])


def order_of_side(connection: Connection, trade_id: bytes, side: TradeSide) -> BrokerOrder:
    """The order here that an execution is of; raises ``NoticeNotHere``, ``ExecutionVoid``, or why it fits no order."""
    found = find_execution(connection, trade_id, side)
    if found is None:
        raise NoticeNotHere(trade_id)  # it is recorded, and will be judged in a moment
    if found.status is ExecutionStatus.WITHDRAWN:
        raise ExecutionVoid(trade_id, found.status.name)
    order = find_order(connection, found.order_id)
    if found.status is ExecutionStatus.REFUSED or order is None:
        raise refusal_of(found.reason, trade_id)
    return order
