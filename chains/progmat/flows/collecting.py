"""Steps that collect signatures: from the other parties, then from the Validators, each in parallel."""

from __future__ import annotations

import asyncio
from asyncio import FIRST_COMPLETED
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing
from functools import partial
from typing import Final

from sqlalchemy import Connection

from chains.progmat.flows.approval_ahead import ApprovalAhead
from chains.progmat.flows.clock import Clock
from chains.progmat.flows.countersignatures import Countersignatures
from chains.progmat.flows.engine import Commit
from chains.progmat.flows.errors import AnswerProvesNothing, TransactionOutdated
from chains.progmat.flows.own_signatures import OwnSignatures
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.seams import Directory
from chains.progmat.flows.signed_records import signed_of, with_signed
from chains.progmat.flows.steps import FlowStep
from chains.progmat.flows.suspended_approvers import SuspendedApprovers
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.node.peers.seam import PeerNetwork
from chains.progmat.transactions.fresh_keys import FreshKeyStatement
from chains.progmat.transactions.model import TimeWindow
from chains.progmat.transactions.signature import TransactionSignature
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.signed_codec import decode_signature, encode_approval_request
from chains.progmat.transactions.wire import WireTransaction
from chains.progmat.validators.errors import ApprovalOutsideTimeWindow
from chains.rpc_status import RemoteCallerError
from primitives.composite_key import is_fulfilled_by, leaf_keys
from primitives.errors import CrossDvpError, DecodeError, Refusal, UnavailableError
from primitives.public_key import PublicKey

APPROVE = "validator.approve"
APPROVE_TIMEOUT_S = 15.0
PATIENCE_MS: Final = 1_000
"""How long the Validators asked first may let wait before the others are asked, too."""
AWAY_MS: Final = 60_000
"""How long one that let wait, or could not be reached, is among the last to be asked."""


def is_over(window: TimeWindow | None, now_s: int) -> bool:
    """Whether a window has ended."""
    return window is not None and window.until_s is not None and now_s >= window.until_s


