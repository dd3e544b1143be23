"""Messages prepared and submitted so that none holds up another: what goes wrong with one becomes its own answer.

A whole submission can fail by one of its messages. It is found by halves, and only it is answered for; what is the
chain's fault, or the client update's, is raised, and speaks against no packet.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum

import structlog

from primitives.errors import CrossDvpError, UnavailableError
from relayer.core.chain import ChainEndpoint, ClientUpdate, MessageKind, Outcome, PacketMessage
from relayer.core.plan import Action
from relayer.core.retry import refusal_by

_log = structlog.get_logger(__name__)


class Suspicion(Enum):
    """Whether a target that is unavailable for a submission might be so because of one of its messages."""

    NONE = "none"
    MESSAGES = "messages"  # it answered everything but submissions, several times in a row


@dataclass(frozen=True)
class Prepared:
    """A message for an action; with the error, and the refusal made of it, if it cannot be proved."""

    action: Action
    message: PacketMessage
    refused: Outcome | None = None
    error: Exception | None = None


async def prepare(prover: ChainEndpoint, action: Action, height: int) -> Prepared:
    """Prove what an action needs at a height. Raises nothing: an error is about this packet, and is its answer."""
    tracked = action.tracked
    ack = tracked.ack if action.message_kind is MessageKind.ACKNOWLEDGE else None
    try:
        proof = await prover.prove(action.proof_kind, tracked.packet, height)
    except Exception as error:  # noqa: BLE001  # whatever it is, the other packets go on
        unproved = PacketMessage(action.message_kind, tracked.packet, b"", height, ack)
        return Prepared(action, unproved, _told(error), error)
    return Prepared(action, PacketMessage(action.message_kind, tracked.packet, proof, height, ack))


def _told(error: Exception) -> Outcome:
    if not isinstance(error, CrossDvpError):
        _log.error("defect with one packet", exc_info=error)  # named errors are told with the packet's answer
    return refusal_by(error)


async def submitted(
    target: ChainEndpoint,
    update: ClientUpdate | None,
    messages: Sequence[PacketMessage],
    probe: Callable[[], Awaitable[ClientUpdate]],
    suspicion: Suspicion,
) -> tuple[Outcome, ...]:
    """One answer a message, in order. ``probe`` makes an update that tells whether the target takes anything at all.

    Raises what the target raises for all of them, or for the update alone. ``UnavailableError`` is raised as it comes,
    unless ``suspicion`` says otherwise.
    """
    try:
        return await target.submit(update, messages)
    except UnavailableError:
        if suspicion is Suspicion.NONE:
            raise
    except Exception as failure:  # noqa: BLE001  # looked for below
        _log.warning("submission failed: looking for the message", chain=target.chain_name, error=str(failure))
    if update is None:
        answers = await _halves(target, messages)
    else:
        await target.submit(update, ())
        answers = await _by_halves(target, messages)
    if update is None and not any(isinstance(answer, Outcome) for answer in answers):
        await target.submit(await probe(), ())
    return tuple(answer if isinstance(answer, Outcome) else _told(answer) for answer in answers)


async def _by_halves(target: ChainEndpoint, messages: Sequence[PacketMessage]) -> list[Outcome | Exception]:
    try:
        return list(await target.submit(None, messages))
    except Exception as error:  # noqa: BLE001  # of a single message it is the answer
        if len(messages) == 1:
            return [error]
    return await _halves(target, messages)


async def _halves(target: ChainEndpoint, messages: Sequence[PacketMessage]) -> list[Outcome | Exception]:
    if len(messages) == 1:
        return await _by_halves(target, messages)
    middle = len(messages) // 2
    return [*await _by_halves(target, messages[:middle]), *await _by_halves(target, messages[middle:])]


def nothing_provable(prepared: Sequence[Prepared]) -> UnavailableError | None:
    """The error to tell if nothing at all could be proved because the prover is away."""
    errors = [each.error for each in prepared]
    if errors and all(isinstance(error, UnavailableError) for error in errors):
        first = errors[0]
        return first if isinstance(first, UnavailableError) else None
    return None
