"""What the rules of ``holdings`` are about: amounts of assets in accounts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from chains.progmat.transactions.model import Party
from primitives.lazily import lazily
from primitives.public_key import PublicKey

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

    @property
    def frozen(self) -> bool:
        """Whether the keeper has frozen it: then no owner moves it."""


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


def totals_of(side: Iterable[Holding]) -> dict[Asset, int]:
    """Amounts are positive, so that an asset is here exactly if there is some of it."""
    totals: dict[Asset, int] = {}
    for held in side:
        asset = held.asset
        totals[asset] = totals.get(asset, 0) + held.amount
    return totals
