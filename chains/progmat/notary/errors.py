"""Everything the notary refuses, and who is to blame.

CrossDvpError
├── CallerError
│   └── NotaryRefusal                    this transaction, as asked for, will not be notarised
│       ├── TearOffIncomplete            a group the notary must see is hidden
│       ├── TearOffTooOpen               a group the notary must not see is visible
│       ├── WrongNotary                  the transaction names another notary
│       ├── WrongParameters              other network parameters than the current ones
│       ├── TransactionTooLarge          more states or writes than one transaction may have
│       ├── RepeatedState                one state is used twice by one transaction
│       ├── RepeatedPath                 one path is written twice by one transaction
│       ├── NothingToNotarise            neither states, nor writes, nor a time window
│       ├── TimeWindowNotOpen            too early: may be asked again
│       ├── TimeWindowClosed             too late, for ever
│       ├── ValidatorSignatureRefused    a foreign, repeated or wrong signature
│       ├── ValidatorsMissing            provable writes without the Validators' threshold
│       ├── NotarisationConflict         a state or path was used by another transaction
│       └── JournalReadRefused           this peer may not read the journal
├── PeerError
│   └── JournalError                     what a notary handed out is not a journal
│       ├── JournalForked                an entry does not continue the journal we know
│       ├── JournalRolledBack            the journal is shorter than it was
│       ├── JournalTimeWentBack
│       └── JournalEvidenceRefused       an entry does not follow from its evidence
├── UnavailableError
│   ├── NotaryBusy                       the queue is full: ask again after retry_after_s
│   ├── NotaryStopping                   shutting down: the outcome is unknown, ask again
│   └── UniquenessStoreFailed            the database failed: the outcome is unknown, ask again
└── UniquenessStoreError                 the database is not this notary's, or broken: an operator must act
"""

from __future__ import annotations

from chains.progmat.notary.model import PathConflict, StateConflict
from primitives.errors import CallerError, CrossDvpError, PeerError, UnavailableError


class NotaryRefusal(CallerError):
    """The notary will not make this transaction final."""

    reason = "NOTARY_REFUSAL"


class WrongNotary(NotaryRefusal):
    """The transaction is another notary's."""

    reason = "WRONG_NOTARY"

    def __init__(self, expected: str, found: str) -> None:
        self.expected, self.found = expected, found
        super().__init__(f"this notary is {expected}, the transaction names {found}; send it there")


class WrongParameters(NotaryRefusal):
    """The transaction was built under other network parameters."""

    reason = "WRONG_PARAMETERS"

    def __init__(self, expected: bytes, found: bytes | None) -> None:
        self.expected, self.found = expected, found
        named = found.hex() if found is not None else "none"
        super().__init__(f"current network parameters are {expected.hex()}, the transaction names {named}; rebuild it")


class TransactionTooLarge(NotaryRefusal):
    """More of something than one transaction may have."""

    reason = "TRANSACTION_TOO_LARGE"

    def __init__(self, what: str, limit: int, found: int) -> None:
        self.what, self.limit, self.found = what, limit, found
        super().__init__(f"{found} {what}, at most {limit} are allowed; split the transaction")


class RepeatedState(NotaryRefusal):
    """One state is an input twice, or input and reference at once."""

    reason = "REPEATED_STATE"

    def __init__(self, tx_id: bytes, index: int) -> None:
        self.tx_id, self.index = tx_id, index
        super().__init__(f"state {tx_id.hex()}({index}) is used twice by one transaction; use it once")


class RepeatedPath(NotaryRefusal):
    """One path is written twice by one transaction."""

    reason = "REPEATED_PATH"

    def __init__(self, path: bytes) -> None:
        self.path = path
        super().__init__(f"path {path.hex()} is written twice by one transaction; write it once")


class NothingToNotarise(NotaryRefusal):
    """A transaction without states, writes and time window needs no notary."""

    reason = "NOTHING_TO_NOTARISE"

    def __init__(self) -> None:
        super().__init__("the transaction uses no state, makes no write and has no time window: it needs no notary")


class TimeWindowNotOpen(NotaryRefusal):
    """The notary's clock has not reached the time window."""

    reason = "TIME_WINDOW_NOT_OPEN"

    def __init__(self, from_s: int, now_s: int) -> None:
        self.from_s, self.now_s = from_s, now_s
        super().__init__(f"the time window opens at {from_s}, the notary's clock says {now_s}; ask again then")


class TimeWindowClosed(NotaryRefusal):
    """The notary's clock has reached the end of the time window."""

    reason = "TIME_WINDOW_CLOSED"

    def __init__(self, until_s: int, now_s: int) -> None:
        self.until_s, self.now_s = until_s, now_s
        super().__init__(f"the time window ended before {until_s}, the notary's clock says {now_s}; build a new one")


