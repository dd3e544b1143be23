"""Asking the notary about one signed transaction: to make it final, or, when it is, where it stands in the journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chains.progmat.flows.clock import Clock
from chains.progmat.flows.errors import AnswerProvesNothing, TransactionOutdated
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.node.peers.seam import PeerNetwork
from chains.progmat.notary import errors as notary_errors
from chains.progmat.notary.codec import NotariseRequest, decode_response, encode_request
from chains.progmat.transactions.filtered import NOTARY_GROUPS
from chains.progmat.transactions.signature import TransactionSignature
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.signed_codec import decode_signature, encode_signature
from chains.rpc_status import RemoteCallerError
from primitives.composite_key import leaf_keys
from primitives.errors import CallerError, PeerError

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
    )
)
"""Refusals that depend on the request's bytes alone: the same request cannot have been accepted before."""


class NotConfirmed(PeerError):
    """The notary's key was replaced since; under its present key it does not stand by this transaction."""

    reason = "NOT_CONFIRMED"

    def __init__(self, tx_id: bytes, notary: str, answer: str) -> None:
        self.tx_id = tx_id
        self.notary = notary
        self.answer = answer
        super().__init__(
            f"{tx_id.hex()} is signed with a key that {notary} no longer uses, and it does not confirm it: {answer}"
        )


@dataclass(frozen=True, slots=True)
class NotarysAnswer:
    """The notary's signature, verified, and the journal position (0 without provable writes)."""

    signature: TransactionSignature
    position: int


class NotaryDesk:
    """The network's notary, as one node asks it. Verified batch roots are remembered (see ``LedgerVerifier``)."""

    def __init__(self, network: PeerNetwork, verifier: LedgerVerifier, clock: Clock) -> None:
        self._network = network
        self._verifier = verifier
        self._clock = clock

    @property
    def name(self) -> str:
        """The notary's name."""
        return self._verifier.notary_name

    async def notarise(self, signed: SignedTransaction) -> NotarysAnswer:
        """Have ``signed`` made final; the same transaction always gets the same answer.

        Raises ``NotarisationConflict`` and other final refusals (``CallerError``), ``TransactionOutdated`` when its
        window is over and it was not notarised before, and ``UnavailableError`` for everything that proves nothing: an
        earlier request may have been accepted, its answer lost.
        """
        try:
            body = await self._network.request(self.name, NOTARISE, self._request(signed), NOTARISE_TIMEOUT_S)
            answer = decode_response(body)
            signature = decode_signature(answer.signature)
            if signature.by not in self._verifier.notary_keys(signed.wire):
                raise AnswerProvesNothing(self.name, "it signed with another key than the notary's")
            self._verifier.verify_signature(signature, signed.id)
        except notary_errors.NotarisationConflict:
            raise
        except RemoteCallerError as error:
            if error.reason == notary_errors.TimeWindowClosed.reason:
                raise TransactionOutdated(signed.id) from error
            if error.reason in FINAL_REFUSALS:
                raise
            raise AnswerProvesNothing(self.name, str(error)) from error
        except (CallerError, PeerError) as error:
            raise AnswerProvesNothing(self.name, str(error)) from error
        return NotarysAnswer(signature, answer.position)

    async def position_of(self, signed: SignedTransaction) -> int:
        """The journal position of a final transaction, from the notary itself: a peer's word could hold up readers."""
        return (await self.notarise(signed)).position if signed.wire.provable_writes else 0

    async def confirmed(self, signed: SignedTransaction) -> SignedTransaction:
        """A final transaction that may be recorded: with the notary's present signature where its key was replaced.

        Raises ``NotConfirmed`` when the notary has not committed it, ``UnavailableError`` when that cannot be told now.
        """
        if self._verifier.is_undated_and_old(signed.wire, self._clock.now_ms() // 1000):
            raise NotConfirmed(signed.id, self.name, "no notary dated it, and the epoch it names is over")
        if not self._verifier.needs_confirmation(signed):
            return signed
        try:
            answer = await self.notarise(signed)
        except (TransactionOutdated, CallerError) as error:
            raise NotConfirmed(signed.id, self.name, str(error)) from error
        confirmed = signed.with_signatures(answer.signature)
        if self._verifier.needs_confirmation(confirmed):
            raise AnswerProvesNothing(self.name, "it confirmed with a key that has been replaced")
        return confirmed

    def _request(self, signed: SignedTransaction) -> bytes:
        tear_off = signed.wire.filter(NOTARY_GROUPS).encode()
        approvals: tuple[bytes, ...] = ()
        if signed.wire.provable_writes:
            validators = leaf_keys(self._verifier.pinned(signed.wire).validator_key)
            approvals = tuple(encode_signature(item) for item in signed.signatures if item.by in validators)
        return encode_request(NotariseRequest(tear_off, approvals))
