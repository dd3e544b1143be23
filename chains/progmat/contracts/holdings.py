"""The rules that coins and tokens share: amounts of something fungible in accounts, vouched for by whoever keeps it.

The keeper (a coin's issuer, a token's registrar) signs whatever changes what is held. A transaction has one command:
``Issue`` (by the keeper; it makes one asset and consumes none), ``Move`` (by each owner and each keeper; what goes in
comes out, asset by asset) or ``Redeem`` (owners and keeper; it destroys some of one asset, the rest goes back to an
owner). Each references the active membership of every custodian node whose account gives or takes, ``Issue`` and
``Redeem`` that of the keeper. ``Move`` does not: it changes nothing of what the keeper owes, and holders are not to be
shut in because their keeper is suspended.

Where coins and tokens differ (locks, encumbrances, networks) their own contracts say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from chains.progmat.contracts.membership import BusinessNetwork, MemberRole, ReferencedMembers
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import Command, Party
from primitives.lazily import lazily
from primitives.public_key import PublicKey

ISSUE: Final = "Issue"
MOVE: Final = "Move"
REDEEM: Final = "Redeem"

Asset = tuple[str, Party]
"""What is fungible: an id, of one keeper."""


class Holding(Protocol):
    """An amount of one asset in one account."""

    @property
    def asset(self) -> Asset:
        """What this is an amount of."""

    @property
    def amount(self) -> int:
        """How much, in the asset's own unit."""

    @property
    def owner(self) -> PublicKey:
        """The account's key."""

    @property
    def node(self) -> str:
        """The custodian node that keeps the account."""


@dataclass(frozen=True)
class Holdings:
    """What one transaction consumes and makes, decoded."""

    inputs: tuple[Holding, ...]
    outputs: tuple[Holding, ...]

    @lazily
    def owners(self) -> frozenset[PublicKey]:
        """Keys of the accounts that give."""
        return frozenset([held.owner for held in self.inputs])

    @lazily
    def nodes(self) -> frozenset[str]:
        """The custodian nodes whose accounts give or take."""
        return frozenset([held.node for held in (*self.inputs, *self.outputs)])

    @lazily
    def assets(self) -> list[Asset]:
        """Every asset that goes in or comes out, once, by id and keeper's name."""
        return sorted(
            {held.asset for held in (*self.inputs, *self.outputs)}, key=lambda asset: (asset[0], asset[1].name)
        )


@dataclass(frozen=True, slots=True)
class HoldingRules:
    """The shared rules for one kind of asset.

    ``noun`` is what one of them is called in the rules' sentences, ``keeper`` who signs; ``role`` is what the keeper
    has to be in ``network``. Broken rules raise the error of ``rules``.
    """

    rules: RuleBook
    noun: str
    keeper: str
    network: BusinessNetwork
    role: MemberRole

    def the_command(self, commands: Sequence[Command]) -> Command:
        """The transaction's one command, which says everything by its name."""
        command = self.rules.one(f"a transaction with {self.noun}s has one command of theirs", commands)
        self.rules.equal(f"a {self.noun}'s command carries no data", expected=b"", found=command.data)
        return command

    def verify(self, command: Command, ledger_tx: LedgerTransaction, held: Holdings) -> None:
        """The command's own rules, its signers, its members. Raises the rules' error or ``MembershipViolation``."""
        match command.name:
            case "Issue":
                self._verify_issue(held)
            case "Move":
                self._verify_move(held)
            case "Redeem":
                self._verify_redeem(held)
            case _:
                known = f"{ISSUE}, {MOVE}, {REDEEM}"
                raise self.rules.broken(f"the {self.noun}'s command is known", expected=known, found=command.name)
        self._verify_signers(ledger_tx, held)
        members = ReferencedMembers(ledger_tx)
        if command.name != MOVE:
            for _, keeper in held.assets:
                members.active_party(keeper, self.network, self.role)
        members.active_custodians(held.nodes, self.network)

    def conserved(self, held: Holdings) -> None:
        """What goes in comes out."""
        rule = f"{self.noun}s in equal {self.noun}s out, {self.noun} by {self.noun}"
        self.rules.equal(rule, expected=_totals(held.inputs), found=_totals(held.outputs))

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


def _totals(side: Iterable[Holding]) -> dict[Asset, int]:
    """Amounts are positive, so that an asset is here exactly if there is some of it."""
    totals: dict[Asset, int] = {}
    for held in side:
        asset = held.asset
        totals[asset] = totals.get(asset, 0) + held.amount
    return totals
