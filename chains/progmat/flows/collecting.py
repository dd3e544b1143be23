"""Steps that collect signatures: from the other parties, then from the Validators, each in parallel."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial

from sqlalchemy import Connection

from chains.progmat.contracts.native_dvp import settled_terms
from chains.progmat.contracts.native_terms import account_key
from chains.progmat.flows import peer_codec
from chains.progmat.flows.clock import Clock
from chains.progmat.flows.engine import Commit
from chains.progmat.flows.errors import (
    AnswerProvesNothing,
    BadCountersignature,
    KeyHolderUnknown,
    TransactionOutdated,
)
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.seams import Directory
from chains.progmat.flows.signed_records import signed_of, with_signed
from chains.progmat.flows.steps import FlowStep
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.node.peers.seam import PeerNetwork
from chains.progmat.transactions.fresh_keys import FreshKeyStatement
from chains.progmat.transactions.model import TimeWindow
from chains.progmat.transactions.signature import TransactionSignature
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.signed_codec import decode_signature
from chains.progmat.transactions.wire import WireTransaction
from chains.progmat.validators.errors import ApprovalOutsideTimeWindow
from chains.rpc_status import RemoteCallerError
from primitives.composite_key import is_fulfilled_by, leaf_keys
from primitives.errors import CrossDvpError, DecodeError, Refusal, UnavailableError
from primitives.public_key import PublicKey

APPROVE = "validator.approve"
COUNTERSIGN_TIMEOUT_S = 15.0
APPROVE_TIMEOUT_S = 15.0


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
    """BUILT -> COUNTERSIGNED: every party whose key is missing is asked once, all at the same time."""

    def __init__(
        self,
        network: PeerNetwork,
        directory: Directory,
        verifier: LedgerVerifier,
        clock: Clock,
        disclose: Callable[[str, WireTransaction], None],
        holders: Callable[[FlowRecord, WireTransaction], Awaitable[Mapping[str, tuple[FreshKeyStatement, ...]]]],
    ) -> None:
        self._network = network
        self._directory = directory
        self._verifier = verifier
        self._clock = clock
        self._disclose = disclose
        self._holders = holders

    def skip(self, record: FlowRecord) -> FlowStep | None:
        """Nothing to do when all parties have signed already."""
        return None if self._missing(signed_of(record)) else FlowStep.COUNTERSIGNED

    def waiting_on(self, record: FlowRecord) -> str:
        """The parties asked."""
        signed = signed_of(record)
        holders = {self._holder_of(key, signed.wire) or "" for key in self._missing(signed)}
        return ", ".join(sorted(filter(None, holders)))

    def at_once(self, _record: FlowRecord) -> None:
        """Others have to be asked."""

    async def prepare(self, record: FlowRecord) -> Commit:
        """Ask; a party's refusal ends the flow. Raises ``TransactionOutdated`` when its epoch is over."""
        signed = signed_of(record)
        require_epoch_not_over(self._verifier, self._clock, signed)
        by_party: dict[str, set[PublicKey]] = {}
        for key in self._missing(signed):
            holder = self._holder_of(key, signed.wire)
            if holder is None:
                raise KeyHolderUnknown(key.encoded())
            by_party.setdefault(holder, set()).add(key)
        told = await self._holders(record, signed.wire)
        signed_bytes = signed.encode()
        bodies = {party: peer_codec.encode_countersign_request(signed_bytes, told.get(party, ())) for party in by_party}
        answers = await asyncio.gather(
            *(self._ask(party, keys, signed, bodies[party]) for party, keys in by_party.items())
        )
        complete = signed.with_signatures(*(signature for answer in answers for signature in answer))
        return partial(self._collected, record, complete)

    def _holder_of(self, key: PublicKey, wire: WireTransaction) -> str | None:
        """A node's key is on the map; whose customer the buyer of a native trade is, its terms say."""
        terms = settled_terms(wire)
        if terms is not None and key == account_key(terms.buyer_cash):
            return terms.buyer_node
        return self._directory.holder_of(key)

    def _missing(self, signed: SignedTransaction) -> list[PublicKey]:
        pinned = self._verifier.pinned(signed.wire)
        apart = {pinned.validator_key} if signed.wire.notary is None else {pinned.validator_key, signed.wire.notary.key}
        missing = signed.missing_signers() - apart
        return sorted((leaf for key in missing for leaf in leaf_keys(key)), key=PublicKey.encoded)

    async def _ask(
        self, party: str, keys: set[PublicKey], signed: SignedTransaction, body: bytes
    ) -> tuple[TransactionSignature, ...]:
        self._disclose(party, signed.wire)
        answer = await self._network.request(party, peer_codec.COUNTERSIGN, body, COUNTERSIGN_TIMEOUT_S)
        signatures = tuple(decode_signature(item) for item in peer_codec.decode_countersign_response(answer))
        if {signature.by for signature in signatures} != keys or any(s.partial_tree for s in signatures):
            raise BadCountersignature(party, "it has other keys than were asked for")
        try:
            for signature in signatures:
                self._verifier.verify_signature(signature, signed.id)
        except Refusal as error:
            raise BadCountersignature(party, str(error)) from error
        return signatures

    def _collected(self, record: FlowRecord, signed: SignedTransaction, _connection: Connection) -> FlowRecord:
        return with_signed(record, signed).advanced(FlowStep.COUNTERSIGNED, self._clock.now_ms())


