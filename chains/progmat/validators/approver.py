"""Approves whole transactions with provable writes, before notarisation.

What the signature says: "every contract of this transaction holds, all its inputs and references come from valid,
notarised transactions, everybody else who must sign has signed". Write before sign: the approval is on disk first.

**Two transactions that spend the same state may both be approved.** Uniqueness is the notary's decision. Refusing the
second would let anybody block a state for ever by asking for an approval and never notarising it, and a sender whose
transaction fell out of its time window could never build another one. Nothing is lost: what reaches the journal is
checked again there (`ledger_view`), and a state or path used twice in it stops this Validator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, Protocol

import structlog
from sqlalchemy import Connection, bindparam, select

from chains.progmat.flows.back_chain import Ancestors
from chains.progmat.flows.joint_signatures import JointSignatures
from chains.progmat.flows.signed_records import assembled
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.node.peers import PeerIdentity
from chains.progmat.node.storage import NodeDatabase, Prepared, insert
from chains.progmat.transactions.signature import TransactionSignature, sign_together
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.signed_codec import decode_approval_request, encode_signature
from chains.progmat.transactions.wire import WireTransaction
from chains.progmat.validators.errors import (
    ApprovalOutsideTimeWindow,
    DoubleSpendSigned,
    NotAValidator,
    NothingToApprove,
)
from chains.progmat.validators.schema import approvals
from chains.progmat.validators.signing_gate import SigningGate
from primitives.composite_key import leaf_keys
from primitives.errors import CrossDvpError
from primitives.signatures import Signer
from primitives.types import Hash32

APPROVE: Final = "validator.approve"

_APPROVED = Prepared(select(approvals.c.tx_id).where(approvals.c.tx_id == bindparam("tx_id")))
_RECORD = Prepared(insert(approvals).on_conflict_do_nothing(), columns=approvals.c.keys())

_log = structlog.get_logger(__name__)


class Resolver(Protocol):
    """Has the ancestors of a transaction verified and recorded here (`flows.back_chain.BackChain`)."""

    async def resolve(self, peer: str, wire: WireTransaction, ahead: Sequence[bytes] = ()) -> None:
        """Fetch what is lacking from ``peer``; verify each ancestor once, the notary's signature included.

        ``ahead`` are signed transactions that ``peer`` sent unasked: those that are lacking need not be fetched.
        """
        ...

    async def gather(self, peer: str, wire: WireTransaction, ahead: Sequence[bytes]) -> Ancestors | None:
        """The same, but the last of them are recorded by the caller, in the commit of what uses them."""
        ...


class Approver:
    """The handler of ``validator.approve``: ApprovalRequest bytes in, TransactionSignature bytes out.

    Idempotent: an approved transaction is signed again whenever asked for, also after its time window.
    """

    def __init__(
        self,
        *,
        database: NodeDatabase,
        resolver: Resolver,
        verifier: LedgerVerifier,
        signer: Signer,
        gate: SigningGate,
        clock_s: Callable[[], int],
    ) -> None:
        if not any(signer.public_key in leaf_keys(epoch.validator_key) for epoch in verifier.epochs):
            raise NotAValidator(signer.public_key.encoded())
        self._database = database
        self._resolver = resolver
        self._verifier = verifier
        self._signer = signer
        self._gate = gate
        self._clock_s = clock_s
        self._joint = JointSignatures(self._sign_all)

    async def approve(self, peer: PeerIdentity, body: bytes) -> bytes:
        """Verify and sign.

        Raises DecodeError, NothingToApprove, ApprovalOutsideTimeWindow (of the transaction or of the epoch it pins),
        NotAValidator for an epoch whose Validators are others, ParametersUnknown, SigningStopped, what signature,
        platform and contract verification refuse, and UnavailableError when ancestors cannot be fetched now.
        """
        wire_bytes, signatures, ahead = decode_approval_request(body)
        signed = assembled(wire_bytes, signatures)
        tx_id = signed.id
        self._gate.require_open()
        if not await self._database.look_up(lambda connection: _is_approved(connection, tx_id)):
            await self._verify_and_record(peer, signed, ahead)
            _log.info("approved", tx_id=tx_id.hex(), requester=peer.name)
        signature = await self._joint.sign(self._signer, tx_id)
        self._gate.require_open()
        self._verifier.remember_own(signature, tx_id)
        return encode_signature(signature)

    def _sign_all(self, signer: Signer, tx_ids: Sequence[Hash32]) -> Sequence[TransactionSignature]:
        self._gate.require_open()
        return sign_together(signer, tx_ids)

    async def _verify_and_record(self, peer: PeerIdentity, signed: SignedTransaction, ahead: Sequence[bytes]) -> None:
        """From cheap to dear, so that a stranger's garbage costs little."""
        wire, parameters = signed.wire, self._verifier.pinned(signed.wire)
        if not wire.provable_writes:
            raise NothingToApprove
        if self._signer.public_key not in leaf_keys(parameters.validator_key):
            raise NotAValidator(self._signer.public_key.encoded())
        self._require_time_window(wire)
        self._verifier.verify_signatures(signed, {parameters.validator_key, *self._verifier.notary_keys(wire)})
        try:
            await self._resolve_and_record(peer, wire, ahead)
        except DoubleSpendSigned as misbehaviour:  # two final ancestors spend one state
            await self._gate.heed_double_spend(misbehaviour, self._verifier.journal_notary_name)
            raise

    async def _resolve_and_record(self, peer: PeerIdentity, wire: WireTransaction, ahead: Sequence[bytes]) -> None:
        """Ancestors that were lacking and the approval are one commit; good ancestors stay, whatever is refused."""
        ancestors = await self._resolver.gather(peer.name, wire, ahead)
        if ancestors is None:
            await self._database.look_up(lambda connection: self._verifier.verify_contracts(connection, wire))
            self._require_time_window(wire)
            now_s = self._clock_s()
            await self._database.submit(lambda connection: _record(connection, wire.id, peer.name, now_s))
            return
        try:
            refusal = await self._database.submit(
                partial(self._record_after, wire=wire, requester=peer.name, ancestors=ancestors)
            )
        finally:
            ancestors.release()
        for ancestor in ancestors.transactions:
            self._verifier.recorded.note(ancestor)
        if refusal is not None:
            raise refusal

    def _record_after(
        self, connection: Connection, *, wire: WireTransaction, requester: str, ancestors: Ancestors
    ) -> CrossDvpError | None:
        """Record the ancestors, then verify what uses them and record the approval; or say why not."""
        ancestors.record(connection)
        try:
            with self._verifier.recorded.including(connection, ancestors.transactions):
                self._verifier.verify_contracts(connection, wire)
            self._require_time_window(wire)
        except CrossDvpError as refusal:
            return refusal
        _record(connection, wire.id, requester, self._clock_s())
        return None

    def _require_time_window(self, wire: WireTransaction) -> None:
        now_s = self._clock_s()
        for window in (wire.time_window, self._verifier.admission(wire)):
            if window is not None and not window.contains(now_s):
                raise ApprovalOutsideTimeWindow(window.from_s, window.until_s, now_s)


def _is_approved(connection: Connection, tx_id: bytes) -> bool:
    return _APPROVED.first(connection, {"tx_id": tx_id}) is not None


def _record(connection: Connection, tx_id: bytes, requester: str, now_s: int) -> None:
    _RECORD.change(connection, {"tx_id": tx_id, "requester": requester, "approved_at_s": now_s})
