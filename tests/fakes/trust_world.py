"""A trustee's records without a network: its vault over the real contracts' states, its flows' rows, its trust."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.cash_codec import CoinKind
from chains.progmat.contracts.coin import CoinState
from chains.progmat.flows.issue_permits import issue_permits_metadata
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.schema import flows, flows_metadata
from chains.progmat.flows.seams import NodeSelf, Role
from chains.progmat.flows.steps import FlowStep
from chains.progmat.market.bank.tables import bank_metadata
from chains.progmat.market.people.acts import Act
from chains.progmat.market.trust import deposits
from chains.progmat.market.trust.deposits import Announcement, Deposit
from chains.progmat.market.trust.following import Followed, follow, has_to_follow
from chains.progmat.market.trust.reconciling import Reconciliation, reconcile
from chains.progmat.market.trust.tables import trust_metadata
from chains.progmat.node.database_location import DatabaseLocation
from chains.progmat.node.storage import insert
from chains.progmat.node.storage.engine import Access, engine_for
from chains.progmat.node.storage.schema import prepare_schema
from chains.progmat.node.vault_reading import vault_rules
from chains.progmat.transactions.model import StateRef, TransactionState
from chains.progmat.vault.books import RecordMark
from chains.progmat.vault.entry_lines import EntryKind
from chains.progmat.vault.recording import record_transaction
from chains.progmat.vault.schema import vault_metadata
from ibc.dvp import CashAccount
from tests.fakes.ledger_parties import BUYER, CN_A, CN_B, COIN_ID, NN, SELLER, SN, STRANGER, LedgerParty
from tests.fakes.vault_world import Tx, tx

CLERK = Act("clerk-1", "approver-1")
RULES = vault_rules(NodeSelf(SN.party, frozenset({Role.ISSUER}), 1))
PLACES: tuple[tuple[LedgerParty, LedgerParty], ...] = ((BUYER, CN_B), (SELLER, CN_A), (STRANGER, CN_A))
"""Accounts, each with its intermediary: two of one intermediary, one of another."""


@dataclass
class TrustWorld:
    """``held`` is what a test knows to be unspent: by reference, the coin, and whether a lock holds it."""

    connection: Connection
    now_ms: int = 1_800_000_000_000
    count: int = 0
    in_bank_yen: int = 0
    held: dict[StateRef, tuple[CashState, bool]] = field(default_factory=dict)

    @classmethod
    def of(cls, connection: Connection, coin_id: str = COIN_ID) -> TrustWorld:
        """With one registered coin."""
        world = cls(connection)
        world.register(coin_id)
        return world

    def register(self, coin_id: str) -> None:
        """Another coin, approved by somebody."""
        coin = CoinState(coin_id, SN.party, CoinKind.RETAIL, (STRANGER.key,))
        self._record(coin.as_output(NN.party))

    # ---- the ledger ----

    def coin(self, amount_yen: int, place: tuple[LedgerParty, LedgerParty], coin_id: str = COIN_ID) -> CashState:
        """An amount in one of the places."""
        owner, node = place
        return CashState(coin_id, SN.party, amount_yen, owner.key, node.name, kind=CoinKind.RETAIL)

    def make(self, spent: list[StateRef], *made: CashState, locked: bool = False) -> Tx:
        """A recorded ledger_tx; ``locked``: its first output is encumbered, as under a lock."""
        outputs = [
            coin.as_output(NN.party, encumbrance=0 if locked and not index else None) for index, coin in enumerate(made)
        ]
        recorded = self._record(*outputs, inputs=tuple(spent))
        for ref in spent:
            del self.held[ref]
        for index, coin in enumerate(made):
            self.held[recorded.ref(index)] = (coin, locked and not index)
        return recorded

    def _record(self, *outputs: TransactionState, inputs: tuple[StateRef, ...] = ()) -> Tx:
        self.count += 1
        self.now_ms += 1
        made = tx(f"trust {self.count}", *outputs, inputs=inputs)
        record_transaction(self.connection, made, RULES, RecordMark(self.now_ms, 0, EntryKind.OTHER))
        return made

    # ---- the trust ----

    def announce(self, amount_yen: int, place: tuple[LedgerParty, LedgerParty], coin_id: str = COIN_ID) -> Deposit:
        """A deposit for an account."""
        self.count += 1
        owner, node = place
        wanted = Announcement(f"d-{self.count}", coin_id, amount_yen, CashAccount(node.name, owner.key.encoded()))
        return deposits.announce(self.connection, wanted, "clerk-1", self.now_ms)

    def confirm(self, announced: Deposit) -> Deposit:
        """The yen are in."""
        wanted = announced.announced
        reference = f"bank {wanted.deposit_id}"
        return deposits.confirm(self.connection, wanted.deposit_id, wanted.amount_yen, reference, CLERK, self.now_ms)

    def issue(self, confirmed: Deposit) -> Tx:
        """What the deposit's flow does: the coin on the ledger, and the flow's row with the transaction's id."""
        wanted = confirmed.announced
        (place,) = [place for place in PLACES if place[0].key.encoded() == wanted.to.key]
        made = self.make([], self.coin(wanted.amount_yen, place, wanted.coin_id))
        self.flow(confirmed.flow_id, FlowStep.DONE, bytes(made.id))
        return made

    def flow(self, flow_id: str, step: FlowStep, tx_id: bytes | None = None) -> None:
        """A row of the flows' table."""
        text = dict.fromkeys(("last_error_reason", "last_error", "waiting_on", "wish", "story"), "")
        times = dict.fromkeys(("since_ms", "created_ms", "updated_ms", "next_attempt_ms"), 0)
        values = {"flow_id": flow_id, "kind": FlowKind.ISSUE_CASH.value, "request": b"", "step": step.value}
        self.connection.execute(
            insert(flows).values(**values, **text, **times, tx_id=tx_id, journal_position=0, attempts=0)
        )

    def follow(self, most: int = 1000) -> list[Followed]:
        """Batch by batch until nothing is left."""
        done = []
        while has_to_follow(self.connection, SN.name):
            done.append(follow(self.connection, SN.name, self.now_ms, most))
            if not done[-1].is_behind:
                break
        return done

    def reconcile(self, coin_id: str = COIN_ID) -> Reconciliation:
        """The coin's table."""
        return reconcile(self.connection, SN.name, coin_id)

    def unspent_by_node(self) -> dict[str, int]:
        """What the test knows to be unspent."""
        totals: dict[str, int] = {}
        for coin, _ in self.held.values():
            totals[coin.node] = totals.get(coin.node, 0) + coin.amount_yen
        return totals


@contextlib.contextmanager
def trust_at(at: DatabaseLocation) -> Iterator[Connection]:
    """An open database transaction over a new database with the tables of a trustee."""
    schemas = [vault_metadata, flows_metadata, issue_permits_metadata, trust_metadata, bank_metadata]
    with engine_for(at, Access.WRITE).connect() as connection, connection.begin():
        prepare_schema(connection, str(at), SN.name, schemas)
        yield connection


def frozen(coin: CashState) -> CashState:
    """The same, with the other mark."""
    return replace(coin, frozen=not coin.frozen)
