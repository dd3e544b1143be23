"""The options that choose a family of tokens and the order of a settlement."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer

from chains.evm.client.adapter_family import AdapterFamily
from ibc.dvp import LeadLeg
from relayer.devnet.orders import ORDERS


class AdapterChoice(StrEnum):
    """A family of tokens, or all."""

    ESCROW = AdapterFamily.ESCROW
    ERC3643 = AdapterFamily.ERC3643
    ERC7943 = AdapterFamily.ERC7943
    IBET_DVP = AdapterFamily.IBET_DVP
    IBET_LOCK = AdapterFamily.IBET_LOCK
    ALL = "all"


class Order(StrEnum):
    """Which leg is locked first."""

    CASH = "cash"
    SECURITIES = "securities"

    @property
    def lead(self) -> LeadLeg:
        """As terms have it."""
        return ORDERS[self.value]


AdapterOption = Annotated[
    list[AdapterChoice] | None,
    typer.Option("--adapter", help="Add a family of security tokens (ST) with its adapter; may be repeated."),
]
OneAdapterOption = Annotated[
    AdapterFamily, typer.Option("--adapter", help="The family of security tokens (ST) to settle in.")
]
OrderOption = Annotated[
    Order, typer.Option("--order", help="Which leg of the DvP leads: the coin (SC) or the security token (ST).")
]


def chosen_families(choices: Sequence[AdapterChoice] | None) -> tuple[AdapterFamily, ...]:
    """The families, each once."""
    wanted = set(choices or ())
    return tuple(family for family in AdapterFamily if AdapterChoice.ALL in wanted or AdapterChoice(family) in wanted)
