"""Coins, tokens and a lock of the test ledger, about to be replaced: two notaries, two packages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from chains.progmat.contracts.notary_change import change_command
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.contracts.package_upgrade import converted, upgrade_command
from chains.progmat.contracts.replacement import replaced
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import Command, Party, StateAndRef, TransactionState
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.other_notaries import NotaryService, OtherNotary
from primitives.composite_key import Key
from primitives.types import Hash32
from tests.fakes.ledger_model import LedgerModel
from tests.fakes.ledger_parties import SECOND, LedgerParty
from tests.fakes.second_package import second_package
from tests.fakes.settlement_world import Locked, SettlementWorld, terms_of

RETIRING = LedgerParty("nn-3")
OTHERS = (OtherNotary(SECOND.party, NotaryService.OPEN), OtherNotary(RETIRING.party, NotaryService.RETIRING))


@dataclass
class TwoNotaryModel(LedgerModel):
    """A ledger with an open and a retiring notary beside the journal's."""

    @property
    def parameters(self) -> NetworkParameters:
        return replace(super().parameters, other_notaries=OTHERS)


@dataclass
class SecondModel(LedgerModel):
    """A ledger on which two packages are in force; this node runs the second."""

    first: Hash32 = field(kw_only=True)

    @property
    def parameters(self) -> NetworkParameters:
        return replace(super().parameters, contract_packages=tuple(sorted((self.first, self.package.hash))))


class ReplacementWorld:
    """Free coins of the buyer and a lock, made under the first package at the journal's notary."""

    def __init__(self) -> None:
        self.settlement = SettlementWorld()
        first = self.settlement.ledger
        self.coins: tuple[StateAndRef, ...] = tuple(self.settlement.issue(yen) for yen in (700, 200))
        self.locked: Locked = self.settlement.lock(terms_of(amount_yen=400), self.settlement.issue(400))
        self.first_package: ContractPackage = first.package
        self.notaries = TwoNotaryModel(**_parts(first))
        package = second_package(first.package.hash, first.package.light_clients)
        self.second = SecondModel(**_parts(first) | {"package": package}, first=first.package.hash)

    @property
    def lock_and_cash(self) -> tuple[StateAndRef, ...]:
        """The encumbered pair."""
        return (self.locked.cash, self.locked.lock)

    def notary_change(self, *states: StateAndRef, to: Party = SECOND.party) -> TransactionBuilder:
        """A valid change of notary, to be committed or tampered with."""
        outputs = replaced(states, lambda state: replace(state.state, notary=to))
        signers = participants_of(self.notaries, states)
        return _start(self.notaries, states, outputs, change_command(to, *signers))

    def upgrade(self, *states: StateAndRef) -> TransactionBuilder:
        """A valid upgrade, to be committed or tampered with."""
        source, package = self.first_package.hash, self.second.package
        outputs = replaced(states, lambda state: converted(package, source, state.state))
        signers = participants_of(self.second, states)
        return _start(self.second, states, outputs, upgrade_command(source, *signers))


def participants_of(ledger: LedgerModel, states: Iterable[StateAndRef]) -> tuple[Key, ...]:
    """All participants of some states, each once."""
    keys: dict[Key, None] = {}
    for state in states:
        contract = ledger.package.contract(state.state.contract)
        keys.update(dict.fromkeys(contract.participants(state.state, ledger.parameters)))
    return tuple(keys)


def _start(
    ledger: LedgerModel, states: tuple[StateAndRef, ...], outputs: tuple[TransactionState, ...], command: Command
) -> TransactionBuilder:
    return replace(
        ledger.frame.start(), inputs=tuple(state.ref for state in states), outputs=outputs, commands=(command,)
    )


def _parts(ledger: LedgerModel) -> dict[str, Any]:
    copied = ledger.copy()
    names = ("package", "now_s", "states", "made_under", "consumed", "paths", "ever_written", "count")
    return {name: getattr(copied, name) for name in names}
