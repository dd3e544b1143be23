"""When a packet is tried again, as a table: every answer belongs to a class, every class has its pauses and its end.

A class says what its answers mean, how long to wait (doubling, with jitter, to a cap), and after how many of them a
packet is *poison*: set aside, so that it costs the others nothing, and shown to people. Only answers that speak against
the packet itself count towards that; a chain that is away, a race that was lost or an application that refuses a proved
outcome never make a packet poison. Randomness is an argument.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from primitives.errors import PeerError, UnavailableError
from relayer.core.chain import Outcome, RefusalClass, Verdict


class Loudness(Enum):
    """How an answer of a class is logged: a normal race is information, not an error."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class RetryRule:
    """Pauses of a class: ``first_s``, then times ``factor`` up to ``cap_s``, each spread by ``jitter`` (0.1: ±10 %).

    ``poison_after``: so many answers of classes with such a number set the packet aside; None: never.
    """

    first_s: float
    factor: float
    cap_s: float
    jitter: float
    poison_after: int | None
    loudness: Loudness
    meaning: str

    def pause_s(self, repeats: int, dice: float) -> float:
        """The pause after ``repeats`` earlier answers of this class in a row; ``dice`` in [0, 1), 0.5 is no jitter."""
        plain_s = min(self.cap_s, self.first_s * self.factor ** min(repeats, 64))
        return plain_s * (1.0 + self.jitter * (2.0 * dice - 1.0))


RETRY_RULES: Final[Mapping[RefusalClass, RetryRule]] = MappingProxyType(
    {
        RefusalClass.TOOK_EFFECT: RetryRule(
            *(5.0, 2.0, 60.0, 0.1, None, Loudness.INFO),
            "it took effect; the chain's own event is awaited, and asked for again if it does not come",
        ),
        RefusalClass.RACE_LOST: RetryRule(
            *(5.0, 2.0, 60.0, 0.1, None, Loudness.INFO),
            "somebody else was faster: nothing is wrong, the chain's own event is awaited",
        ),
        RefusalClass.UNDER_WAY: RetryRule(
            *(0.5, 2.0, 15.0, 0.1, None, Loudness.INFO),
            "the target has taken it and is not done yet: asked again",
        ),
        RefusalClass.NOT_YET: RetryRule(
            *(0.5, 2.0, 10.0, 0.1, None, Loudness.INFO),
            "the target's clock, or what somebody still has to say or pay there, is not as far: asked again",
        ),
        RefusalClass.CHAIN_UNAVAILABLE: RetryRule(
            *(1.0, 2.0, 30.0, 0.2, None, Loudness.WARNING),
            "a chain or node did not answer: asked again",
        ),
        RefusalClass.CLIENT_NOT_ACTIVE: RetryRule(
            *(5.0, 2.0, 60.0, 0.2, None, Loudness.WARNING),
            "the hosted light client is frozen or expired: packets wait until governance puts another in its place",
        ),
        RefusalClass.PROOF_REFUSED: RetryRule(
            *(0.5, 2.0, 60.0, 0.1, 12, Loudness.WARNING),
            "the hosted light client refuses the proof: made anew, at another height",
        ),
        RefusalClass.APPLICATION_REFUSES: RetryRule(
            *(0.5, 2.0, 60.0, 0.1, None, Loudness.ERROR),
            "what is proved holds and the application refuses it: tried for ever, and people are told",
        ),
        RefusalClass.NONSENSE: RetryRule(
            *(1.0, 2.0, 60.0, 0.2, 8, Loudness.ERROR),
            "a node gave an answer about this packet that makes no sense",
        ),
        RefusalClass.UNKNOWN: RetryRule(
            *(0.5, 2.0, 60.0, 0.1, 16, Loudness.WARNING),
            "a refusal that this program has no class for",
        ),
    }
)

MOST_SUSPECT: Final = max(rule.poison_after or 0 for rule in RETRY_RULES.values())
"""So many answers against a packet set it aside, whatever they were."""

