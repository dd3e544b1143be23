"""What a keeper does with holdings that no owner signs for: ``Force``, ``Freeze``, ``Thaw``, ``Cancel``.

For wrongful moves, court orders and inheritance, and to bring the ledger in line with an emergency register. The keeper
signs, and one of the asset's approvers, whose keys stand in a ledger state that the transaction references and are not
the keeper's own. The command's note says why, and names two people. That a keeper registers an asset once is its node's
care: whoever uses a keeper's key without its node can register again, with an approver of his own, and only the
operator's suspension of that keeper ends it. Nothing is made or destroyed. What is frozen is consumed by ``Force`` and
``Thaw`` only.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from chains.progmat.contracts.holding_nouns import Asset, Holding, Holdings, totals_of
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.contracts.transfer_note import TransferKind, TransferNote
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import Command, StateRef
from primitives.composite_key import Key
from primitives.public_key import PublicKey

FORCE: Final = "Force"
FREEZE: Final = "Freeze"
THAW: Final = "Thaw"
CANCEL: Final = "Cancel"
KEEPERS: Final = frozenset({FORCE, FREEZE, THAW, CANCEL})
"""Commands that no owner signs."""

_KINDS: Final[Mapping[str, TransferKind]] = {
    FORCE: TransferKind.FORCED,
    CANCEL: TransferKind.CANCELLATION,
    FREEZE: TransferKind.NONE,
    THAW: TransferKind.NONE,
}

ApproversOf = Callable[[LedgerTransaction, Asset], Collection[PublicKey]]
"""The approvers' keys of an asset, from a state that the transaction references; raises if there is none."""
Account = tuple[Asset, PublicKey, str]


@dataclass(frozen=True, slots=True)
class KeeperActs:
    """The rules of these commands for one kind of asset; ``noun`` and ``keeper`` as in ``HoldingRules``."""

    rules: RuleBook
    noun: str
    keeper: str
    approvers_of: ApproversOf

    def verify(self, command: Command, note: TransferNote, ledger_tx: LedgerTransaction, held: Holdings) -> None:
        """The command's own rules, and its signers; not its members. Raises the rules' error."""
        self.rules.some(f"a {command.name} consumes {self.noun}s", held.inputs)
        expected, found = totals_of(held.inputs), totals_of(held.outputs)
        self.rules.equal(
            f"{self.noun}s in equal {self.noun}s out, {self.noun} by {self.noun}", expected=expected, found=found
        )
        self._verify_note(command, note)
        match command.name:
            case "Force":
                self._nothing_is_frozen_anew(held)
            case "Freeze":
                self._accounts_keep_what_they_have(held)
                self._free("a freeze consumes free", held.inputs)
                self.rules.some(f"a freeze leaves frozen {self.noun}s", [each for each in held.outputs if each.frozen])
            case "Thaw":
                self._accounts_keep_what_they_have(held)
                self.rules.none(
                    f"a thaw consumes frozen {self.noun}s", [each for each in held.inputs if not each.frozen]
                )
                self.rules.some(f"a thaw leaves free {self.noun}s", [each for each in held.outputs if not each.frozen])
            case _:
                self._free("a cancellation consumes free", held.inputs)
                self._free("a cancellation makes free", held.outputs)
                self._inputs_are_of(
                    note.cancelled_tx_id, [state.ref for state in ledger_tx.inputs_of(command.contract)]
                )
        self._verify_signers(ledger_tx, held)

    def _verify_note(self, command: Command, note: TransferNote) -> None:
        name = command.name
        self.rules.equal(f"the note of a {name} says so", expected=_KINDS[name].name, found=note.kind.name)
        if not note.reason or not note.author or not note.approver:
            rule = f"the note of a {name} gives a reason, an author and an approver"
            raise self.rules.broken(
                rule, expected="all three", found=f"{note.reason!r}, {note.author!r}, {note.approver!r}"
            )
        if note.author == note.approver:
            raise self.rules.broken("the approver is somebody else", expected="another person", found=note.approver)

    def _nothing_is_frozen_anew(self, held: Holdings) -> None:
        """What is left of a frozen amount may stay frozen where it is."""
        before = _by_account(each for each in held.inputs if each.frozen)
        after = _by_account(each for each in held.outputs if each.frozen)
        for account, amount in after.items():
            self.rules.at_most("a forced transfer freezes nothing anew", limit=before.get(account, 0), found=amount)

    def _accounts_keep_what_they_have(self, held: Holdings) -> None:
        if _by_account(held.inputs) != _by_account(held.outputs):
            raise self.rules.broken("each account keeps what it has", expected="the same amounts", found="others")

    def _free(self, rule: str, side: Iterable[Holding]) -> None:
        self.rules.none(f"{rule} {self.noun}s", [each for each in side if each.frozen])

    def _inputs_are_of(self, tx_id: bytes, refs: Iterable[StateRef]) -> None:
        for ref in refs:
            rule = "a cancellation takes back what the cancelled transfer made"
            self.rules.equal(rule, expected=bytes(tx_id), found=bytes(ref.tx_id))

    def _verify_signers(self, ledger_tx: LedgerTransaction, held: Holdings) -> None:
        signers: Collection[Key] = ledger_tx.signers
        for asset in held.assets:
            keeper = asset[1]
            self.rules.signed_by(f"{self.keeper} {keeper.name} signs", signer=keeper.key, signers=signers)
            approvers = [key for key in self.approvers_of(ledger_tx, asset) if key != keeper.key]
            if not any(key in signers for key in approvers):
                rule = f"an approver of {self.noun} {asset[0]} signs beside the {self.keeper}"
                raise self.rules.broken(rule, expected=f"one of {len(approvers)}", found="none")


def _by_account(side: Iterable[Holding]) -> dict[Account, int]:
    totals: dict[Account, int] = {}
    for held in side:
        account = (held.asset, held.owner, held.node)
        totals[account] = totals.get(account, 0) + held.amount
    return totals