def require_epoch_not_over(verifier: LedgerVerifier, clock: Clock, signed: SignedTransaction) -> None:
    """Raises ``TransactionOutdated`` when the epoch that a transaction pins is over, its grace included.

    Also when it was built by a program of another contract package, before this node was restarted: no peer that runs
    the same program as this node now would sign it.
    """
    of_this_program = signed.wire.contract_package == verifier.package.hash
    if not of_this_program or is_over(verifier.admission(signed.wire), clock.now_ms() // 1000):
        raise TransactionOutdated(signed.id)


class CountersignStep:
    """BUILT -> COUNTERSIGNED: every other party whose key is missing is asked once, all at the same time.

    ``holders`` says whose fresh keys a transaction has, to each party that is to know.
    """

    def __init__(
        self,
        own: OwnSignatures,
        countersignatures: Countersignatures,
        verifier: LedgerVerifier,
        clock: Clock,
        holders: Callable[[FlowRecord, WireTransaction], Awaitable[Mapping[str, tuple[FreshKeyStatement, ...]]]],
    ) -> None:
        self._own = own
        self._countersignatures = countersignatures
        self._verifier = verifier
        self._clock = clock
        self._holders = holders

    def skip(self, record: FlowRecord) -> FlowStep | None:
        """Nothing to do when all other parties have signed already."""
        return None if self._missing(signed_of(record)) else FlowStep.COUNTERSIGNED

    def waiting_on(self, record: FlowRecord) -> str:
        """The parties asked."""
        signed = signed_of(record)
        return ", ".join(self._countersignatures.holders(self._missing(signed), signed.wire))

    def at_once(self, _record: FlowRecord) -> None:
        """Others have to be asked."""

    async def prepare(self, record: FlowRecord) -> Commit:
        """Sign, and ask; a party's refusal ends the flow. Raises ``TransactionOutdated`` when its epoch is over."""
        signed = signed_of(record)
        require_epoch_not_over(self._verifier, self._clock, signed)
        signed = await self._own.complete(signed)
        told = await self._holders(record, signed.wire)
        return partial(self._collected, record, await self._countersignatures.collect(signed, told))

    def _missing(self, signed: SignedTransaction) -> list[PublicKey]:
        return [key for key in self._countersignatures.missing(signed) if not self._own.can_sign(key)]

    def _collected(self, record: FlowRecord, signed: SignedTransaction, _connection: Connection) -> FlowRecord:
        return with_signed(record, signed).advanced(FlowStep.COUNTERSIGNED, self._clock.now_ms())


class ApproveStep:
    """COUNTERSIGNED -> APPROVED: k Validators are asked at once, each transaction others of them.

    One more for each that fails; all where one lets wait. Those known to be ``suspended`` are not asked: theirs do not
    count.
    """

    def __init__(
        self,
        network: PeerNetwork,
        directory: Directory,
        verifier: LedgerVerifier,
        clock: Clock,
        suspended: SuspendedApprovers,
        ahead: ApprovalAhead,
        own: OwnSignatures,
    ) -> None:
        self._own = own
        self._ahead = ahead
        self._network = network
        self._directory = directory
        self._verifier = verifier
        self._clock = clock
        self._suspended = suspended
        self._away_until_ms: dict[str, int] = {}

    def skip(self, record: FlowRecord) -> FlowStep | None:
        """Nothing to do for a transaction without provable writes."""
        signed = signed_of(record)
        needed = self._verifier.pinned(signed.wire).validator_key in signed.missing_signers()
        return None if needed else FlowStep.APPROVED

    def waiting_on(self, _record: FlowRecord) -> str:
        """Any of them: which k answer is open."""
        return "Validators"

    def at_once(self, _record: FlowRecord) -> None:
        """Others have to be asked."""

    async def prepare(self, record: FlowRecord) -> Commit:
        """Sign, and ask; ends the flow only when so many refuse that the threshold is out of reach.

        Raises ``TransactionOutdated`` when its epoch is over: its Validators may be gone.
        """
        signed = signed_of(record)
        require_epoch_not_over(self._verifier, self._clock, signed)
        signed = await self._own.complete(signed)
        wanted = self._verifier.pinned(signed.wire).validator_key
        approvals: dict[PublicKey, TransactionSignature] = {}
        failures: list[CrossDvpError] = []
        async with aclosing(self._answers(signed)) as answers:
            async for answer in answers:
                if isinstance(answer, CrossDvpError):
                    failures.append(answer)
                    continue
                approvals[answer.by] = answer
                if is_fulfilled_by(wanted, set(approvals)):
                    return partial(self._approved, record, signed.with_signatures(*approvals.values()))
        raise self._verdict(signed, failures)

    async def _answers(self, signed: SignedTransaction) -> AsyncGenerator[TransactionSignature | CrossDvpError]:
        """What Validators answer, as it comes; whoever has enough of it asks no further."""
        waiting = self._in_turn(signed)
        ahead = await self._ahead.of(waiting, signed.wire)
        asked: dict[asyncio.Task[TransactionSignature], str] = {}
        patience: asyncio.Task[None] = asyncio.create_task(self._clock.sleep_ms(PATIENCE_MS))

        def ask(most: int) -> None:
            for validator in waiting[:most]:
                asked[asyncio.create_task(self._ask(validator, signed, ahead[validator]))] = validator
            del waiting[:most]

        try:
            ask(self._verifier.pinned(signed.wire).validators.threshold)
            while asked:
                await asyncio.wait({*asked, *(() if patience.done() else (patience,))}, return_when=FIRST_COMPLETED)
                for answered in [task for task in asked if task.done()]:
                    validator, failure = asked.pop(answered), answered.exception()
                    if isinstance(failure, UnavailableError):
                        self._is_away(validator)
                    if failure is not None:
                        ask(1)
                    yield _answer(answered)
                if patience.done() and waiting:
                    for validator in asked.values():
                        self._is_away(validator)
                    ask(len(waiting))
        finally:
            for task in (*asked, patience):
                task.cancel()

    def _in_turn(self, signed: SignedTransaction) -> list[str]:
        """Whom to ask first: each transaction begins elsewhere, and with those who answered lately."""
        names, now_ms = self._validators(signed), self._clock.now_ms()
        begin = signed.id[0] % max(1, len(names))
        return sorted(
            (*names[begin:], *names[:begin]), key=lambda validator: self._away_until_ms.get(validator, 0) > now_ms
        )

    def _is_away(self, validator: str) -> None:
        self._away_until_ms[validator] = self._clock.now_ms() + AWAY_MS

    async def _ask(self, validator: str, signed: SignedTransaction, ahead: tuple[bytes, ...]) -> TransactionSignature:
        body = encode_approval_request(signed.encode(), ahead)
        answer = await self._network.request(validator, APPROVE, body, APPROVE_TIMEOUT_S)
        try:
            signature = decode_signature(answer)
            if signature.by not in leaf_keys(self._verifier.pinned(signed.wire).validator_key):
                raise AnswerProvesNothing(validator, "it signed with a key that is no Validator's")
            if signature.by in self._suspended:
                raise AnswerProvesNothing(validator, "the journal has suspended its key")
            self._verifier.verify_signature(signature, signed.id)
        except (DecodeError, Refusal) as error:
            raise AnswerProvesNothing(validator, str(error)) from error
        self._ahead.approved(validator, signed.wire, ahead)
        return signature

    def _validators(self, signed: SignedTransaction) -> tuple[str, ...]:
        """Names of the Validators of the transaction's epoch; the map may list those of another epoch as well."""
        keys = leaf_keys(self._verifier.pinned(signed.wire).validator_key)
        counting = (key for key in keys if key not in self._suspended)
        return tuple(sorted(filter(None, (self._directory.holder_of(key) for key in counting))))

    def _verdict(self, signed: SignedTransaction, failures: Iterable[CrossDvpError]) -> CrossDvpError:
        """A refusal if the Validators still away could not make up for those that refuse; else: ask again."""
        failures = [self._timely(signed, error) for error in failures]
        away = [error for error in failures if isinstance(error, UnavailableError)]
        refusals = [error for error in failures if not isinstance(error, UnavailableError)]
        validators = len(self._validators(signed))
        if refusals and validators - len(refusals) < self._verifier.pinned(signed.wire).validators.threshold:
            return refusals[0]
        return away[0] if away else AnswerProvesNothing("Validators", "too few signatures")

    def _timely(self, signed: SignedTransaction, error: CrossDvpError) -> CrossDvpError:
        """A Validator whose clock is outside the window refuses for now; when the window is over: build again."""
        if not isinstance(error, RemoteCallerError) or error.reason != ApprovalOutsideTimeWindow.reason:
            return error
        now_s = self._clock.now_ms() // 1000
        if is_over(signed.wire.time_window, now_s) or is_over(self._verifier.admission(signed.wire), now_s):
            return TransactionOutdated(signed.id)
        return AnswerProvesNothing(error.remote, "its clock is outside the time window")

    def _approved(self, record: FlowRecord, signed: SignedTransaction, _connection: Connection) -> FlowRecord:
        return with_signed(record, signed).advanced(FlowStep.APPROVED, self._clock.now_ms())


def _answer(answered: asyncio.Task[TransactionSignature]) -> TransactionSignature | CrossDvpError:
    failure = answered.exception()
    if failure is None:
        return answered.result()
    if isinstance(failure, CrossDvpError):
        return failure
    raise failure
