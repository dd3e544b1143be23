"""What must hold of a ledger: at every commit, and when all is quiet again. Each rule gives its violations as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.requests import AckPacket, IssueCash, MoveCash, RedeemCash
from chains.progmat.flows.steps import ENDS, FlowStep
from chains.progmat.node.roles import ValidatorRole
from chains.progmat.notary.journal import genesis as empty_journal
from chains.progmat.vault.errors import CoinsUnderFreshKeys, InsufficientFunds
from tests.fakes.ledger_parties import NN, SN
from tests.simulator.ledger import SimulatedLedger
from tests.simulator.machine import Machine
from tests.simulator.parties import PARAMETERS
from tests.simulator.records import FoundFlow, Records, has_vault
from tests.simulator.workload import Users

UNREAD_TICKS: Final = 8
"""A tick comes every five seconds, and a read may be under way: as much as a Validator may be behind at any time."""

_OWED_BY_DONE: Final = (
    "SELECT effect_key FROM outbox JOIN flows ON flow_id = substr(effect_key, 1, instr(effect_key, '|') - 1) "
    "WHERE status = 'PENDING' AND step = 'DONE'"
)

Rule = Callable[[SimulatedLedger, Records, Users], Iterator[str]]


def every_flow_ended(_ledger: SimulatedLedger, records: Records, _users: Users) -> Iterator[str]:
    """With or without success."""
    for flow in records.flows:
        if flow.step not in ENDS:
            yield f"{flow.flow_id} at {flow.node} stands at {flow.step.value} ({flow.reason})"


def nothing_is_owed_or_held(_ledger: SimulatedLedger, records: Records, _users: Users) -> Iterator[str]:
    """Outboxes are empty, soft locks are gone."""
    for vault in records.vaults.values():
        if vault.owed:
            yield f"{vault.name} owes {vault.owed} deliveries"
        if vault.soft_locks:
            yield f"{vault.name} holds {vault.soft_locks} soft locks for no flow"


def no_state_is_consumed_twice(_ledger: SimulatedLedger, records: Records, _users: Users) -> Iterator[str]:
    """By recorded transactions, anywhere."""
    for ref, consumers in records.consumers().items():
        if len(consumers) > 1:
            yield f"{ref} is consumed by {', '.join(sorted(tx_id.hex() for tx_id in consumers))}"


def coins_are_what_was_issued_and_not_redeemed(
    _ledger: SimulatedLedger, records: Records, users: Users
) -> Iterator[str]:
    """The issuer's vault, account by account, against the requests that are DONE."""
    expected: Counter[tuple[str, bytes]] = Counter()
    for flow in records.flows:
        if flow.step is FlowStep.DONE:
            expected.update(_effect(flow, users))
    found: Counter[tuple[str, bytes]] = Counter()
    accounts = dict(records.vaults[SN.name].accounts)
    for ref, amount_yen, node, _ in records.vaults[SN.name].cash:
        found[(node, accounts[ref])] += amount_yen
    for account in sorted(expected.keys() | found.keys()):
        if expected[account] != found[account]:
            yield f"account {account[0]}/{account[1].hex()[:12]} holds {found[account]} yen, not {expected[account]}"


def vaults_agree_with_the_transactions(_ledger: SimulatedLedger, records: Records, _users: Users) -> Iterator[str]:
    """The issuer sees all unspent cash, a custodian that of its own accounts."""
    unspent = records.unspent()
    for vault in records.vaults.values():
        expected = unspent if vault.name == SN.name else {row for row in unspent if row[2] == vault.name}
        for ref, amount_yen, _, _ in sorted(expected - vault.cash):
            yield f"{vault.name} does not see {amount_yen} yen at {ref}"
        for ref, amount_yen, _, _ in sorted(vault.cash - expected):
            yield f"{vault.name} sees {amount_yen} yen at {ref} that are spent or never were"


def books_agree_with_the_vaults(_ledger: SimulatedLedger, records: Records, _users: Users) -> Iterator[str]:
    """What an account's entries add up to is what it holds, and a transaction is entered once."""
    for vault in records.vaults.values():
        held: Counter[tuple[str, bytes]] = Counter()
        accounts = dict(vault.accounts)
        for ref, amount_yen, node, _ in vault.cash:
            held[(node, accounts[ref])] += amount_yen
        entered: Counter[tuple[str, bytes]] = Counter()
        for (node, owner, _), change_yen in vault.entries:
            entered[(node, owner)] += change_yen
        for node, owner in sorted(held.keys() | entered.keys()):
            if held[node, owner] != entered[node, owner]:
                account = f"{node}/{owner.hex()[:12]}"
                yield f"{vault.name} holds {held[node, owner]} yen of {account}, its books say {entered[node, owner]}"
        for (node, owner, tx_id), times in Counter(entry for entry, _ in vault.entries).items():
            if times > 1:
                yield f"{vault.name} entered {tx_id.hex()} {times} times for {node}/{owner.hex()[:12]}"


