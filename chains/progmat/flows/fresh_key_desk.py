"""Asking peers for fresh keys and answering them.

Whoever pays asks the payee's node for a key (``node.fresh_key``), and shows the issuer, with the transaction to
countersign, whose the fresh keys are, its own change's among them. An issuer whose records were lost asks the
custodians again (``node.show_fresh_keys``). A payee is never told whose the payer's keys are.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy import Connection

from chains.progmat.contracts.cash import CashState
from chains.progmat.flows.clock import Clock
from chains.progmat.flows.fresh_key_codec import (
    FRESH_KEY,
    MAX_SHOWN_KEYS,
    SHOW_FRESH_KEYS,
    decode_fresh_key_request,
    decode_fresh_key_response,
    decode_show_request,
    decode_show_response,
    encode_fresh_key_request,
    encode_fresh_key_response,
    encode_show_request,
    encode_show_response,
)
from chains.progmat.flows.fresh_key_errors import BadFreshKey, TooManyFreshKeys
from chains.progmat.flows.own_fresh_keys import OwnFreshKeys, fresh_outputs
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.request_codec import decode_request
from chains.progmat.flows.requests import IssueCash, MoveCash
from chains.progmat.node.peers.seam import PeerIdentity, PeerNetwork
from chains.progmat.node.storage import NodeDatabase
from chains.progmat.transactions.fresh_keys import FreshKeyStatement, tag_of_output
from chains.progmat.transactions.wire import WireTransaction
from chains.progmat.vault.fresh_keys import FreshKeyRecord, fresh_key_records, fresh_keys_of_issuer
from ibc.dvp import CashAccount
from primitives.errors import DecodeError, Refusal

ASK_TIMEOUT_S: Final = 15.0
KEYS_A_SECOND: Final = 256
KEYS_AT_ONCE: Final = 1024
"""What a peer may ask for after a pause; then ``KEYS_A_SECOND``."""
MAX_REMEMBERED: Final = 4096


@dataclass
class _Allowance:
    keys: float
    at_ms: int


class FreshKeyDesk:
    """One node's, on both sides."""

    def __init__(self, database: NodeDatabase, network: PeerNetwork, own: OwnFreshKeys, clock: Clock) -> None:
        self._database = database
        self._network = network
        self._own = own
        self._clock = clock
        self._allowances: dict[str, _Allowance] = {}
        self._received: OrderedDict[tuple[str, bytes], FreshKeyStatement] = OrderedDict()

    # ---- answering ----

    async def handle_fresh_key(self, asker: PeerIdentity, body: bytes) -> bytes:
        """Handler of ``node.fresh_key``: raises ``AccountUnknown``, ``TooManyFreshKeys``.

        Nothing is stored: the key is found again when a transaction names it.
        """
        account_key, tag = decode_fresh_key_request(body)
        self._take_allowance(asker.name)
        return encode_fresh_key_response(self._own.statement(self._own.origin_of(account_key, asker.name, tag)))

    async def handle_show(self, asker: PeerIdentity, body: bytes) -> bytes:
        """Handler of ``node.show_fresh_keys``: of keys of accounts kept here that hold or held the asker's own coin."""
        keys = decode_show_request(body)
        self._take_allowance(asker.name, len(keys))
        found = await self._database.read(partial(_records_for_issuer, keys=keys, issuer=asker.name))
        shown = (self._own.origin_of(record.account_key, record.asker, record.tag) for record in found)
        return encode_show_response(tuple(map(self._own.statement, shown)))

    def _take_allowance(self, asker: str, keys: int = 1) -> None:
        now_ms = self._clock.now_ms()
        allowance = self._allowances.setdefault(asker, _Allowance(KEYS_AT_ONCE, now_ms))
        grown = max(0, now_ms - allowance.at_ms) * KEYS_A_SECOND / 1000
        allowance.keys, allowance.at_ms = min(KEYS_AT_ONCE, allowance.keys + grown), now_ms
        if allowance.keys < keys:
            raise TooManyFreshKeys(asker, KEYS_A_SECOND)
        allowance.keys -= keys

    # ---- asking ----

    async def ask(self, payee: CashAccount, tag: bytes) -> FreshKeyStatement:
        """A key for a payment to another node's account. Raises ``BadFreshKey`` and what the network raises.

        Asked again, the payee's node gives the same key.
        """
        known = self._received.get((payee.node, tag))
        if known is not None and known.account_key.encoded() == payee.key:
            return known
        body = encode_fresh_key_request(payee.key, tag)
        answer = await self._network.request(payee.node, FRESH_KEY, body, ASK_TIMEOUT_S)
        try:
            statement = decode_fresh_key_response(answer)
        except DecodeError as error:
            raise BadFreshKey(payee.node, str(error)) from error
        if statement.account_key.encoded() != payee.key or statement.tag != tag:
            raise BadFreshKey(payee.node, "it is about another account or another payment than was asked about")
        self.check(payee.node, payee.node, statement)
        self._received[payee.node, tag] = statement
        while len(self._received) > MAX_REMEMBERED:
            self._received.popitem(last=False)
        return statement

    async def ask_to_show(self, node: str, keys: Sequence[bytes]) -> tuple[FreshKeyStatement, ...]:
        """Whose some keys of our coin are, at the node that keeps the accounts. Raises as ``ask``."""
        found: list[FreshKeyStatement] = []
        for start in range(0, len(keys), MAX_SHOWN_KEYS):
            body = encode_show_request(tuple(keys[start : start + MAX_SHOWN_KEYS]))
            answer = await self._network.request(node, SHOW_FRESH_KEYS, body, ASK_TIMEOUT_S)
            try:
                found += decode_show_response(answer)
            except DecodeError as error:
                raise BadFreshKey(node, str(error)) from error
        return tuple(found)

    def check(self, peer: str, node: str, statement: FreshKeyStatement) -> None:
        """Return if a statement from ``peer`` is of an account at ``node``, by both keys; raises ``BadFreshKey``."""
        if statement.node != node:
            raise BadFreshKey(peer, f"it is about an account at {statement.node}, not at {node}")
        try:
            statement.verify(self._own.ledger_id)
        except Refusal as error:
            raise BadFreshKey(peer, str(error)) from error

    async def disclosed_to(
        self, record: FlowRecord, wire: WireTransaction
    ) -> Mapping[str, tuple[FreshKeyStatement, ...]]:
        """What each issuer has to be told of the coins a flow's transaction makes; raises as ``ask``.

        Not of change that goes back to a key that paid: its holder was told when the coin came.
        """
        told: dict[str, list[FreshKeyStatement]] = defaultdict(list)
        for index, cash in fresh_outputs(wire):
            if cash.owner not in wire.required_signers:
                told[cash.issuer.name].append(await self._statement(record, wire, index, cash))
        return {issuer: tuple(statements) for issuer, statements in told.items()}

    async def _statement(
        self, record: FlowRecord, wire: WireTransaction, index: int, cash: CashState
    ) -> FreshKeyStatement:
        tag = tag_of_output(self._own.ledger_id, wire.salt, index)
        if cash.node != self._own.own_name:
            request = decode_request(record.kind, record.request)
            if not isinstance(request, IssueCash | MoveCash):
                raise TypeError(f"{record.kind.value} pays nobody at another node")
            return await self.ask(request.to, tag)
        origin = self._own.find(cash.owner, (self._own.own_name,), tag)
        if origin is None:
            raise TypeError(f"output {index} of {wire.id.hex()} is under no key of an account kept here")
        return self._own.statement(origin)


def _records_for_issuer(connection: Connection, keys: Iterable[bytes], issuer: str) -> list[FreshKeyRecord]:
    """Of accounts kept here only: elsewhere nobody can make the statement."""
    its = fresh_keys_of_issuer(connection, keys, issuer)
    return [record for record in fresh_key_records(connection, its).values() if record.asker]
