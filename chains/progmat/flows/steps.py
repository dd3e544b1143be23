"""The steps of every flow, as a table.

One pipeline serves all kinds: a kind differs only in what it builds. Each step is stored before the next begins, and
each is idempotent, so that a node killed anywhere resumes from the last stored step::

    PROPOSED -> BUILT -> COUNTERSIGNED -> APPROVED -> NOTARISED -> RECORDED -> DONE
       |  ^      |            |              |
       |  +------+------------+--------------+   the time window passed: build again
       +---------+------------+--------------+-> FAILED

``FAILED`` is a statement about the ledger: nothing happened there and nothing will. It is therefore out of reach from
NOTARISED on, and an answer of the notary that proves nothing (none, or a forged one) leaves a flow APPROVED.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class FlowStep(Enum):
    """What is durably true of a flow. The value is what the database holds."""

    PROPOSED = "PROPOSED"
    """The request is accepted and stored; nothing is reserved."""
    BUILT = "BUILT"
    """The ledger transaction is built and carries our own signatures; its inputs are soft-locked."""
    COUNTERSIGNED = "COUNTERSIGNED"
    """All parties' signatures are there; the Validators' and the notary's are not."""
    APPROVED = "APPROVED"
    """The Validators' threshold is there too, where the transaction has provable writes."""
    NOTARISED = "NOTARISED"
    """The notary signed: final on the ledger."""
    RECORDED = "RECORDED"
    """In our vault and transaction store, with a delivery for every participant in the outbox."""
    DONE = "DONE"
    """Every participant acknowledged its delivery."""
    FAILED = "FAILED"
    """Ended without effect on the ledger; soft locks are released and the reason is kept."""

    __hash__ = object.__hash__  # each is one object; an enum's own is a function in Python


TRANSITIONS: Mapping[FlowStep, frozenset[FlowStep]] = {
    FlowStep.PROPOSED: frozenset({FlowStep.BUILT, FlowStep.DONE, FlowStep.FAILED}),
    FlowStep.BUILT: frozenset({FlowStep.COUNTERSIGNED, FlowStep.PROPOSED, FlowStep.FAILED}),
    FlowStep.COUNTERSIGNED: frozenset({FlowStep.APPROVED, FlowStep.PROPOSED, FlowStep.FAILED}),
    FlowStep.APPROVED: frozenset({FlowStep.NOTARISED, FlowStep.PROPOSED, FlowStep.FAILED}),
    FlowStep.NOTARISED: frozenset({FlowStep.RECORDED}),
    FlowStep.RECORDED: frozenset({FlowStep.DONE}),
    FlowStep.DONE: frozenset(),
    FlowStep.FAILED: frozenset(),
}
"""Allowed moves. PROPOSED -> DONE: the ledger already holds what was asked for (a header somebody else brought)."""

ENDS = frozenset(step for step, following in TRANSITIONS.items() if not following)
"""Steps no flow leaves."""

FINAL_ON_LEDGER = frozenset({FlowStep.NOTARISED, FlowStep.RECORDED, FlowStep.DONE})
"""Steps from which the transaction cannot be undone."""

ANSWERED = frozenset({FlowStep.RECORDED, FlowStep.DONE, FlowStep.FAILED})
"""Steps at which a waiting caller gets its answer: the outcome is known and our vault shows it."""

DRIVEN = frozenset(set(FlowStep) - ENDS - {FlowStep.RECORDED})
"""Steps the engine works on. RECORDED is finished by the outbox."""

UNRECORDED = tuple(step for step in FlowStep if step in DRIVEN and step is not FlowStep.PROPOSED)
"""Steps at which a ledger transaction is built, and no vault shows it yet."""
