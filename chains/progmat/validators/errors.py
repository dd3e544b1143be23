"""Everything a Validator refuses, and who is to blame. Other faults of a journal: `chains.progmat.notary.errors`.

CrossDvpError
├── CallerError
│   ├── NothingToApprove          the transaction makes no provable write: no Validator is needed
│   ├── ApprovalOutsideTimeWindow the notary could not accept it now
│   ├── HeightOutOfRange          no checkpoint will ever have this height
│   ├── PathOutOfRange            no provable write has such a path
│   ├── NotSigningAtHeight        the height belongs to an epoch whose Validators are others
│   └── NotAValidator             the key is not among the Validators of the network, or of the transaction's epoch
├── PeerError
│   ├── SigningStopped            misbehaviour was seen; nothing is signed until an operator has acted
│   ├── StateSpentTwice           two entries of the journal consume one state
│   ├── DoubleSpendSigned         a notary signed two ledger_txs that consume one state
│   ├── WriteImpossible           an entry of the journal writes over a path
│   ├── SuspendedApprovalCounted  an entry was approved by too few whose approval counts
│   └── CheckpointConflict        another digest was signed for this height
├── UnavailableError
│   ├── HeightNotReached          wait for the journal
│   ├── SigningLogInDoubt         the signing log may have forgotten something: nothing new is signed for now
│   ├── HeightMayBeSigned         a digest for this height may be forgotten: it will never be signed here again
│   └── CheckpointFromTheFuture   the journal's time is ahead of our clock by more than is tolerated
└── SigningLogMismatch            the files on disk do not belong together: an operator must act
"""

from __future__ import annotations

from collections.abc import Sequence

from chains.progmat.notary.errors import JournalError
from chains.progmat.notary.model import PathProblem, state_key
from chains.progmat.transactions.model import StateRef
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.vault.errors import ConflictingConsumption
from primitives.errors import CallerError, CrossDvpError, PeerError, UnavailableError


class NothingToApprove(CallerError):
    """Validators sign only transactions with provable writes."""

    reason = "NOTHING_TO_APPROVE"

    def __init__(self) -> None:
        super().__init__("the transaction makes no provable write; it needs no Validator, take it to the notary")


class ApprovalOutsideTimeWindow(CallerError):
    """The transaction's time window does not contain the Validator's clock."""

    reason = "APPROVAL_OUTSIDE_TIME_WINDOW"

    def __init__(self, from_s: int | None, until_s: int | None, now_s: int) -> None:
        self.from_s, self.until_s, self.now_s = from_s, until_s, now_s
        super().__init__(f"the time window is [{from_s}, {until_s}), the clock here says {now_s}; build it anew")


class HeightOutOfRange(CallerError):
    """Heights begin at 1 and end at 2^63 - 1."""

    reason = "HEIGHT_OUT_OF_RANGE"

    def __init__(self, height: int) -> None:
        self.height = height
        super().__init__(f"there is no checkpoint at height {height}; heights are journal positions, 1 and up")


class PathOutOfRange(CallerError):
    """No provable write has such a path."""

    reason = "PATH_OUT_OF_RANGE"

    def __init__(self, size: int, limit: int) -> None:
        self.size, self.limit = size, limit
        super().__init__(f"a path has 1 to {limit} bytes, not {size}")


class NotSigningAtHeight(CallerError):
    """Another epoch's Validators sign that height."""

    reason = "NOT_SIGNING_AT_HEIGHT"

    def __init__(self, height: int, epoch: int) -> None:
        self.height, self.epoch = height, epoch
        super().__init__(f"height {height} is signed by the Validators of epoch {epoch}, and this is none of them")


class NotAValidator(CallerError):
    """The configured key is not one of the network's Validators."""

    reason = "NOT_A_VALIDATOR"

    def __init__(self, found: bytes) -> None:
        self.found = found
        super().__init__(
            f"{found.hex()} is not among the Validators of the network parameters; configure the right key"
        )


class SigningStopped(PeerError):
    """This Validator has seen misbehaviour and signs nothing more."""

    reason = "SIGNING_STOPPED"

    def __init__(self, alarm_reason: str, alarm_detail: str) -> None:
        self.alarm_reason, self.alarm_detail = alarm_reason, alarm_detail
        super().__init__(f"this Validator stopped signing: {alarm_detail} [{alarm_reason}]; its operator must act")


