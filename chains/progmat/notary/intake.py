"""How a notary reads requests: a non-validating one takes tear-offs, a validating one whole transactions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from chains.progmat.node.peers import PeerIdentity
from chains.progmat.notary import codec
from chains.progmat.notary.requester import Claim, claim_of
from chains.progmat.transactions.filtered import NOTARY_GROUPS, RETIRING_NOTARY_GROUPS, FilteredTransaction
from chains.progmat.transactions.model import Group
from chains.progmat.transactions.signature import TransactionSignature
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.signed_codec import decode_signature


@dataclass(frozen=True)
class Asked:
    """A request as read: the tear-off proved, no signature verified yet.

    ``claim`` is what is to be verified of the requester's signature. ``evidence`` are NotariseRequest bytes with the
    tear-off, for the journal. ``whole`` is a validating notary's.
    """

    tear_off: FilteredTransaction
    approvals: tuple[TransactionSignature, ...]
    requester_signature: bytes
    claim: Claim
    evidence: bytes
    whole: SignedTransaction | None = None


class Intake(Protocol):
    """The two ways to take a request."""

    def read(self, body: bytes) -> Asked:
        """The request in ``body``; raises DecodeError, TearOffRefused, MalformedComponent."""
        ...

    async def validate(self, peer: PeerIdentity, asked: Asked) -> None:
        """What the mode checks beyond ``rules.validate_new``."""
        ...


class TearOffIntake:
    """Non-validating: sees states, notary, time window, parameters and writes; nothing of amounts or parties.

    A retiring one sees the commands besides.
    """

    def read(self, body: bytes) -> Asked:
        """See Intake."""
        request = codec.decode_request(body)
        tear_off = FilteredTransaction.decode(request.tear_off)
        groups = RETIRING_NOTARY_GROUPS if Group.COMMANDS in tear_off.components else NOTARY_GROUPS
        tear_off.verify_for_notary(groups)  # which of them it is to see, ``rules`` say
        approvals = tuple(decode_signature(signature) for signature in request.validator_signatures)
        claim = claim_of(request.requester_signature, tear_off.id)
        return Asked(tear_off, approvals, request.requester_signature, claim, body)

    async def validate(self, peer: PeerIdentity, asked: Asked) -> None:
        """Nothing: contracts are not this notary's to judge."""