class ApproveStep:
    """COUNTERSIGNED -> APPROVED: all Validators are asked at once, the first k valid signatures suffice."""

    def __init__(self, network: PeerNetwork, directory: Directory, verifier: LedgerVerifier, clock: Clock) -> None:
        self._network = network
        self._directory = directory
        self._verifier = verifier
        self._clock = clock

    def skip(self, record: FlowRecord) -> FlowStep | None:
        """Nothing to do for a transaction without provable writes."""
        signed = signed_of(record)
        needed = self._verifier.pinned(signed.wire).validator_key in signed.missing_signers()
        return None if needed else FlowStep.APPROVED

    def waiting_on(self, _record: FlowRecord) -> str:
        """All of them: which k answer first is open."""
        return "Validators"

    def at_once(self, _record: FlowRecord) -> None:
        """Others have to be asked."""

    async def prepare(self, record: FlowRecord) -> Commit:
        """Ask; ends the flow only when so many refuse that the threshold is out of reach.

        Raises ``TransactionOutdated`` when its epoch is over: its Validators may be gone.
        """
        signed = signed_of(record)
        require_epoch_not_over(self._verifier, self._clock, signed)
        body = signed.encode()
        asked = [asyncio.create_task(self._ask(name, signed, body)) for name in self._validators(signed)]
        approvals: dict[PublicKey, TransactionSignature] = {}
        failures: list[CrossDvpError] = []
        try:
            for answer in asyncio.as_completed(asked):
                try:
                    signature = await answer
                except CrossDvpError as error:
                    failures.append(error)
                    continue
                approvals[signature.by] = signature
                if is_fulfilled_by(self._verifier.pinned(signed.wire).validator_key, set(approvals)):
                    approved = signed.with_signatures(*approvals.values())
                    return partial(self._approved, record, approved)
        finally:
            for task in asked:
                task.cancel()
        raise self._verdict(signed, failures)

    async def _ask(self, validator: str, signed: SignedTransaction, body: bytes) -> TransactionSignature:
        answer = await self._network.request(validator, APPROVE, body, APPROVE_TIMEOUT_S)
        try:
            signature = decode_signature(answer)
            if signature.by not in leaf_keys(self._verifier.pinned(signed.wire).validator_key):
                raise AnswerProvesNothing(validator, "it signed with a key that is no Validator's")
            self._verifier.verify_signature(signature, signed.id)
        except (DecodeError, Refusal) as error:
            raise AnswerProvesNothing(validator, str(error)) from error
        return signature

    def _validators(self, signed: SignedTransaction) -> tuple[str, ...]:
        """Names of the Validators of the transaction's epoch; the map may list those of another epoch as well."""
        keys = leaf_keys(self._verifier.pinned(signed.wire).validator_key)
        return tuple(sorted(filter(None, (self._directory.holder_of(key) for key in keys))))

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