class ValidatorSignatureRefused(NotaryRefusal):
    """A signature handed in as a Validator's is not one, or is there twice."""

    reason = "VALIDATOR_SIGNATURE_REFUSED"

    def __init__(self, position: int, problem: str) -> None:
        self.position, self.problem = position, problem
        super().__init__(f"Validator signature {position}: {problem}; collect the signatures again")


class ValidatorsMissing(NotaryRefusal):
    """The transaction makes provable writes that the Validators did not approve."""

    reason = "VALIDATORS_MISSING"

    def __init__(self, found: int) -> None:
        self.found = found
        super().__init__(f"{found} valid Validator signatures do not reach the threshold; collect more approvals")


class NotarisationConflict(NotaryRefusal):
    """States or paths are taken by other transactions: final."""

    reason = "NOTARISATION_CONFLICT"

    def __init__(self, states: tuple[StateConflict, ...], paths: tuple[PathConflict, ...]) -> None:
        self.states, self.paths = states, paths
        taken = [f"{c.use.name.lower()} {c.ref.tx_id.hex()}({c.ref.index})" for c in states]
        taken += [f"path {c.path.hex()}: {c.problem.name.lower()}" for c in paths]
        super().__init__(f"already decided otherwise: {'; '.join(taken)}; build another transaction")


class JournalReadRefused(NotaryRefusal):
    """The journal is read by the Validators only."""

    reason = "JOURNAL_READ_REFUSED"

    def __init__(self, peer: str) -> None:
        self.peer = peer
        super().__init__(f"{peer} is not among the journal's readers; add it to the notary's configuration")


class JournalError(PeerError):
    """What a notary handed out as its journal is none: proof or strong sign of misbehaviour."""

    reason = "JOURNAL_ERROR"

    def __init__(self, position: int, message: str) -> None:
        self.position = position
        super().__init__(f"journal position {position}: {message}")


class JournalForked(JournalError):
    """An entry does not continue the journal that is known."""

    reason = "JOURNAL_FORKED"

    def __init__(self, position: int, expected: bytes, found: bytes) -> None:
        self.expected, self.found = expected, found
        super().__init__(position, f"continues {found.hex()}, the known journal ends in {expected.hex()}")


class JournalGap(JournalError):
    """Positions are not consecutive."""

    reason = "JOURNAL_GAP"

    def __init__(self, expected: int, found: int) -> None:
        self.expected, self.found = expected, found
        super().__init__(found, f"position {expected} was due")


class JournalRolledBack(JournalError):
    """The notary's journal is shorter than it was, or ends otherwise: restored from a backup, or rewritten."""

    reason = "JOURNAL_ROLLED_BACK"

    def __init__(self, known_position: int, head_position: int) -> None:
        self.known_position, self.head_position = known_position, head_position
        super().__init__(head_position, f"is the notary's head now, {known_position} was seen before")


class JournalTimeWentBack(JournalError):
    """An entry is older than its predecessor."""

    reason = "JOURNAL_TIME_WENT_BACK"

    def __init__(self, position: int, previous_s: int, found_s: int) -> None:
        self.previous_s, self.found_s = previous_s, found_s
        super().__init__(position, f"time {found_s} is before the previous entry's {previous_s}")


class JournalEvidenceRefused(JournalError):
    """An entry does not follow from its evidence."""

    reason = "JOURNAL_EVIDENCE_REFUSED"

    def __init__(self, position: int, problem: str) -> None:
        self.problem = problem
        super().__init__(position, f"the evidence does not carry it: {problem}")


class NotaryBusy(UnavailableError):
    """The queue is full; nothing was decided."""

    reason = "NOTARY_BUSY"

    def __init__(self, waiting: int, retry_after_s: float) -> None:
        self.waiting, self.retry_after_s = waiting, retry_after_s
        super().__init__(f"{waiting} requests are waiting already; ask again after {retry_after_s} s")


class NotaryStopping(UnavailableError):
    """The notary stops; whether the transaction was committed is unknown."""

    reason = "NOTARY_STOPPING"

    def __init__(self, cause: str) -> None:
        self.cause = cause
        super().__init__(f"the outcome is unknown ({cause}); ask again: the same transaction gets the same answer")


class UniquenessStoreFailed(UnavailableError):
    """The database failed; whether the batch was committed is unknown."""

    reason = "UNIQUENESS_STORE_FAILED"

    def __init__(self, cause: str) -> None:
        self.cause = cause
        super().__init__(
            f"the notary's database failed ({cause}); ask again: the same transaction gets the same answer"
        )


class UniquenessStoreError(CrossDvpError):
    """The database belongs to another ledger or layout, or contradicts itself."""

    reason = "UNIQUENESS_STORE_ERROR"
