"""Asking the notary about one signed transaction: to make it final, or, when it is, where it stands in the journal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chains.progmat.flows.clock import Clock
from chains.progmat.flows.errors import AnswerProvesNothing, TransactionOutdated
from chains.progmat.flows.joint_signatures import JointSignatures
from chains.progmat.flows.journal_positions import JournalPositions
from chains.progmat.flows.seams import Directory, KeyRing, Role
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.network.errors import PresentKeyMissing
from chains.progmat.node.peers.seam import PeerNetwork
from chains.progmat.notary import errors as notary_errors
from chains.progmat.notary import service_errors
from chains.progmat.notary.codec import (
    NotariseRequest,
    WholeRequest,
    decode_response,
    encode_request,
    encode_whole_request,
)
from chains.progmat.notary.requester import sign_requests
from chains.progmat.transactions.model import Party
from chains.progmat.transactions.signature import TransactionSignature
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.signed_codec import decode_signature, encode_signature
from chains.progmat.transactions.wire import WireTransaction
from chains.rpc_status import RemoteCallerError
from primitives.composite_key import leaf_keys
from primitives.errors import CallerError, PeerError
from primitives.signatures import Signer

NOTARISE: Final = "notary.notarise"
NOTARISE_TIMEOUT_S: Final = 15.0

FINAL_REFUSALS: Final = frozenset(
    refusal.reason
    for refusal in (
        notary_errors.WrongNotary,
        notary_errors.TransactionTooLarge,
        notary_errors.RepeatedState,
        notary_errors.RepeatedPath,
        notary_errors.NothingToNotarise,
        notary_errors.ValidatorSignatureRefused,
        notary_errors.ValidatorsMissing,
        notary_errors.TransactionInvalid,
        service_errors.NotaryRetires,
        service_errors.CommandsShown,
        service_errors.WritesElsewhere,
    )
)
"""Refusals that depend on the request's bytes alone: the same request cannot have been accepted before."""


class NotConfirmed(PeerError):
    """Nobody stands by this transaction now: the notary's key was replaced since, or the notary was dropped."""

    reason = "NOT_CONFIRMED"

    def __init__(self, tx_id: bytes, notary: str, answer: str) -> None:
        self.tx_id = tx_id
        self.notary = notary
        self.answer = answer
        super().__init__(f"nothing shows that {notary} committed {tx_id.hex()} when its key counted: {answer}")


def require_datable(verifier: LedgerVerifier, signed: SignedTransaction, now_s: int) -> None:
    """Something shows that a final transaction seen now is not of today; raises ``NotConfirmed``."""
    name = verifier.notary_name(signed.wire)
    if verifier.is_undated_and_old(signed.wire, now_s):
        raise NotConfirmed(signed.id, name, "no notary dated it, and the epoch it names is over")
    if verifier.is_of_a_dropped_notary(signed.wire, now_s):
        raise NotConfirmed(signed.id, name, "the network has dropped it; the Validators' attestation would do")


@dataclass(frozen=True, slots=True)
class NotarysAnswer:
    """The notary's signature, verified, and the journal position (0 without provable writes)."""

    signature: TransactionSignature
    position: int


