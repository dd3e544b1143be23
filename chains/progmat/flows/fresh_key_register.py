"""Whose account each coin under a fresh key belongs to: an issuer's duty to know, and a custodian's own books.

The issuer countersigns no coin of its own under a fresh key before it has, in writing and stored, both keys' word for
the account behind it. What it meets as final and cannot name (its records were restored), it does not record before the
custodian has shown it. A custodian finds its own accounts' keys again from the transaction itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import partial

from sqlalchemy import Connection

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.names import CASH
from chains.progmat.flows.errors import CountersignRefused
from chains.progmat.flows.fresh_key_codec import encode_statement
from chains.progmat.flows.fresh_key_desk import FreshKeyDesk
from chains.progmat.flows.fresh_key_errors import BadFreshKey, HolderNotShown
from chains.progmat.flows.own_fresh_keys import Origin, OwnFreshKeys, fresh_outputs
from chains.progmat.flows.seams import NodeSelf, Role
from chains.progmat.node.storage import NodeDatabase
from chains.progmat.transactions.fresh_keys import FreshKeyStatement, tag_of_output
from chains.progmat.transactions.model import StateRef, TransactionState
from chains.progmat.transactions.wire import WireTransaction
from chains.progmat.vault.fresh_keys import FreshKeyRecord, enter_fresh_keys, fresh_key_records

Statements = Iterable[FreshKeyStatement]


class FreshKeyRegister:
    """One node's, issuer or custodian or both."""

    def __init__(self, me: NodeSelf, database: NodeDatabase, desk: FreshKeyDesk, own: OwnFreshKeys) -> None:
        self._me = me
        self._database = database
        self._desk = desk
        self._own = own

    # ---- an issuer ----

    async def require_disclosed(
        self, asker: str, wire: WireTransaction, statements: tuple[FreshKeyStatement, ...]
    ) -> None:
        """Store who holds the coins that ``wire`` makes of ours; write before sign.

        Raises ``CountersignRefused`` when a holder is not disclosed, or another one is, and ``BadFreshKey``.
        """
        given = {statement.fresh_key: statement for statement in statements}
        if len(given) != len(statements):
            raise CountersignRefused(self._me.name, "two statements are about one fresh key")
        spending: list[bytes] = []
        shown: list[FreshKeyStatement] = []
        for index, cash in self._of_ours(wire):
            statement = given.pop(cash.owner, None)
            if statement is not None:
                self._check(asker, wire, index, cash, statement)
                shown.append(statement)
            elif cash.owner in wire.required_signers:
                spending.append(cash.owner.encoded())
            else:
                raise CountersignRefused(self._me.name, f"the holder of its coin in output {index} is not disclosed")
        if given:
            raise CountersignRefused(self._me.name, "a statement is about no coin of this transaction")
        if spending or shown:
            await self._database.submit(partial(self._enter_disclosed, asker=asker, shown=shown, spending=spending))

    async def require_known(self, wire: WireTransaction) -> None:
        """Have the holders of the coins that a final transaction makes of ours in the records, asking their custodians.

        Not of change that goes back to a key that paid: its holder is known since that coin came, recorded earlier.
        Raises ``HolderNotShown``, ``BadFreshKey``, and what the network raises.
        """
        coins = {
            cash.owner.encoded(): (index, cash)
            for index, cash in self._of_ours(wire)
            if cash.owner not in wire.required_signers
        }
        if not coins:
            return
        known = await self._database.look_up(partial(fresh_key_records, keys=tuple(coins)))
        lacking: dict[str, list[bytes]] = defaultdict(list)
        for key, (_, cash) in coins.items():
            if key not in known and cash.node != self._me.name:
                lacking[cash.node].append(key)
        for node, keys in lacking.items():
            shown = {item.fresh_key.encoded(): item for item in await self._desk.ask_to_show(node, keys)}
            for key in keys:
                if key not in shown:
                    raise HolderNotShown(node, key)
                self._check(node, wire, *coins[key], shown[key])
            wanted = [shown[key] for key in keys]
            await self._database.submit(partial(self._enter_disclosed, asker=node, shown=wanted, spending=[]))

    def _of_ours(self, wire: WireTransaction) -> list[tuple[int, CashState]]:
        if Role.ISSUER not in self._me.roles:
            return []
        return [(index, cash) for index, cash in fresh_outputs(wire) if cash.issuer.name == self._me.name]

    def _check(
        self, peer: str, wire: WireTransaction, index: int, cash: CashState, statement: FreshKeyStatement
    ) -> None:
        """It is about this very output, which the transaction's own salt tells. Raises ``BadFreshKey``."""
        if statement.fresh_key != cash.owner or statement.tag != tag_of_output(self._own.ledger_id, wire.salt, index):
            raise BadFreshKey(peer, "it is about another coin than this transaction makes")
        self._desk.check(peer, cash.node, statement)

    def _enter_disclosed(
        self, connection: Connection, *, asker: str, shown: list[FreshKeyStatement], spending: list[bytes]
    ) -> None:
        known = fresh_key_records(connection, [*(item.fresh_key.encoded() for item in shown), *spending])
        for key in spending:
            if key not in known:
                raise CountersignRefused(self._me.name, f"the holder of the fresh key {key.hex()} was never disclosed")
        records = [record_of_statement(item) for item in shown]
        for record in records:
            before = known.get(record.fresh_key)
            if before is not None and (before.node, before.account_key) != (record.node, record.account_key):
                raise BadFreshKey(asker, "its fresh key belongs to another account")
        enter_fresh_keys(connection, records, known)

    # ---- a custodian ----

    def learn(self, connection: Connection, wire: WireTransaction, inputs: Mapping[StateRef, TransactionState]) -> None:
        """Enter whose the fresh keys of coins for this node's accounts are, before the coins are recorded.

        Whoever asked for them built the transaction: this node, the issuer, or the custodian of a coin it consumes.
        """
        mine = [(index, cash) for index, cash in fresh_outputs(wire) if cash.node == self._me.name]
        if not mine:
            return
        known = fresh_key_records(connection, [cash.owner.encoded() for _, cash in mine])
        payers = {CashState.of(state).node for state in inputs.values() if state.contract == CASH}
        found = []
        for index, cash in mine:
            before = known.get(cash.owner.encoded())
            if before is None or not before.asker:
                askers = dict.fromkeys((*sorted(payers), self._me.name, cash.issuer.name))
                tag = tag_of_output(self._own.ledger_id, wire.salt, index)
                origin = self._own.find(cash.owner, askers, tag)
                if origin is not None:
                    found.append(record_of_origin(self._me.name, cash, origin))
        enter_fresh_keys(connection, found, known)


def record_of_statement(statement: FreshKeyStatement) -> FreshKeyRecord:
    """What an issuer keeps of a holder."""
    return FreshKeyRecord(
        fresh_key=statement.fresh_key.encoded(),
        node=statement.node,
        account_key=statement.account_key.encoded(),
        asker="",
        tag=statement.tag,
        statement=encode_statement(statement),
    )


def record_of_origin(own_name: str, cash: CashState, origin: Origin) -> FreshKeyRecord:
    """What a custodian keeps of a key of its own."""
    return FreshKeyRecord(
        fresh_key=cash.owner.encoded(),
        node=own_name,
        account_key=origin.account_key.encoded(),
        asker=origin.asker,
        tag=origin.tag,
        statement=b"",
    )
