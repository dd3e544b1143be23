"""Which engine seals a block and where its validators stand: a schedule that follows from the block's number alone.

A network may change its engine at a block (IBFT1 to QBFT), or move its validators from extraData into a contract. One
client crosses that: the schedule is part of its state and unchangeable where it has begun to apply. A header never
chooses its own engine, so a header in another engine's format is refused whatever its seals are worth there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from light_clients.qbft.engine import ConsensusEngine
from light_clients.qbft.errors import MalformedHeader
from primitives.types import UINT64_MAX

MAX_ERAS: Final = 16


class ProposerCheck(Enum):
    """What is demanded of the proposer: to be a validator, or nothing where the coinbase is a beneficiary's address."""

    VALIDATOR = "validator"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ValidatorContract:
    """A contract (20 bytes) with an ``address[]`` of validators at a storage slot (32 bytes)."""

    address: bytes
    slot: bytes

    def __post_init__(self) -> None:
        if len(self.address) != 20 or not any(self.address):
            raise MalformedHeader("validator contract is no address", expected="20 bytes, not zero", found=self.address)
        if len(self.slot) != 32:
            raise MalformedHeader("validators' slot has the wrong size", expected="32 bytes", found=self.slot)


@dataclass(frozen=True, slots=True)
class EngineEra:
    """From ``from_block`` on. Without a contract extraData lists the validators."""

    from_block: int
    engine: ConsensusEngine
    contract: ValidatorContract | None = None
    proposer_check: ProposerCheck = ProposerCheck.VALIDATOR

    def __post_init__(self) -> None:
        if not 0 <= self.from_block <= UINT64_MAX:
            raise MalformedHeader("era's first block is out of range", expected="0..2^64-1", found=self.from_block)
        if self.contract is not None and self.engine is not ConsensusEngine.QBFT:
            raise MalformedHeader(
                "only QBFT has a mode with a validator contract", expected="qbft", found=self.engine.value
            )
        if self.proposer_check is ProposerCheck.NONE and self.engine is ConsensusEngine.IBFT1:
            raise MalformedHeader("an IBFT1 header names its proposer by a seal", expected="validator", found="none")


QBFT_FROM_GENESIS: Final = (EngineEra(0, ConsensusEngine.QBFT),)
"""A chain that was always QBFT's, its validators in extraData."""


def check_eras(eras: Sequence[EngineEra]) -> None:
    """MalformedHeader unless the schedule covers every block once: it begins at 0 and ascends."""
    if not 1 <= len(eras) <= MAX_ERAS:
        raise MalformedHeader("the number of eras is out of range", expected=f"1..{MAX_ERAS}", found=len(eras))
    if eras[0].from_block != 0:
        raise MalformedHeader("the first era begins with the chain", expected=0, found=eras[0].from_block)
    starts = [era.from_block for era in eras]
    if starts != sorted(set(starts)):
        raise MalformedHeader("eras ascend", expected=str(sorted(set(starts))), found=str(starts))


def era_of(eras: Sequence[EngineEra], number: int) -> EngineEra:
    """The era of a block; ``eras`` passed `check_eras`."""
    return next(era for era in reversed(eras) if era.from_block <= number)


def eras_begun(eras: Sequence[EngineEra], height: int) -> tuple[EngineEra, ...]:
    """Those that apply at or below a height."""
    return tuple(era for era in eras if era.from_block <= height)