_BY_NAME: Final[Mapping[RefusalClass, frozenset[str]]] = MappingProxyType(
    {
        RefusalClass.RACE_LOST: frozenset(
            {
                *("PACKET_ALREADY_PROCESSED", "CLIENT_MOVED_MEANWHILE", "CHAIN_MOVED_MEANWHILE"),
                *("NOTARISATION_CONFLICT", "REFERENCE_OUTDATED", "STATE_CONSUMED", "IBCReceiptConflict"),
            }
        ),
        RefusalClass.UNDER_WAY: frozenset({"LEDGER_FLOW_PENDING", "LEDGER_NOT_READY", "HEADER_NOT_DISTRIBUTED"}),
        RefusalClass.NOT_YET: frozenset(
            {
                *("TIMEOUT_NOT_REACHED", "TIMEOUT_ELAPSED", "PACKET_TIMED_OUT", "PACKET_NOT_EXPECTED"),
                *("IBCTimeoutNotReached", "IBCTimeoutElapsed", "TRADE_NOT_AUTHORISED", "REFUSAL_TOO_EARLY"),
                *(
                    "TIME_WINDOW_CLOSED",
                    "TIME_WINDOW_NOT_OPEN",
                    "INSUFFICIENT_FUNDS",
                    "FUNDS_SOFT_LOCKED",
                    "EVM_INSUFFICIENT_FUNDS",
                ),
            }
        ),
        RefusalClass.CLIENT_NOT_ACTIVE: frozenset(
            {
                *("CLIENT_FROZEN", "CLIENT_EXPIRED", "LIGHT_CLIENT_FROZEN", "HUB_FAR_CLIENT_FROZEN"),
                *("ProgmatClientFrozen", "ProgmatClientExpired", "EnclaveClientFrozen", "EnclaveClientExpired"),
                *("HubClientFrozen", "HubClientExpired", "EnclaveTrustedStateExpired"),
            }
        ),
    }
)
_PROOF_NAMES: Final = re.compile(
    r"INVALID_PROOF|(QBFT|HUB|PROGMAT|ENCLAVE|SMT|MPT|MERKLE)_[A-Z_]+|EARMARK_NOT_PROVED"
    r"|(Progmat|Hub|Enclave|Smt)[A-Z][A-Za-z]+|IBCCommitmentMismatch"
)
"""Light clients' own refusals, on either ledger, that are not about the client's being active."""
_BY_VERDICT: Final = {
    Verdict.DONE: RefusalClass.TOOK_EFFECT,
    Verdict.ALREADY_DONE: RefusalClass.RACE_LOST,
    Verdict.PENDING: RefusalClass.UNDER_WAY,
    Verdict.BLOCKED: RefusalClass.APPLICATION_REFUSES,
}
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def class_of(outcome: Outcome) -> RefusalClass:
    """The class of an answer: what its maker says, else by its verdict, else by the names its refusal begins with.

    A refusal reads ``reason: text``; where the reason is an EVM's, the contract's own error is the text's first word.
    """
    if outcome.refusal_class is not None:
        return outcome.refusal_class
    return _BY_VERDICT.get(outcome.verdict) or _class_of_words(outcome.refusal)


def _class_of_words(refusal: str) -> RefusalClass:
    reason, _, text = refusal.partition(":")
    first = _WORD.match(text.strip())
    names = (reason.strip(), first.group() if first else "")
    for refusal_class, known in _BY_NAME.items():
        if not known.isdisjoint(names):
            return refusal_class
    if any(_PROOF_NAMES.fullmatch(name) for name in names):
        return RefusalClass.PROOF_REFUSED
    return RefusalClass.UNKNOWN


def refusal_by(error: Exception) -> Outcome:
    """An error about one message as its answer: named ones by whose fault they are, any other as a defect of ours."""
    reason = getattr(error, "reason", None)
    if not isinstance(reason, str):
        reason = "RELAYER_DEFECT"
    refusal = f"{reason}: {error}" if str(error) else f"{reason}: {type(error).__name__}"
    by_words = _class_of_words(refusal)
    if by_words is RefusalClass.UNKNOWN and isinstance(error, UnavailableError):
        by_words = RefusalClass.CHAIN_UNAVAILABLE
    if by_words is RefusalClass.UNKNOWN and isinstance(error, PeerError):
        by_words = RefusalClass.NONSENSE
    return Outcome(Verdict.REFUSED, refusal=refusal, refusal_class=by_words)


def each_answered(results: Sequence[Outcome | BaseException]) -> tuple[Outcome, ...]:
    """Answers to messages that were handled side by side: what went wrong with one is its answer, and nobody else's.

    Raises the first error if all of them were unavailable, or one is no ``Exception``.
    """
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, Exception):
            raise result
    errors = [result for result in results if isinstance(result, Exception)]
    if errors and len(errors) == len(results) and all(isinstance(error, UnavailableError) for error in errors):
        raise errors[0]
    return tuple(refusal_by(result) if isinstance(result, Exception) else result for result in results)  # type: ignore[misc] # the others were raised above


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept of a packet's answers since its state last changed, about one kind of message.

    ``repeats``: answers of ``refusal_class`` in a row; ``suspect``: all that spoke against the packet.
    """

    refusal_class: RefusalClass | None = None
    repeats: int = 0
    suspect: int = 0


@dataclass(frozen=True, slots=True)
class Sentence:
    """What follows from an answer: the record after it, the pause before the next attempt, and whether it is poison."""

    record: Record
    pause_s: float
    is_poison: bool


def sentence(before: Record, refusal_class: RefusalClass, dice: float) -> Sentence:
    """The consequence of one more answer; ``dice`` in [0, 1)."""
    rule = RETRY_RULES[refusal_class]
    repeats = before.repeats if before.refusal_class is refusal_class else 0
    counts = rule.poison_after is not None
    suspect = before.suspect + counts
    is_poison = rule.poison_after is not None and (repeats + 1 >= rule.poison_after or suspect >= MOST_SUSPECT)
    return Sentence(Record(refusal_class, repeats + 1, suspect), rule.pause_s(repeats, dice), is_poison)
