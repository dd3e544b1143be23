"""Steps that make a transaction final: the notary's signature, then our own records and what we owe to participants."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from sqlalchemy import Connection

from chains.progmat.flows import peer_codec
from chains.progmat.flows.clock import Clock
from chains.progmat.flows.delivery import owe
from chains.progmat.flows.engine import Commit
from chains.progmat.flows.errors import AnswerProvesNothing, TransactionOutdated
from chains.progmat.flows.peer_codec import Finality
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.seams import Recording
from chains.progmat.flows.signed_records import signed_of, with_signed
from chains.progmat.flows.steps import FlowStep
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.node.peers.seam import PeerNetwork
from chains.progmat.notary.codec import NotariseRequest, decode_response, encode_request
from chains.progmat.notary.errors import TimeWindowClosed, TimeWindowNotOpen
from chains.progmat.transactions.filtered import NOTARY_GROUPS
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.signed_codec import decode_signature, encode_signature
from chains.rpc_status import RemoteCallerError
from primitives.composite_key import leaf_keys
from primitives.errors import PeerError

NOTARISE = "notary.notarise"
NOTARISE_TIMEOUT_S = 15.0


class NotariseStep:
    """APPROVED -> NOTARISED: asked again with the same bytes until the notary says yes or no; both are for ever."""

    def __init__(self, network: PeerNetwork, verifier: LedgerVerifier, clock: Clock) -> None:
        self._network = network
        self._verifier = verifier
        self._clock = clock

    def skip(self, record: FlowRecord) -> FlowStep | None:
        """Nothing to decide for a transaction that uses no state, writes nothing and has no time window."""
        return None if signed_of(record).wire.needs_notarisation else FlowStep.NOTARISED

    def waiting_on(self, _record: FlowRecord) -> str:
        """The notary."""
        return self._verifier.parameters.notary.name

    async def prepare(self, record: FlowRecord) -> Commit:
        """Ask. Raises ``NotarisationConflict`` (final), ``TransactionOutdated``, and what may be asked again."""
        signed = signed_of(record)
        notary = self._verifier.parameters.notary
        try:
            body = await self._network.request(notary.name, NOTARISE, self._request(signed), NOTARISE_TIMEOUT_S)
            answer = decode_response(body)
            signature = decode_signature(answer.signature)
            if signature.by != notary.key:
                raise AnswerProvesNothing(notary.name, "it signed with another key than the notary's")
            self._verifier.verify_signature(signature, signed.id)
        except RemoteCallerError as error:
            if error.reason == TimeWindowClosed.reason:
                raise TransactionOutdated(signed.id) from error
            if error.reason == TimeWindowNotOpen.reason:
                raise AnswerProvesNothing(notary.name, "its clock has not reached the time window") from error
            raise
        except PeerError as error:  # garbage proves nothing: the transaction may be final
            raise AnswerProvesNothing(notary.name, str(error)) from error
        notarised = with_signed(record, signed.with_signatures(signature))
        return partial(self._notarised, replace(notarised, journal_position=answer.position))

    def _request(self, signed: SignedTransaction) -> bytes:
        tear_off = signed.wire.filter(NOTARY_GROUPS).encode()
        approvals: tuple[bytes, ...] = ()
        if signed.wire.provable_writes:
            validators = leaf_keys(self._verifier.parameters.validator_key)
            approvals = tuple(encode_signature(item) for item in signed.signatures if item.by in validators)
        return encode_request(NotariseRequest(tear_off, approvals))

    def _notarised(self, record: FlowRecord, _connection: Connection) -> FlowRecord:
        return record.advanced(FlowStep.NOTARISED, self._clock.now_ms())


class RecordStep:
    """NOTARISED -> RECORDED: vault, transaction store, IBC events and the outbox, in one commit."""

    def __init__(self, recorder: Recording, clock: Clock) -> None:
        self._recorder = recorder
        self._clock = clock

    def skip(self, _record: FlowRecord) -> FlowStep | None:
        """Never."""
        return None

    def waiting_on(self, _record: FlowRecord) -> str:
        """Nobody."""
        return ""

    async def prepare(self, record: FlowRecord) -> Commit:
        """Nothing to ask for."""
        return partial(self._recorded, record)

    def _recorded(self, record: FlowRecord, connection: Connection) -> FlowRecord:
        signed = signed_of(record)
        now_ms = self._clock.now_ms()
        participants = self._recorder.record(connection, signed, record.journal_position, now_ms)
        finality = Finality(
            tx_id=signed.id,
            signatures=tuple(encode_signature(signature) for signature in signed.signatures),
            wire=signed.wire_bytes,
            journal_position=record.journal_position,
        )
        body = peer_codec.encode_finality(finality)
        for peer in participants:
            owe(
                connection,
                flow_id=record.flow_id,
                peer=peer,
                method=peer_codec.FINALISE,
                body=body,
                now_s=now_ms // 1000,
            )
        recorded = record.advanced(FlowStep.RECORDED, now_ms, waiting_on=", ".join(participants))
        return recorded if participants else recorded.advanced(FlowStep.DONE, now_ms)