class StateSpentTwice(JournalError):
    """Two journalled transactions consume one state: the notary's uniqueness is broken."""

    reason = "STATE_SPENT_TWICE"

    def __init__(self, position: int, state: bytes, first_position: int) -> None:
        self.state, self.first_position = state, first_position
        super().__init__(position, f"state {state.hex()} was consumed at position {first_position} already")


class DoubleSpendSigned(ConflictingConsumption):
    """A notary signed two ledger transactions that consume one state: the one kept here, and ``later``."""

    def __init__(self, ref: StateRef, recorded_tx_id: bytes, later: SignedTransaction) -> None:
        self.state = state_key(ref)
        self.notary = "" if later.wire.notary is None else later.wire.notary.name
        self.evidence = later.encode()
        super().__init__(ref, recorded_tx_id, later.id)


class WriteImpossible(JournalError):
    """A journalled write breaks create-once, delete-once: the notary's uniqueness is broken."""

    reason = "WRITE_IMPOSSIBLE"

    def __init__(self, position: int, path: bytes, problem: PathProblem) -> None:
        self.path, self.problem = path, problem
        super().__init__(position, f"path {path.hex()}: {problem.name.lower()}")


class SuspendedApprovalCounted(JournalError):
    """The notary counted approvals of Validators that its own journal had suspended before."""

    reason = "SUSPENDED_APPROVAL_COUNTED"

    def __init__(self, position: int, suspensions: Sequence[bytes]) -> None:
        self.suspensions = tuple(suspensions)
        listed = ", ".join(path.hex() for path in suspensions)
        super().__init__(position, f"too few approved it without those that {listed} suspends")


class CheckpointConflict(PeerError):
    """The ledger as read now gives another checkpoint than the one signed for this height."""

    reason = "CHECKPOINT_CONFLICT"

    def __init__(self, height: int, signed: bytes, asked: bytes) -> None:
        self.height, self.signed, self.asked = height, signed, asked
        super().__init__(f"digest {signed.hex()} was signed for height {height}, {asked.hex()} never will be")


class HeightNotReached(UnavailableError):
    """The journal has not come so far here."""

    reason = "HEIGHT_NOT_REACHED"

    def __init__(self, height: int, head: int) -> None:
        self.height, self.head = height, head
        super().__init__(f"the head is {head}, {height} was asked for; wait for it")


class CheckpointFromTheFuture(UnavailableError):
    """The journal's time runs ahead of this Validator's clock."""

    reason = "CHECKPOINT_FROM_THE_FUTURE"

    def __init__(self, timestamp_s: int, now_s: int, max_drift_s: int) -> None:
        self.timestamp_s, self.now_s, self.max_drift_s = timestamp_s, now_s, max_drift_s
        super().__init__(f"the journal says {timestamp_s}, the clock {now_s}: more than {max_drift_s} s ahead; wait")


class SigningLogUnavailable(UnavailableError):
    """The file could not be written; nothing was signed."""

    reason = "SIGNING_LOG_UNAVAILABLE"

    def __init__(self, cause: str) -> None:
        self.cause = cause
        super().__init__(f"the signing log cannot be written ({cause}); nothing was signed, try again")


class SigningLogInDoubt(UnavailableError):
    """The log may have forgotten what was signed, and nobody has said yet how high that may be."""

    reason = "SIGNING_LOG_IN_DOUBT"

    def __init__(self) -> None:
        super().__init__(
            "the signing log may have forgotten what was signed: wait until the notary and the other Validators "
            "have shown their heights"
        )


class HeightMayBeSigned(UnavailableError):
    """This height may have been signed by a part of the log that is lost."""

    reason = "HEIGHT_MAY_BE_SIGNED"

    def __init__(self, height: int, floor: int) -> None:
        self.height, self.floor = height, floor
        super().__init__(
            f"height {height} may have been signed before the signing log was lost, only what is above {floor} was "
            "not: ask the other Validators for it, or take a later one"
        )


class SigningLogMismatch(CrossDvpError):
    """Signing log and database were not made together; signing could contradict what was signed before."""

    reason = "SIGNING_LOG_MISMATCH"

    def __init__(self, what: str, expected: str, found: str) -> None:
        self.what, self.expected, self.found = what, expected, found
        super().__init__(f"{what} is {found}, {expected} was expected; restore the files that belong together")
