"""One ledger, three vaults: whatever order and however often its transactions come, the custodians' books add up to the
registrar's and the issuer's, every balance is the sum of its entries, and none is ever negative.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import Connection, select

from chains.progmat.transactions.model import StateRef, TransactionState
from chains.progmat.vault.books import RecordMark
from chains.progmat.vault.entry_lines import EntryKind
from chains.progmat.vault.holdings import balances
from chains.progmat.vault.indexing import Asset, VaultRules, keep_everything, keep_for_custodian
from chains.progmat.vault.recording import record_transaction
from chains.progmat.vault.schema import entries
from chains.progmat.vault.statement import entry_of
from ibc.dvp import CashAccount
from tests.fakes.vault_world import ALICE, BOB, BOND, RULES, WSC, Tx, cash, tokens, tx, vault_at

ACCOUNTS = (ALICE, BOB)
ASSETS = (WSC, BOND)
KEPT = {"all": keep_everything, **{account.node: keep_for_custodian(account.node) for account in ACCOUNTS}}
Place = tuple[Asset, CashAccount]


def amount(asset: Asset, account: CashAccount, of: int) -> TransactionState:
    return cash(account, of) if asset == WSC else tokens(account, of)


class LedgerMachine(RuleBasedStateMachine):
    """The ledger makes valid transactions; each vault gets them when it gets them, again, and after restarts."""

    @initialize()
    def open(self) -> None:
        self.stack = contextlib.ExitStack()
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.opened: dict[str, contextlib.ExitStack] = {}
        self.vaults: dict[str, Connection] = {}
        for name in KEPT:
            self._open(name)
        self.count = self.now_ms = 0
        self.unspent: dict[StateRef, tuple[Place, int]] = {}
        self.owned: Counter[Place] = Counter()
        self.made: list[tuple[Tx, dict[StateRef, TransactionState], EntryKind]] = []
        self.due: dict[str, list[int]] = {name: [] for name in KEPT}

    def _open(self, name: str) -> None:
        self.opened[name] = contextlib.ExitStack()
        self.vaults[name] = self.opened[name].enter_context(vault_at(self.folder / f"{name}.sqlite"))

    def happens(
        self, kind: EntryKind, outputs: list[tuple[Place, int]], taken: list[StateRef], withheld: frozenset[str]
    ) -> None:
        self.count += 1
        inputs = {ref: amount(*self.unspent[ref][0], self.unspent[ref][1]) for ref in taken}
        made = tx(f"tx {self.count}", *(amount(*place, of) for place, of in outputs), inputs=tuple(taken))
        for ref in taken:
            place, of = self.unspent.pop(ref)
            self.owned[place] -= of
        for number, (place, of) in enumerate(outputs):
            self.unspent[made.ref(number)] = (place, of)
            self.owned[place] += of
        self.made.append((made, inputs, kind))
        for name in KEPT:
            self.due[name].append(len(self.made) - 1)
            if name not in withheld:
                self.arrives(name, len(self.made) - 1)

    def arrives(self, name: str, number: int) -> None:
        made, inputs, kind = self.made[number]
        rules = VaultRules(RULES.indexers, KEPT[name])
        record_transaction(self.vaults[name], made, rules, RecordMark(self.now_ms, 0, kind, inputs))
        if number in self.due[name]:
            self.due[name].remove(number)

    def take(self, data: st.DataObject, asset: Asset) -> tuple[Place, list[StateRef], int]:
        places = sorted({place for place, _ in self.unspent.values() if place[0] == asset}, key=repr)
        place = data.draw(st.sampled_from(places))
        refs = [ref for ref, (at, _) in self.unspent.items() if at == place][: data.draw(st.integers(1, 3))]
        return place, refs, sum(self.unspent[ref][1] for ref in refs)

    def has(self, asset: Asset) -> bool:
        return any(place[0] == asset for place, _ in self.unspent.values())

    @rule(
        asset=st.sampled_from(ASSETS),
        to=st.sampled_from(ACCOUNTS),
        of=st.integers(1, 50),
        withheld=st.frozensets(st.sampled_from(sorted(KEPT))),
    )
    def issue(self, asset: Asset, to: CashAccount, of: int, withheld: frozenset[str]) -> None:
        self.happens(EntryKind.ISSUE, [((asset, to), of)], [], withheld)

    @precondition(lambda self: self.unspent)
    @rule(data=st.data(), to=st.sampled_from(ACCOUNTS), withheld=st.frozensets(st.sampled_from(sorted(KEPT))))
    def move_or_redeem(self, data: st.DataObject, to: CashAccount, withheld: frozenset[str]) -> None:
        asset = data.draw(st.sampled_from([asset for asset in ASSETS if self.has(asset)]))
        place, refs, total = self.take(data, asset)
        given = data.draw(st.integers(1, total))
        redeemed = data.draw(st.booleans())
        outputs = [] if redeemed else [((asset, to), given)]
        outputs += [(place, total - given)] if total > given else []
        self.happens(EntryKind.REDEEM if redeemed else EntryKind.MOVE, outputs, refs, withheld)

    @precondition(lambda self: self.has(WSC) and self.has(BOND))
    @rule(data=st.data(), withheld=st.frozensets(st.sampled_from(sorted(KEPT))))
    def settle(self, data: st.DataObject, withheld: frozenset[str]) -> None:
        (_, seller), bonds, bonds_total = self.take(data, BOND)
        (_, buyer), coins, coins_total = self.take(data, WSC)
        sold, paid = data.draw(st.integers(1, bonds_total)), data.draw(st.integers(1, coins_total))
        outputs = [((BOND, buyer), sold), ((WSC, seller), paid)]
        outputs += [((BOND, seller), bonds_total - sold)] if bonds_total > sold else []
        outputs += [((WSC, buyer), coins_total - paid)] if coins_total > paid else []
        self.happens(EntryKind.DVP, outputs, [*bonds, *coins], withheld)

    @precondition(lambda self: any(self.due.values()))
    @rule(data=st.data())
    def a_late_one_arrives(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from([name for name, due in self.due.items() if due]))
        self.arrives(name, data.draw(st.sampled_from(self.due[name])))

    @precondition(lambda self: self.made)
    @rule(data=st.data(), name=st.sampled_from(sorted(KEPT)))
    def one_comes_again(self, data: st.DataObject, name: str) -> None:
        self.arrives(name, data.draw(st.integers(0, len(self.made) - 1)))

    @rule(name=st.sampled_from(sorted(KEPT)), milliseconds=st.integers(-20, 40))
    def a_node_restarts(self, name: str, milliseconds: int) -> None:
        self.now_ms = max(0, self.now_ms + milliseconds)
        self.opened[name].close()
        self._open(name)

    @rule()
    def everything_has_arrived(self) -> None:
        for name, due in self.due.items():
            for number in list(due):
                self.arrives(name, number)
        for name in KEPT:
            expected = {place: of for place, of in self.owned.items() if of and name in {"all", place[1].node}}
            assert {place: of for place, of in self.states_say(name).items() if of} == expected

    def states_say(self, name: str) -> Counter[Place]:
        found = balances(self.vaults[name], 0, ("SC", "ST", "UT"))
        return Counter({(line.asset, line.account): line.balance.total for line in found})

    @invariant()
    def every_balance_is_the_sum_of_its_entries_and_never_negative(self) -> None:
        if not hasattr(self, "vaults"):
            return
        for name, vault in self.vaults.items():
            sums: Counter[Place] = Counter()
            for entry in map(entry_of, vault.execute(select(entries).order_by(entries.c.sequence))):
                place = (entry.account.asset, CashAccount(entry.account.node, entry.account.owner_key))
                sums[place] += entry.change_amount
                assert entry.balance_amount == sums[place] >= 0
            assert +sums == +self.states_say(name)

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            for opened in self.opened.values():
                opened.close()
            self.stack.close()


LedgerMachine.TestCase.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
TestLedger = LedgerMachine.TestCase