def custodian_and_issuer_agree_whose_each_coin_is(
    _ledger: SimulatedLedger, records: Records, _users: Users
) -> Iterator[str]:
    """Also of coins under fresh keys."""
    register = dict(records.vaults[SN.name].accounts)
    for vault in records.vaults.values():
        for ref, account_key in sorted(vault.accounts):
            if register.get(ref) != account_key:
                yield f"{ref} is {account_key.hex()[:12]}'s to {vault.name}, to {SN.name} it is not"


def participants_have_their_transactions(_ledger: SimulatedLedger, records: Records, _users: Users) -> Iterator[str]:
    """Nobody who takes part lacks a transaction."""
    for tx_id, wire in records.wires.items():
        for name in sorted(records.concerned(wire)):
            if tx_id not in records.vaults[name].tx_ids:
                yield f"{name} lacks {tx_id.hex()}"


def flows_fail_for_lack_of_funds_only(_ledger: SimulatedLedger, records: Records, _users: Users) -> Iterator[str]:
    """Honest nodes do not get in each other's way: trouble makes a flow wait, it is no reason to fail."""
    lacking = {InsufficientFunds.reason, CoinsUnderFreshKeys.reason}
    for flow in records.flows:
        if flow.step is FlowStep.FAILED and flow.reason not in lacking:
            yield f"{flow.flow_id} at {flow.node} failed with {flow.reason}"


def flows_and_transactions_are_one_to_one(_ledger: SimulatedLedger, records: Records, _users: Users) -> Iterator[str]:
    """A DONE flow has exactly one effect, a FAILED one none, and nothing happened that no flow did."""
    done = Counter(flow.tx_id for flow in records.flows if flow.step is FlowStep.DONE)
    for tx_id, flows in done.items():
        if flows != 1 or tx_id is None or tx_id not in records.wires:
            yield f"{flows} flows are DONE by {tx_id.hex() if tx_id else 'nothing'}, recorded: {tx_id in records.wires}"
    for tx_id in sorted(records.wires.keys() - done.keys()):
        owners = [f"{flow.flow_id} {flow.step.value}" for flow in records.flows if flow.tx_id == tx_id]
        yield f"{tx_id.hex()} is recorded and no flow is DONE by it ({', '.join(owners) or 'nobody built it'})"


def the_notary_committed_what_is_recorded(ledger: SimulatedLedger, records: Records, _users: Users) -> Iterator[str]:
    """All that needed it, and nothing else."""
    committed = ledger.machines[NN].notary_disk.committed()
    needed = {tx_id for tx_id, wire in records.wires.items() if wire.needs_notarisation}
    for tx_id in sorted(committed - needed):
        yield f"the notary committed {tx_id.hex()}, nobody recorded it"
    for tx_id in sorted(needed - committed):
        yield f"{tx_id.hex()} is recorded, the notary never committed it"


def the_journal_has_no_gap(ledger: SimulatedLedger, _records: Records, _users: Users) -> Iterator[str]:
    """Positions from 1 on, each entry naming the one before, time never going back."""
    before = empty_journal(PARAMETERS.ledger_id)
    for entry in ledger.machines[NN].notary_disk.store.read_entries(0, 1_000_000):
        if (entry.position, entry.previous_hash) != (before.position + 1, before.entry_hash):
            yield f"journal entry {entry.position} does not follow {before.position}"
        if entry.time_s < before.time_s:
            yield f"the journal's time goes back at {entry.position}"
        before = entry.head


def users_got_one_answer(_ledger: SimulatedLedger, records: Records, users: Users) -> Iterator[str]:
    """The first one, for ever; and an accepted request has its flow."""
    yield from users.complaints
    found = {flow.flow_id: flow for flow in records.flows}
    for request_id, request in users.accepted.items():
        flow = found.get(request_id)
        if flow is None or flow.request != request:
            yield f"{request_id} was accepted and is not stored"
            continue
        outcome = (flow.step, flow.tx_id if flow.step is FlowStep.DONE else None)
        if users.outcomes.get(request_id, outcome) != outcome:
            yield f"{request_id} was answered {users.outcomes[request_id]} and ended {outcome}"


