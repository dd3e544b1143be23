"""The rules that coins and tokens share: amounts of something fungible in accounts, vouched for by whoever keeps it.

The keeper (a coin's issuer, a token's registrar) signs whatever changes what is held. A transaction has one command:
``Issue`` (by the keeper; it makes one asset and consumes none), ``Move`` (by each owner and each keeper; what goes in
comes out, asset by asset) or ``Redeem`` (owners and keeper; it destroys some of one asset, the rest goes back to an
owner). Each references the active membership of every custodian node whose account gives or takes, ``Issue`` and
``Redeem`` that of the keeper. ``Move`` does not: it changes nothing of what the keeper owes, and holders are not to be
shut in because their keeper is suspended.

Four more commands are the keeper's and an approver's, without the owners (``keeper_acts``): ``Force``, ``Freeze``,
``Thaw``, ``Cancel``. They reference the keeper's membership, ``Force`` those of the nodes that take; a node that gives,
or gets back what it gave, may be suspended. What is frozen is for them alone. Every command may carry a
``TransferNote``.

Where coins and tokens differ (locks, encumbrances, networks) their own contracts say so.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from chains.progmat.contracts.holding_nouns import Asset, Holdings, totals_of
from chains.progmat.contracts.keeper_acts import CANCEL, FORCE, FREEZE, KEEPERS, THAW, ApproversOf, KeeperActs
from chains.progmat.contracts.membership import BusinessNetwork, MemberRole, ReferencedMembers
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.contracts.transfer_note import MAX_NOTE_BYTES, TransferKind, TransferNote, decode_note
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import Command
from primitives.errors import DecodeError
from primitives.public_key import PublicKey

ISSUE: Final = "Issue"
MOVE: Final = "Move"
REDEEM: Final = "Redeem"

_KINDS: Final = {
    ISSUE: frozenset({TransferKind.NONE, TransferKind.PRIMARY, TransferKind.GRANT}),
    MOVE: frozenset(TransferKind) - {TransferKind.FORCED, TransferKind.CANCELLATION, TransferKind.REDEMPTION},
    REDEEM: frozenset({TransferKind.NONE, TransferKind.REDEMPTION, TransferKind.USE}),
}
"""Which notes go with an owner's command: a forced transfer is not told as one of the owner's, nor the reverse."""


def no_approvers(_ledger_tx: LedgerTransaction, _asset: Asset) -> Collection[PublicKey]:
    """Of an asset without a state that names some: its keeper forces and freezes nothing."""
    return ()


@dataclass(frozen=True, slots=True)
class HoldingRules:
    """The shared rules for one kind of asset.

    ``noun`` is what one of them is called in the rules' sentences, ``keeper`` who signs; ``role`` is what the keeper
    has to be in ``network``; ``approvers_of`` whose second key its own acts need. Broken rules raise the error of
    ``rules``.
    """

    rules: RuleBook
    noun: str
    keeper: str
    network: BusinessNetwork
    role: MemberRole
    approvers_of: ApproversOf = no_approvers

    def the_command(self, commands: Sequence[Command]) -> Command:
        """The transaction's one command, which says everything by its name."""
        command = self.rules.one(f"a transaction with {self.noun}s has one command of theirs", commands)
        self.note_of(command)
        return command

    def note_of(self, command: Command) -> TransferNote:
        """What a command says of the transfer: its data, which hold a note or nothing."""
        try:
            return decode_note(command.data)
        except DecodeError as error:
            rule = f"a {self.noun}'s command carries a transfer note, or nothing"
            expected = f"a note of at most {MAX_NOTE_BYTES} bytes"
            raise self.rules.broken(rule, expected=expected, found=command.data[:64]) from error

    def verify(self, command: Command, ledger_tx: LedgerTransaction, held: Holdings) -> None:
        """The command's own rules, its signers, its members. Raises the rules' error or ``MembershipViolation``."""
        note = self.note_of(command)
        if command.name in KEEPERS:
            acts = KeeperActs(self.rules, self.noun, self.keeper, self.approvers_of)
            acts.verify(command, note, ledger_tx, held)
            self._verify_members_of_act(command, ledger_tx, held)
            return
        self.unfrozen(held)
        match command.name:
            case "Issue":
                self._verify_issue(held)
            case "Move":
                self._verify_move(held)
            case "Redeem":
                self._verify_redeem(held)
            case _:
                known = f"{ISSUE}, {MOVE}, {REDEEM}, {FORCE}, {FREEZE}, {THAW}, {CANCEL}"
                raise self.rules.broken(f"the {self.noun}'s command is known", expected=known, found=command.name)
        if note.kind not in _KINDS[command.name]:
            known = ", ".join(kind.name for kind in sorted(_KINDS[command.name]))
            raise self.rules.broken(f"the note fits the {command.name}", expected=known, found=note.kind.name)
        self._verify_signers(ledger_tx, held)
        members = ReferencedMembers(ledger_tx)
        if command.name != MOVE:
            for _, keeper in held.assets:
                members.active_party(keeper, self.network, self.role)
        members.active_custodians(held.nodes, self.network)

    def conserved(self, held: Holdings) -> None:
        """What goes in comes out."""
        rule = f"{self.noun}s in equal {self.noun}s out, {self.noun} by {self.noun}"
        self.rules.equal(rule, expected=totals_of(held.inputs), found=totals_of(held.outputs))

    def unfrozen(self, held: Holdings) -> None:
        """No owner moves what is frozen, and none freezes."""
        sides = (*held.inputs, *held.outputs)
        self.rules.none(f"frozen {self.noun}s wait for their {self.keeper}", [each for each in sides if each.frozen])

    def _verify_members_of_act(self, command: Command, ledger_tx: LedgerTransaction, held: Holdings) -> None:
        members = ReferencedMembers(ledger_tx)
        for _, keeper in held.assets:
            members.active_party(keeper, self.network, self.role)
        if command.name == FORCE:
            givers = {(each.asset, each.owner, each.node) for each in held.inputs}
            takers = (each for each in held.outputs if (each.asset, each.owner, each.node) not in givers)
            members.active_custodians((each.node for each in takers), self.network)

    def _verify_issue(self, held: Holdings) -> None:
        self.rules.none(f"an issue consumes no {self.noun}s", held.inputs)
        self.rules.some(f"an issue makes {self.noun}s", held.outputs)
        self.rules.one(f"an issue is of one {self.noun}", held.assets)

    def _verify_move(self, held: Holdings) -> None:
        self.rules.some(f"a move consumes {self.noun}s", held.inputs)
        self.conserved(held)

    def _verify_redeem(self, held: Holdings) -> None:
        self.rules.some(f"a redemption consumes {self.noun}s", held.inputs)
        self.rules.one(f"a redemption is of one {self.noun}", held.assets)
        owners = held.owners
        for change in held.outputs:
            if change.owner not in owners:
                rule = "change goes back to an owner"
                raise self.rules.broken(rule, expected="an owner of the inputs", found=change.owner)
        total_in, total_out = (sum(each.amount for each in side) for side in (held.inputs, held.outputs))
        self.rules.at_most(f"a redemption destroys {self.noun}s", limit=total_in - 1, found=total_out)

    def _verify_signers(self, ledger_tx: LedgerTransaction, held: Holdings) -> None:
        for owner in sorted(held.owners, key=PublicKey.encoded):
            self.rules.signed_by("each owner signs", signer=owner, signers=ledger_tx.signers)
        for _, keeper in held.assets:
            self.rules.signed_by(f"{self.keeper} {keeper.name} signs", signer=keeper.key, signers=ledger_tx.signers)
