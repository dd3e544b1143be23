"""A flow as it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

from chains.progmat.flows.steps import ENDS, TRANSITIONS, FlowStep
from chains.progmat.stored_text import storable
from primitives.errors import CrossDvpError


class FlowKind(Enum):
    """What a flow is for. The value is what the database holds."""

    CHANGE_MEMBERSHIP = "change_membership"
    SUSPEND_VALIDATOR = "suspend_validator"
    ISSUE_CASH = "issue_cash"
    MOVE_CASH = "move_cash"
    REDEEM_CASH = "redeem_cash"
    ROTATE_ACCOUNT_KEY = "rotate_account_key"
    MERGE_CASH = "merge_cash"
    LOCK_CASH = "lock_cash"
    CANCEL_TRADE = "cancel_trade"
    CREATE_LIGHT_CLIENT = "create_light_client"
    UPDATE_LIGHT_CLIENT = "update_light_client"
    SUBMIT_MISBEHAVIOUR = "submit_misbehaviour"
    RECOVER_LIGHT_CLIENT = "recover_light_client"
    ENDORSE_LIGHT_CLIENT = "endorse_light_client"
    PRUNE_LIGHT_CLIENT = "prune_light_client"
    ACK_PACKET = "ack_packet"
    TIMEOUT_PACKET = "timeout_packet"
    RECEIVE_PACKET = "receive_packet"
    ISSUE_TOKEN = "issue_token"  # noqa: S105 - a kind of flow
    MOVE_TOKEN = "move_token"  # noqa: S105 - a kind of flow
    REDEEM_TOKEN = "redeem_token"  # noqa: S105 - a kind of flow
    SETTLE_DVP = "settle_dvp"
    REGISTER_SECURITY = "register_security"
    AMEND_SECURITY = "amend_security"
    RETIRE_SECURITY = "retire_security"
    SET_GATE = "set_gate"
    SET_NETWORK_CONTROL = "set_network_control"
    FORCE_TOKEN = "force_token"  # noqa: S105 - a kind of flow
    FREEZE_TOKEN = "freeze_token"  # noqa: S105 - a kind of flow
    THAW_TOKEN = "thaw_token"  # noqa: S105 - a kind of flow
    CANCEL_TRANSFER = "cancel_transfer"
    PROPOSE_PACKAGE = "propose_package"
    VOTE_ON_PACKAGE = "vote_on_package"
    CLOSE_PROPOSAL = "close_proposal"
    CHANGE_NOTARY = "change_notary"
    UPGRADE_STATES = "upgrade_states"
    OPEN_DISTRIBUTION = "open_distribution"
    PAY_BATCH = "pay_batch"
    CANCEL_DISTRIBUTION = "cancel_distribution"
    USE_UTILITY = "use_utility"
    EXPIRE_UTILITY = "expire_utility"
    REGISTER_COIN = "register_coin"
    AMEND_COIN = "amend_coin"
    ADMIT_HOLDER = "admit_holder"
    REMOVE_HOLDER = "remove_holder"
    FREEZE_CASH = "freeze_cash"
    THAW_CASH = "thaw_cash"
    FORCE_CASH = "force_cash"
    ROTATE_TOKENS = "rotate_tokens"
    PUBLISH_EXECUTION = "publish_execution"
    WITHDRAW_EXECUTION = "withdraw_execution"

    __hash__ = object.__hash__  # each is one object; an enum's own is a function in Python


class Wish(StrEnum):
    """What an operator wants of a flow, beside what it does by itself; kept until it is fulfilled or withdrawn."""

    NONE = ""
    PARK = "PARK"
    """Nobody drives it."""
    ABORT = "ABORT"
    """It ends as soon as it is certain that its transaction cannot become final."""


@dataclass(frozen=True)
class FlowRecord:
    """One row of ``flows``; times in Unix milliseconds, 0 where there is none.

    ``flow_id`` is the caller's request id, so a repeated request finds its flow. ``attempts``, ``last_error_*``,
    ``waiting_on`` and ``next_attempt_ms`` tell of the present step only; ``last_error_*`` stays for ever on FAILED.
    ``wish`` is an operator's (a ``Wish``); ``story`` is what ``flows.story`` reads.
    """

    flow_id: str
    kind: FlowKind
    request: bytes
    step: FlowStep
    created_ms: int
    updated_ms: int
    since_ms: int
    signed_tx: bytes | None = None
    tx_id: bytes | None = None
    journal_position: int = 0
    attempts: int = 0
    last_error_reason: str = ""
    last_error: str = ""
    waiting_on: str = ""
    next_attempt_ms: int = 0
    wish: str = Wish.NONE
    story: str = ""

    def replaced(self, **changes: object) -> FlowRecord:
        """The record with some fields changed; as ``dataclasses.replace``, at a quarter of its price."""
        changed = object.__new__(FlowRecord)
        changed.__dict__.update(self.__dict__, **changes)
        return changed

    @property
    def is_ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.step in ENDS

    def advanced(self, step: FlowStep, now_ms: int, waiting_on: str = "") -> FlowRecord:
        """The record at the next step, its attempts forgotten; raises ``ValueError`` for a move the table has not."""
        if step not in TRANSITIONS[self.step]:
            raise ValueError(f"flow {self.flow_id!r} cannot go from {self.step.value} to {step.value}")
        return self.replaced(
            step=step,
            since_ms=now_ms,
            updated_ms=now_ms,
            attempts=0,
            last_error_reason="",
            last_error="",
            waiting_on=waiting_on,
            next_attempt_ms=0,
            story=with_line(self.story, step.value, now_ms),
        )

    def attempt_failed(self, error: CrossDvpError, now_ms: int, next_attempt_ms: int, waiting_on: str) -> FlowRecord:
        """The record after an attempt that has to be repeated."""
        is_news = error.reason != self.last_error_reason
        return self.replaced(
            story=with_line(self.story, f"!{error.reason}", now_ms) if is_news else self.story,
            attempts=self.attempts + 1,
            last_error_reason=error.reason,
            last_error=storable(str(error), MAX_ERROR_CHARACTERS),
            waiting_on=waiting_on,
            next_attempt_ms=next_attempt_ms,
            updated_ms=now_ms,
        )

    def failed(self, error: CrossDvpError, now_ms: int) -> FlowRecord:
        """The record ended by an error that repeating cannot cure."""
        ended = self.advanced(FlowStep.FAILED, now_ms)
        return ended.replaced(last_error_reason=error.reason, last_error=storable(str(error), MAX_ERROR_CHARACTERS))

    def to_be_built_again(self, error: CrossDvpError, now_ms: int, next_attempt_ms: int) -> FlowRecord:
        """Back at the start: the transaction that was built can no longer become final."""
        again = self.advanced(FlowStep.PROPOSED, now_ms).replaced(signed_tx=None, tx_id=None)
        return again.attempt_failed(error, now_ms, next_attempt_ms, "")


def with_line(story: str, what: str, at_ms: int) -> str:
    """A story with one more line, ``what@ms``; what is too long to be told loses its middle, not its end."""
    if len(story) > MAX_STORY_CHARACTERS:
        story = story[: MAX_STORY_CHARACTERS // 2].rsplit(" ", 1)[0] + " …@0"
    return f"{story} {what}@{at_ms}" if story else f"{what}@{at_ms}"


MAX_STORY_CHARACTERS = 2000
MAX_ERROR_CHARACTERS = 1000
"""What is kept of a message: enough for an operator, bounded against a talkative peer."""
