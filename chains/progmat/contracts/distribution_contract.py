"""Contract ``distribution``: who held a security on a record date is paid exactly his line, once.

``Open`` is the registrar's, under an id of its own: it vouches for the lines, which the command carries whole. ``Pay``
goes with one ``Move`` of ``cash`` out of the payer's account, or one ``Issue`` of a utility token, and with nothing
else: it consumes the part's state, makes the next one, and gives the accounts of one batch exactly their lines, proved
under the state's root; what is left goes back to the payer. ``Cancel`` is the registrar's, before the first payment.

The registrar does not sign payments: it has signed for the lines, and the chain of states admits nothing else. The
payer signs each payment, so nothing leaves its account because somebody opened a distribution.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Final

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.cash_codec import OwnerKind
from chains.progmat.contracts.distribution import (
    CANCEL,
    OPEN,
    PAY,
    DistributionMedium,
    DistributionState,
    Subject,
    registrars_mark,
)
from chains.progmat.contracts.distribution_lines import Line, decode_batch, decode_lines
from chains.progmat.contracts.errors import DistributionViolation
from chains.progmat.contracts.holdings import ISSUE, MOVE
from chains.progmat.contracts.membership import BusinessNetwork, MemberRole, ReferencedMembers
from chains.progmat.contracts.names import CASH, DISTRIBUTION, UTILITY_TOKEN
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.contracts.token import TokenState
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import Command, ProvableWrite, TransactionState
from chains.progmat.transactions.network_parameters import NetworkParameters
from primitives.composite_key import Key

_PAID_BY: Final = {DistributionMedium.COIN: (CASH, MOVE), DistributionMedium.UTILITY: (UTILITY_TOKEN, ISSUE)}

_Paid = tuple[str, bytes, int]
"""Node, account key and amount of an output."""

_rules = RuleBook(DistributionViolation)


class DistributionContract:
    """See the module's docstring."""

    name = DISTRIBUTION
    version = 1

    def verify(
        self,
        ledger_tx: LedgerTransaction,
        package: ContractPackage,  # noqa: ARG002 # the protocol's signature; nothing of another chain is proved
        parameters: NetworkParameters,  # noqa: ARG002 # as above
    ) -> tuple[ProvableWrite, ...]:
        """Nothing provable is written: always the empty tuple. Raises DistributionViolation, MembershipViolation."""
        command = _rules.one("a transaction is about one part", ledger_tx.commands_of(DISTRIBUTION))
        match command.name:
            case "Open":
                _verify_open(ledger_tx, command)
            case "Pay":
                _verify_pay(ledger_tx, command)
            case "Cancel":
                _verify_cancel(ledger_tx, command)
            case _:
                known = f"{OPEN}, {PAY}, {CANCEL}"
                raise _rules.broken("the distribution's command is known", expected=known, found=command.name)
        return ()

    def participants(
        self,
        state: TransactionState,
        parameters: NetworkParameters,  # noqa: ARG002 # the protocol's signature
    ) -> tuple[Key, ...]:
        """The payer and the registrar."""
        subject = DistributionState.of(state).subject
        return (subject.payer_key, subject.registrar.key)


def _verify_open(ledger_tx: LedgerTransaction, command: Command) -> None:
    _nothing_else_happens(ledger_tx, (DISTRIBUTION, OPEN))
    _rules.none("a part is opened out of nothing", ledger_tx.inputs)
    opened = DistributionState.of(_rules.one("one part is opened", ledger_tx.outputs))
    lines = decode_lines(command.data)
    _rules.equal("nothing is paid of it", expected=0, found=opened.next_batch)
    _rules.equal("its batches are those of the lines", expected=lines.batch_count, found=opened.batches)
    _rules.equal("its total is that of the lines", expected=lines.total, found=opened.total)
    _rules.equal("its root is that of the lines", expected=lines.root, found=opened.lines_root)
    registrar = opened.subject.registrar
    if not opened.subject.has_its_registrars_mark:
        found = opened.subject.distribution_id
        raise _rules.broken("the id is the registrar's", expected=registrars_mark(registrar.name), found=found)
    _rules.signed_by(f"registrar {registrar.name} signs", signer=registrar.key, signers=ledger_tx.signers)
    ReferencedMembers(ledger_tx).active_party(registrar, BusinessNetwork.ST, MemberRole.REGISTRAR)


