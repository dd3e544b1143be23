"""The life of a nonce as a table, and what a chain's own count means for those an account keeps. Pure.

take        the lowest freed nonce, else the next one, is given to a transaction, which is stored before it is sent
free        the node refused it: nothing has this nonce, and the next transaction fills the gap
commit      a block has a transaction with this nonce, ours or another program's
reopen      the block is no longer there, or a node had lied: our transaction is sent again
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from primitives.errors import InvalidArgument

MOST_AHEAD: Final = 1024
"""How far a nonce may be ahead of the chain's count: pools take no more, and a lying node must not make us count on."""
KEPT_COMMITTED: Final = 64
"""Committed nonces that are kept for reorganisations, below the chain's count."""


class NonceState(Enum):
    """See the module's docstring."""

    FREED = "freed"
    TAKEN = "taken"
    COMMITTED = "committed"


class NonceStep(Enum):
    """What happens to a nonce."""

    TAKE = "take"
    FREE = "free"
    COMMIT = "commit"
    REOPEN = "reopen"


NONCE_STEPS: Final[Mapping[tuple[NonceState, NonceStep], NonceState]] = MappingProxyType(
    {
        (NonceState.FREED, NonceStep.TAKE): NonceState.TAKEN,
        (NonceState.TAKEN, NonceStep.FREE): NonceState.FREED,
        (NonceState.TAKEN, NonceStep.COMMIT): NonceState.COMMITTED,
        (NonceState.FREED, NonceStep.COMMIT): NonceState.COMMITTED,
        (NonceState.COMMITTED, NonceStep.COMMIT): NonceState.COMMITTED,
        (NonceState.COMMITTED, NonceStep.REOPEN): NonceState.TAKEN,
    }
)


def after(state: NonceState, step: NonceStep) -> NonceState:
    """The state a step leads to. Raises ``InvalidArgument`` for one that is not in the table."""
    found = NONCE_STEPS.get((state, step))
    if found is None:
        raise InvalidArgument(f"a {state.value} nonce: no step {step.value}")
    return found


@dataclass(frozen=True)
class NonceRow:
    """A nonce and its state."""

    nonce: int
    state: NonceState


@dataclass(frozen=True)
class Reconciled:
    """What to do so that a table agrees with the chain. Nonces, each list in order.

    ``commit`` are used on the chain; ``reopen`` are not any more; ``gaps`` have no transaction and stand below one;
    ``forget`` need no row any longer; ``next_nonce`` is the first that nobody has.
    """

    next_nonce: int
    commit: tuple[int, ...] = ()
    reopen: tuple[int, ...] = ()
    gaps: tuple[int, ...] = ()
    forget: tuple[int, ...] = ()


def reconcile(rows: Sequence[NonceRow], chain_nonce: int) -> Reconciled:
    """Compare an account's rows with its count of included transactions, as a node gives it.

    The count may be wrong: one too low reopens what is committed, which is sent again and refused; one too high commits
    what is not, which the next honest count reopens. Nothing is lost by either.
    """
    state = {row.nonce: row.state for row in rows}
    commit = [nonce for nonce in state if nonce < chain_nonce and state[nonce] is not NonceState.COMMITTED]
    reopen = [nonce for nonce in state if nonce >= chain_nonce and state[nonce] is NonceState.COMMITTED]
    waiting = [nonce for nonce in state if nonce >= chain_nonce and state[nonce] is NonceState.TAKEN] + reopen
    dead = [nonce for nonce in waiting if nonce > chain_nonce + MOST_AHEAD]
    highest = max((nonce for nonce in waiting if nonce not in dead), default=chain_nonce - 1)
    gaps = [nonce for nonce in range(chain_nonce, highest) if nonce not in waiting]
    # a freed nonce with nothing above it is no gap: the next transaction takes it without a row
    loose = [nonce for nonce in state if nonce > highest and state[nonce] is NonceState.FREED and nonce >= chain_nonce]
    old = [nonce for nonce in state if nonce < chain_nonce - KEPT_COMMITTED]
    return Reconciled(
        next_nonce=highest + 1,
        commit=tuple(sorted(commit)),
        reopen=tuple(sorted(nonce for nonce in reopen if nonce not in dead)),
        gaps=tuple(gaps),
        forget=tuple(sorted({*dead, *loose, *old})),
    )
