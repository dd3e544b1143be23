"""Configuration of matching and of the day: tolerances and cut-offs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from chains.business_calendar import CutOff
from primitives.types import MAX_YEN
from relayer.gateway.cut_offs import CutOffs, LedgerCutOffs
from relayer.gateway.instructing import InstructionRules
from relayer.gateway.matching import Tolerances

Yen = Annotated[int, Field(ge=0, le=MAX_YEN)]


def _time_of_day(text: str) -> str:
    CutOff.parse(text)
    return text


TimeOfDay = Annotated[str, AfterValidator(_time_of_day)]


class TolerancesSection(BaseModel):
    """How far two instructions may differ and still be offered the agreed terms; see ``matching``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    amount_yen: Yen = 0
    time_s: Annotated[int, Field(ge=0, le=3600)] = 0


class CutOffSection(BaseModel):
    """Of one cash ledger, times of day in Japan as HH:MM: the last second is the one before.

    ``instruction``: for instructions that settle on the same day. ``lock``: for the lock of the cash, or its payment
    where securities lead.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    instruction: TimeOfDay
    lock: TimeOfDay


def rules_of(tolerances: TolerancesSection) -> InstructionRules:
    """As the rules of matching take them."""
    return InstructionRules(Tolerances(tolerances.amount_yen, tolerances.time_s))


def cut_offs_of(sections: Mapping[str, CutOffSection]) -> CutOffs:
    """By cash ledger."""
    return CutOffs(
        {
            ledger: LedgerCutOffs(CutOff.parse(each.instruction), CutOff.parse(each.lock))
            for ledger, each in sections.items()
        }
    )