class NotaryDesk:
    """The network's notaries, as one node asks them: each about what names it.

    Verified batch roots are remembered (see ``LedgerVerifier``). Each request is signed with ``me``'s present key,
    which is among ``keys``. ``disclose`` lets a peer fetch what a transaction uses; who hands out nothing leaves it
    away.
    """

    def __init__(
        self,
        network: PeerNetwork,
        verifier: LedgerVerifier,
        clock: Clock,
        me: Party,
        keys: KeyRing,
        directory: Directory,
        disclose: Callable[[str, WireTransaction], None] = lambda _peer, _wire: None,
    ) -> None:
        self._network = network
        self._verifier = verifier
        self._clock = clock
        self._me = me
        self._keys = keys
        self._directory = directory
        self._disclose = disclose
        self._positions = JournalPositions(network)
        self._signatures = JointSignatures(sign_requests)

    def name_of(self, signed: SignedTransaction) -> str:
        """Who is asked about a transaction."""
        return self._verifier.notary_name(signed.wire)

    async def notarise(self, signed: SignedTransaction) -> NotarysAnswer:
        """Have ``signed`` made final; the same transaction always gets the same answer.

        Raises ``NotarisationConflict`` and other final refusals (``CallerError``), ``TransactionOutdated`` when its
        window is over and it was not notarised before, and ``UnavailableError`` for everything that proves nothing: an
        earlier request may have been accepted, its answer lost.
        """
        name = self.name_of(signed)
        try:
            body = await self._network.request(name, NOTARISE, await self._request(signed), NOTARISE_TIMEOUT_S)
            answer = decode_response(body)
            signature = decode_signature(answer.signature)
            if signature.by not in self._verifier.notary_keys(signed.wire):
                raise AnswerProvesNothing(name, "it signed with another key than the notary's")
            self._verifier.verify_signature(signature, signed.id)
        except notary_errors.NotarisationConflict:
            raise
        except RemoteCallerError as error:
            if error.reason == notary_errors.TimeWindowClosed.reason:
                raise TransactionOutdated(signed.id) from error
            if error.reason in FINAL_REFUSALS:
                raise
            raise AnswerProvesNothing(name, str(error)) from error
        except (CallerError, PeerError) as error:
            raise AnswerProvesNothing(name, str(error)) from error
        return NotarysAnswer(signature, answer.position)

    async def position_of(self, signed: SignedTransaction) -> int:
        """The journal position of a final transaction, from the notary itself: a peer's word could hold up readers.

        A notary that does not know it is asked to notarise it once more: its records may have been restored.
        """
        if not signed.wire.provable_writes:
            return 0
        position = await self._positions.of(self.name_of(signed), signed.id)
        return position or (await self.notarise(signed)).position

    async def confirmed(self, signed: SignedTransaction) -> SignedTransaction:
        """A final transaction that may be recorded: with the notary's present signature where its key was replaced.

        Raises ``NotConfirmed`` when the notary has not committed it, ``UnavailableError`` when that cannot be told now.
        """
        require_datable(self._verifier, signed, self._clock.now_ms() // 1000)
        if not self._verifier.needs_confirmation(signed):
            return signed
        try:
            answer = await self.notarise(signed)
        except (TransactionOutdated, CallerError) as error:
            raise NotConfirmed(signed.id, self.name_of(signed), str(error)) from error
        confirmed = signed.with_signatures(answer.signature)
        if self._verifier.needs_confirmation(confirmed):
            raise AnswerProvesNothing(self.name_of(signed), "it confirmed with a key that has been replaced")
        return confirmed

    async def _request(self, signed: SignedTransaction) -> bytes:
        """Signed by this node, with others' at once. Only a notary listed as VALIDATING gets to see everything."""
        ours = await self._signatures.sign(self._signer(), signed.id)
        notary = self.name_of(signed)
        if notary in self._directory.names_with(Role.VALIDATING):
            self._disclose(notary, signed.wire)  # it fetches the ancestors from whoever asks
            return encode_whole_request(WholeRequest(signed.encode(), ours))
        tear_off = signed.wire.filter(self._verifier.notary_groups(signed.wire)).encode()
        approvals: tuple[bytes, ...] = ()
        if signed.wire.provable_writes:
            validators = leaf_keys(self._verifier.pinned(signed.wire).validator_key)
            approvals = tuple(encode_signature(item) for item in signed.signatures if item.by in validators)
        return encode_request(NotariseRequest(tear_off, approvals, ours))

    def _signer(self) -> Signer:
        key = self._verifier.parameters.current(self._me).key
        signer = self._keys.signer(key)
        if signer is None:
            raise PresentKeyMissing(self._me.name, key.encoded())
        return signer