def _verify_cancel(ledger_tx: LedgerTransaction, command: Command) -> None:
    _nothing_else_happens(ledger_tx, (DISTRIBUTION, CANCEL))
    _rules.equal("a cancellation carries no data", expected=b"", found=command.data)
    cancelled = DistributionState.of(_rules.one("one part is cancelled", ledger_tx.inputs).state)
    _rules.none("a cancelled part leaves nothing", ledger_tx.outputs)
    _rules.equal("a part is cancelled before its first payment", expected=0, found=cancelled.next_batch)
    registrar = cancelled.subject.registrar
    _rules.signed_by(f"registrar {registrar.name} signs", signer=registrar.key, signers=ledger_tx.signers)


def _verify_pay(ledger_tx: LedgerTransaction, command: Command) -> None:
    consumed = _rules.one("one part is paid", ledger_tx.inputs_of(DISTRIBUTION))
    state = DistributionState.of(consumed.state)
    _nothing_else_happens(ledger_tx, (DISTRIBUTION, PAY), _PAID_BY[state.subject.medium])
    made = DistributionState.of(_rules.one("the part goes on", ledger_tx.outputs_of(DISTRIBUTION)))
    if state.is_paid:
        raise _rules.broken("a part is paid once", expected=f"{state.batches} batches", found="all paid")
    _rules.equal("one batch is paid", expected=replace(state, next_batch=state.next_batch + 1), found=made)
    batch = decode_batch(command.data)
    _rules.equal("batches are paid in order", expected=state.next_batch, found=batch.number)
    if not batch.is_under(state.lines_root, state.batches):
        raise _rules.broken("the batch is the one the registrar signed for", expected=state.lines_root, found="another")
    subject = state.subject
    _rules.signed_by("the payer signs", signer=subject.payer_key, signers=ledger_tx.signers)
    if subject.medium is DistributionMedium.COIN:
        _verify_coins(ledger_tx, subject, state.node, batch.lines)
    else:
        _verify_units(ledger_tx, subject, state.node, batch.lines)


def _verify_coins(ledger_tx: LedgerTransaction, subject: Subject, node: str, lines: tuple[Line, ...]) -> None:
    payer = (subject.payer.node, subject.payer.key)
    for state in ledger_tx.inputs_of(CASH):
        coin = CashState.of(state.state)
        _rules.equal("the payer pays", expected=payer, found=(coin.node, coin.owner.encoded()))
    paid: Counter[_Paid] = Counter()
    for output in ledger_tx.outputs_of(CASH):
        coin = CashState.of(output)
        _rules.equal("it is paid in the coin", expected=(subject.asset_id, subject.keeper), found=_named(coin))
        _rules.equal("accounts are paid under their own keys", expected=OwnerKind.ACCOUNT, found=coin.owner_kind)
        paid[coin.node, coin.owner.encoded(), coin.amount_yen] += 1
    for change_node, change_key, _ in _beyond_the_lines(paid, node, lines):
        _rules.equal("what is left goes back to the payer", expected=payer, found=(change_node, change_key))


def _verify_units(ledger_tx: LedgerTransaction, subject: Subject, node: str, lines: tuple[Line, ...]) -> None:
    granted: Counter[_Paid] = Counter()
    for output in ledger_tx.outputs_of(UTILITY_TOKEN):
        token = TokenState.of(output)
        found = (token.token_id, token.registrar.name, token.expires_s)
        _rules.equal(
            "the units are of the token", expected=(subject.asset_id, subject.keeper, subject.expires_s), found=found
        )
        granted[token.node, token.owner.encoded(), token.quantity] += 1
    _rules.none("nobody else is granted units", list(_beyond_the_lines(granted, node, lines)))


def _beyond_the_lines(made: Counter[_Paid], node: str, lines: tuple[Line, ...]) -> Counter[_Paid]:
    """The outputs that are no line's; raises DistributionViolation for a line without its output."""
    wanted = Counter((node, line.account_key, line.amount) for line in lines)
    missing = wanted - made
    if missing:
        _, key, amount = next(iter(missing))
        raise _rules.broken("each account gets its line", expected=f"{amount} to {key.hex()}", found="not there")
    return made - wanted


def _named(coin: CashState) -> tuple[str, str]:
    return coin.coin_id, coin.issuer.name


def _nothing_else_happens(ledger_tx: LedgerTransaction, *expected: tuple[str, str]) -> None:
    found = sorted((command.contract, command.name) for command in ledger_tx.commands)
    _rules.equal("the part is dealt with, and nothing else happens", expected=sorted(expected), found=found)
    known = {contract for contract, _ in expected}
    others = [state for state in ledger_tx.outputs if state.contract not in known]
    others += [state.state for state in ledger_tx.inputs if state.state.contract not in known]
    _rules.none("no other states are concerned", others)