def validators_follow_the_journal(ledger: SimulatedLedger, _records: Records, _users: Users) -> Iterator[str]:
    """To its end, without an alarm."""
    head = ledger.machines[NN].notary_disk.store.head()
    for machine in ledger.machines.values():
        if isinstance(machine.role, ValidatorRole):
            tail = machine.role.tail
            if tail._gate.alarm is not None:
                yield f"{machine.name} stopped signing: {tail._gate.alarm}"
            if _is_behind(machine, ledger):
                yield f"{machine.name} stands at {tail.head.height}, the journal at {head.position}"


def no_program_is_broken(ledger: SimulatedLedger, _records: Records, _users: Users) -> Iterator[str]:
    """No process failed to start for another reason than its disk, and no exception was left to asyncio."""
    for machine in ledger.machines.values():
        for defect in machine.defects:
            yield f"{machine.name} does not start: {defect!r}"
    for context in ledger.loop.unhandled:
        yield f"unhandled: {context.get('message')} {context.get('exception')!r}"


RULES: Final[tuple[Rule, ...]] = (
    every_flow_ended,
    nothing_is_owed_or_held,
    no_state_is_consumed_twice,
    coins_are_what_was_issued_and_not_redeemed,
    vaults_agree_with_the_transactions,
    books_agree_with_the_vaults,
    custodian_and_issuer_agree_whose_each_coin_is,
    participants_have_their_transactions,
    flows_fail_for_lack_of_funds_only,
    flows_and_transactions_are_one_to_one,
    the_notary_committed_what_is_recorded,
    the_journal_has_no_gap,
    users_got_one_answer,
    validators_follow_the_journal,
    no_program_is_broken,
)


def is_quiet(ledger: SimulatedLedger) -> bool:
    """Whether all flows have ended and all deliveries are made."""
    ends = ", ".join(f"'{step.value}'" for step in ENDS)
    for machine in ledger.machines.values():
        if machine.role is None or _is_behind(machine, ledger):
            return False
        if has_vault(machine):
            raw = machine.disk.raw
            if raw.execute(f"SELECT 1 FROM flows WHERE step NOT IN ({ends}) LIMIT 1").fetchone():  # noqa: S608 - our words
                return False
            if raw.execute("SELECT 1 FROM outbox WHERE status = 'PENDING' LIMIT 1").fetchone():
                return False
    return True


def _is_behind(machine: Machine, ledger: SimulatedLedger) -> bool:
    """Whether a Validator has more to read than ticks that may be under way."""
    if not isinstance(machine.role, ValidatorRole):
        return False
    position = ledger.machines[NN].notary_disk.store.head().position
    return machine.role.tail.head.height < position - UNREAD_TICKS


class CommitWatcher:
    """At each commit of a vault: no more than was ever issued, nothing not final, no flow DONE that owes a delivery."""

    def __init__(self, ledger: SimulatedLedger, issued_yen: int) -> None:
        self._notary_disk = ledger.machines[NN].notary_disk
        self.issued_yen = issued_yen
        self.violations: list[str] = []

    def __call__(self, machine: Machine) -> None:
        """See ``machine.Watcher``."""
        if machine.party is NN or not has_vault(machine):
            return
        raw = machine.disk.raw
        (shown_yen,) = raw.execute("SELECT coalesce(sum(amount), 0) FROM vault_holdings WHERE NOT consumed").fetchone()
        if shown_yen > self.issued_yen:
            self.violations.append(f"{machine.name} shows {shown_yen} yen, {self.issued_yen} were ever issued")
        committed = self._notary_disk.committed()
        for (tx_id,) in raw.execute("SELECT DISTINCT tx_id FROM vault_holdings"):
            if tx_id not in committed:
                self.violations.append(f"{machine.name} shows cash of {tx_id.hex()}, which is not final")
        for (effect_key,) in raw.execute(_OWED_BY_DONE):
            self.violations.append(f"{machine.name} calls a flow DONE that owes {effect_key}")


def _effect(flow: FoundFlow, users: Users) -> dict[tuple[str, bytes], int]:
    request: AnyRequest = flow.request
    match request:
        case IssueCash(amount_yen=amount_yen, to=to):
            return {(to.node, to.key): amount_yen}
        case RedeemCash(amount_yen=amount_yen, from_account_key=key):
            return {(flow.node, key): -amount_yen}
        case MoveCash(amount_yen=amount_yen, from_account_key=key, to=to):
            moved = Counter({(flow.node, key): -amount_yen})
            moved.update({(to.node, to.key): amount_yen})
            return dict(moved)
        case AckPacket() if flow.flow_id in users.delivered:
            cash = users.delivered[flow.flow_id].cash
            return {
                (cash.buyer.node, cash.buyer.key): -cash.amount_yen,
                (cash.seller.node, cash.seller.key): cash.amount_yen,
            }
        case _:  # locked cash is its buyer's still; the others move none
            return {}
