"""A packet in sentences: what it waits for, since when, what was tried, what is next, what happens otherwise. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from ibc.light_client import LightClientStatus
from relayer.core.chain import MessageKind
from relayer.core.lifecycle import WAITS_FOR, PacketState
from relayer.core.plan import Action, DirectionView, Parked, Target, TrackedPacket, wanted
from relayer.core.retry import RETRY_RULES

_VERBS = {
    MessageKind.RECEIVE: "bring the packet to {chain}",
    MessageKind.ACKNOWLEDGE: "bring the acknowledgement to {chain}",
    MessageKind.TIME_OUT: "prove the time-out to {chain}",
}


@dataclass(frozen=True)
class PathHealth:
    """What a path is about, beside its packets: names of the direction's chains, and what its loop says of itself."""

    source: str
    destination: str
    last_error: str = ""
    halted: bool = False
    standby: str = ""


@dataclass(frozen=True)
class Told:
    """What is kept of one packet. ``parked_by`` and ``parked_why`` are empty if it is not parked."""

    tracked: TrackedPacket
    since_s: float
    last_error: str = ""
    last_attempt_s: float | None = None
    parked_by: str = ""
    parked_why: str = ""
    waits_for_client: str = ""


def explain(told: Told, view: DirectionView | None, health: PathHealth, now_s: float) -> tuple[str, ...]:
    """Sentences, most important first. ``view`` None: the chains have not been read yet."""
    tracked = told.tracked
    stands = f"It is {tracked.state.value.replace('_', ' ')} since {clock(told.since_s)}"
    if tracked.state.is_final:
        return (f"{stands}: it is at its end.",)
    action = None if view is None else wanted(tracked, view)
    hindered = _hindrance(told, action, health)
    sentences = [f"{stands} and waits for {WAITS_FOR[tracked.state]}."]
    if tracked.attempts:
        sentences.append(_attempts(told))
    sentences.append(hindered or _next(tracked, action, view, health, now_s))
    sentences.append(_otherwise(tracked, view, health))
    return tuple(sentences)


def deadline_s(tracked: TrackedPacket, receive_margin_s: int) -> int | None:
    """The last second of the destination's clock at which it is still sent; None once that is not what it needs."""
    if tracked.state in {PacketState.SENT, PacketState.RETURN_BLOCKED}:
        return tracked.packet.timeout_s - receive_margin_s - 1
    return None


def clock(at_s: float) -> str:
    """A moment, UTC; a number where no calendar reaches."""
    try:
        return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError, OSError):
        return f"{at_s:.0f} s after 1970"


def _attempts(told: Told) -> str:
    count = told.tracked.attempts
    at = "" if told.last_attempt_s is None else f" at {clock(told.last_attempt_s)}"
    said = f": {told.last_error}" if told.last_error else " and had its effect, or was somebody else's already"
    meaning = ""
    if told.tracked.refusal_class is not None:
        rule = RETRY_RULES[told.tracked.refusal_class]
        meaning = f" ({told.tracked.refusal_class.value}: {rule.meaning})"
    return f"{count} attempt{'s' if count > 1 else ''} so far; the last one{at} was answered{said}{meaning}."


def _hindrance(told: Told, action: Action | None, health: PathHealth) -> str:
    """Why nothing is tried by this instance; empty if something is."""
    if health.halted:
        return f"Nothing comes next: the path halted ({health.last_error})."
    if health.standby:
        return f"This instance stands by: {health.standby}."
    if told.parked_by and (action is None or told.tracked.parked.holds_back(action.message_kind)):
        ends = f"; or by itself when {told.waits_for_client} changes" if told.waits_for_client else ""
        return f"It was parked by {told.parked_by}: {told.parked_why}. It is tried again when it is unparked{ends}."
    return ""


def _next(
    tracked: TrackedPacket, action: Action | None, view: DirectionView | None, health: PathHealth, now_s: float
) -> str:
    if view is None:
        return f"The chains have not been read yet{f': {health.last_error}' if health.last_error else ''}."
    if action is None:
        clock_now = clock(view.destination.timestamp_s)
        return (
            f"It is too late to be sent and too early to be timed out: its time-out is proved once "
            f"{health.destination}'s clock, {clock_now} now, reaches {clock(tracked.packet.timeout_s)}."
        )
    to_source = action.target is Target.SOURCE
    chain = health.source if to_source else health.destination
    hosted = view.source_client if to_source else view.destination_client
    prover = view.destination if to_source else view.source
    what = f"Next is to {_VERBS[action.message_kind].format(chain=chain)}"
    if hosted.status is not LightClientStatus.ACTIVE:
        return (
            f"{what}, once the light client {hosted.client_id} there is active: it is {hosted.status.value}, and "
            "governance has to put another in its place."
        )
    if action.provable_from > prover.height:
        return f"{what}, once height {action.provable_from} can be proved: the chain is at {prover.height}."
    when = f"at {clock(tracked.not_before_s)}" if tracked.not_before_s > now_s else "in the next round"
    waits = f", if the chains answer again ({health.last_error})" if health.last_error else ""
    return f"{what}, {when}{waits}."


def _otherwise(tracked: TrackedPacket, view: DirectionView | None, health: PathHealth) -> str:
    if tracked.state in {PacketState.RECEIVED, PacketState.DELIVERY_BLOCKED}:
        return "If nothing happens, nothing is lost: it was received, its proof stays good, and no time-out ends it."
    left = "" if view is None else f", in {tracked.packet.timeout_s - view.destination.timestamp_s} s"
    if view is not None and view.destination.timestamp_s >= tracked.packet.timeout_s:
        left = ", which is past"
    held = "" if tracked.parked is not Parked.BY_PERSON else " As a person parked it, this relayer does not do it then."
    return (
        f"If nothing happens, it times out at {clock(tracked.packet.timeout_s)} of {health.destination}'s clock{left}: "
        f"from then on it cannot be received, and {health.source} gives back what it holds, once that is proved.{held}"
    )
