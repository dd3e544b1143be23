"""Everything the notary refuses, and who is to blame.

CrossDvpError
├── CallerError
│   ├── BadStoreUrl                      the configured store cannot be used as it is written
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
│       ├── TransactionInvalid           a validating notary found that it does not hold
│       ├── WholeTransactionNeeded       a validating notary was sent a tear-off
│       ├── RequesterUnknown             the asking node has no key on the network map
│       ├── RequesterSignatureRefused    the request is not signed by the node that sent it
│       ├── ValidatorSignatureRefused    a foreign, repeated or wrong signature
│       ├── ValidatorsMissing            provable writes without the Validators' threshold
│       ├── NotarisationConflict         a state or path was used by another transaction
│       ├── JournalReadRefused           this peer may not read the journal
│       └── (``service_errors``)         what this notary's place in the network forbids
├── PeerError
│   └── JournalError                     what a notary handed out is not a journal
│       ├── JournalForked                an entry does not continue the journal we know
│       ├── JournalRolledBack            the journal is shorter than it was
│       ├── JournalTimeWentBack
│       └── JournalEvidenceRefused       an entry does not follow from its evidence
├── UnavailableError
│   ├── NotaryBusy                       the queue is full: ask again after retry_after_s
│   ├── NotaryStopping                   shutting down: the outcome is unknown, ask again
│   ├── NotaryKeyMissing                 the key that the epoch in force names is not here: an operator must act
│   ├── SignatureWorkersFailed           the processes that verify signatures are not there
│   ├── NotActive                        another worker of this notary holds the writer's lease: ask that one
│   └── UniquenessStoreFailed            the database failed: the outcome is unknown, ask again
│       ├── UniquenessStoreFull          its disk is full: nothing is signed until there is room
│       ├── UniquenessStoreLost          no connection to it: nothing is signed until it is back
│       └── WriterLeaseLost              another worker took the lease: this batch was not committed
└── UniquenessStoreError                 the database is not this notary's, or broken: an operator must act
"""

from __future__ import annotations

from chains.progmat.notary.model import PathConflict, StateConflict
from chains.progmat.notary.pace import WaitEstimate
from primitives.errors import CallerError, CrossDvpError, PeerError, UnavailableError


class BadStoreUrl(CallerError):
    """The store's URL in the configuration. The message never shows the URL: it may hold a secret."""

    reason = "BAD_STORE_URL"

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"the notary's store URL: {problem}")


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


class TransactionInvalid(NotaryRefusal):
    """A validating notary verified the whole transaction: it does not hold, and never will."""

    reason = "TRANSACTION_INVALID"

    def __init__(self, cause: CrossDvpError) -> None:
        self.cause = cause
        super().__init__(f"the transaction does not hold: {cause} [{cause.reason}]; build another one")


class WholeTransactionNeeded(NotaryRefusal):
    """This notary validates; a tear-off is not enough for that."""

    reason = "WHOLE_TRANSACTION_NEEDED"

    def __init__(self) -> None:
        super().__init__(
            "this notary validates and needs the whole transaction; use a network map that lists it as VALIDATING"
        )


class RequesterUnknown(NotaryRefusal):
    """The network map has no key for the asking node."""

    reason = "REQUESTER_UNKNOWN"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} has no key on the notary's network map; have the network operator add it")


class RequesterSignatureRefused(NotaryRefusal):
    """The request's own signature is not one of the node that sent it, over this transaction."""

    reason = "REQUESTER_SIGNATURE_REFUSED"

    def __init__(self, name: str, expected_key: bytes) -> None:
        self.name, self.expected_key = name, expected_key
        super().__init__(
            f"the request is not signed by {name} with key {expected_key.hex()} over this transaction's id; "
            "sign it with the node key on the network map"
        )


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
        super().__init__(f"{peer} is not among the journal's readers: the network map lists them as Validators")


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

    def __init__(self, waiting: int, estimate: WaitEstimate) -> None:
        self.waiting, self.estimate, self.retry_after_s = waiting, estimate, estimate.likely_s
        super().__init__(
            f"{waiting} requests are waiting already; ask again after {estimate.likely_s:.3f} s "
            f"(at the pace of the last batches they take {estimate.at_least_s:.3f} to {estimate.at_most_s:.3f} s)"
        )


class NotaryStopping(UnavailableError):
    """The notary stops; whether the transaction was committed is unknown."""

    reason = "NOTARY_STOPPING"

    def __init__(self, cause: str) -> None:
        self.cause = cause
        super().__init__(f"the outcome is unknown ({cause}); ask again: the same transaction gets the same answer")


class NotaryKeyMissing(UnavailableError):
    """The notary's key was rotated, and this worker does not have the new one. Nothing is committed."""

    reason = "NOTARY_KEY_MISSING"

    def __init__(self, key: bytes) -> None:
        self.key = key
        super().__init__(f"the parameters in force name the notary's key {key.hex()}; put it into its key file")


class SignatureWorkersFailed(UnavailableError):
    """Requesters' signatures cannot be verified at the moment; nothing was decided."""

    reason = "SIGNATURE_WORKERS_FAILED"

    def __init__(self, cause: str) -> None:
        self.cause = cause
        super().__init__(f"the notary cannot verify signatures now ({cause}); ask again")


class UniquenessStoreFailed(UnavailableError):
    """The database failed; whether the batch was committed is unknown."""

    reason = "UNIQUENESS_STORE_FAILED"

    def __init__(self, cause: str) -> None:
        self.cause = cause
        super().__init__(
            f"the notary's database failed ({cause}); ask again: the same transaction gets the same answer"
        )


class UniquenessStoreFull(UniquenessStoreFailed):
    """No room for another batch. Nothing of it was committed; the notary goes on when there is room."""

    reason = "UNIQUENESS_STORE_FULL"

    def __init__(self, cause: str) -> None:
        super().__init__(f"no room left: {cause}; the notary's operator must make some")


class UniquenessStoreLost(UniquenessStoreFailed):
    """The connection to the database is gone, or could not be made. The notary goes on when it is back."""

    reason = "UNIQUENESS_STORE_LOST"

    def __init__(self, cause: str) -> None:
        super().__init__(f"no connection: {cause}")


class WriterLeaseLost(UniquenessStoreFailed):
    """Another worker is the writer now. The fence stood: nothing of this batch was committed by this worker."""

    reason = "WRITER_LEASE_LOST"

    def __init__(self, held_epoch: int, found_epoch: int, holder: str) -> None:
        self.held_epoch, self.found_epoch, self.holder = held_epoch, found_epoch, holder
        super().__init__(f"writer's epoch {held_epoch} is over, {holder!r} holds epoch {found_epoch}")


class NotActive(UnavailableError):
    """This worker is the standby. Nothing was decided."""

    reason = "NOT_ACTIVE"

    def __init__(self, holder: str, retry_after_s: float) -> None:
        self.holder, self.retry_after_s = holder, retry_after_s
        super().__init__(
            f"this worker stands by, {holder!r} is the notary's writer; ask there, or here after {retry_after_s:g} s"
        )


class UniquenessStoreError(CrossDvpError):
    """The database belongs to another ledger or layout, or contradicts itself."""

    reason = "UNIQUENESS_STORE_ERROR"
