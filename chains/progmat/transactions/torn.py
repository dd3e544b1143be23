"""``TornTransaction``: what a stranger needs to see of a notarised transaction, and nothing else of it.

A tear-off of chosen groups, the notary's signature over the id, and at most one output, proved alone: of several
outputs the others are nobody's business. Pure.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from chains.progmat.transactions.errors import SignatureRefused, TearOffRefused
from chains.progmat.transactions.filtered import FilteredTransaction
from chains.progmat.transactions.model import Group
from chains.progmat.transactions.output_proof import OutputProof
from chains.progmat.transactions.signature import TransactionSignature
from chains.progmat.transactions.signed import SignedTransaction
from primitives.public_key import PublicKey
from primitives.types import Hash32


@dataclass(frozen=True)
class TornTransaction:
    """Nothing is proved before ``verify`` returned."""

    tear_off: FilteredTransaction
    notary_signature: TransactionSignature
    paid: OutputProof | None = None

    @property
    def id(self) -> Hash32:
        """The transaction's id, which ``verify`` proves."""
        return self.tear_off.id

    @classmethod
    def of(cls, signed: SignedTransaction, groups: AbstractSet[Group], paid_index: int | None) -> TornTransaction:
        """Tear a recorded transaction. Raises ``SignatureRefused`` when its notary has not signed it."""
        wire, notary = signed.wire, signed.wire.notary
        by_notary = [each for each in signed.signatures if notary is not None and each.by == notary.key]
        if not by_notary:
            raise SignatureRefused("the notary has signed", expected=repr(notary), found=len(signed.signatures))
        paid = None if paid_index is None else OutputProof.of(wire, paid_index)
        return cls(wire.filter(groups | {Group.NOTARY}), by_notary[0], paid)

    def verify(self, notary: PublicKey, groups: AbstractSet[Group]) -> None:
        """Id, groups, output and the signature of this notary; the groups are all there is to see, and are all seen.

        Raises TearOffRefused, SignatureRefused, MalformedComponent, DecodeError.
        """
        self.tear_off.verify()
        self.tear_off.require_visible(groups | {Group.NOTARY})
        self.tear_off.require_nothing_else(groups | {Group.NOTARY})
        named = self.tear_off.notary
        if named is None or named.key != notary or self.notary_signature.by != notary:
            raise SignatureRefused("the trusted notary signs", expected=repr(notary), found=repr(named))
        self.notary_signature.verify(self.id)
        if self.paid is not None:
            if self.paid.ref.tx_id != self.id:
                raise TearOffRefused("the output is this transaction's", expected=self.id, found=self.paid.ref.tx_id)
            self.paid.verify()
