"""The ``[paths.planning]`` section: how much is submitted at once, and how long that takes to be included."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class PlanningSection(BaseModel):
    """``batch``: messages in one submission at most.

    ``ledger_inclusion_s`` and ``evm_inclusion_s``: how long a submission takes there until it is included, about a
    block period. A packet that cannot be included in time behind those in front of it is not sent, but timed out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    batch: Annotated[int, Field(ge=1, le=500)] = 100
    ledger_inclusion_s: Annotated[float, Field(ge=0, le=600)] = 1.0
    evm_inclusion_s: Annotated[float, Field(ge=0, le=600)] = 1.0

    @property
    def inclusion_s(self) -> tuple[float, float]:
        """By end: the ledger's, the EVM chain's."""
        return self.ledger_inclusion_s, self.evm_inclusion_s
