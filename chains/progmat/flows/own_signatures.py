"""What this node itself signs of a ledger transaction: by its own key, its accounts' and its approvers'.

Signed is only what is stored, and outside of any database transaction: the key may be in an HSM, which takes its time.
"""

from __future__ import annotations

from chains.progmat.flows.joint_signatures import JointSignatures
from chains.progmat.flows.seams import TransactionKeyRing
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.keys.approver import can_sign, transaction_signer
from chains.progmat.transactions.signature import TransactionSignature, sign_together, sign_transaction
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.wire import WireTransaction
from primitives.public_key import PublicKey
from primitives.signatures import Signer


class OwnSignatures:
    """One node's. Its signatures need no verification here."""

    def __init__(self, keys: TransactionKeyRing, verifier: LedgerVerifier) -> None:
        self._keys = keys
        self._verifier = verifier
        self._joint = JointSignatures(sign_together)

    def can_sign(self, key: PublicKey) -> bool:
        """Whether the key is kept here."""
        return can_sign(self._keys, key)

    def signers(self, wire: WireTransaction, done: frozenset[PublicKey] = frozenset()) -> list[Signer]:
        """Of the keys kept here that are to sign, but for those that have; raises ``ApproverKeyMisused``."""
        wanted = sorted(wire.signing_keys - done, key=PublicKey.encoded)
        return [signer for key in wanted if (signer := transaction_signer(self._keys, key, wire)) is not None]

    def sign_now(self, signer: Signer, wire: WireTransaction) -> TransactionSignature:
        """Alone, where there is no waiting for others: inside a commit."""
        return self._remembered(sign_transaction(signer, wire.id), wire)

    async def sign(self, key: PublicKey, wire: WireTransaction) -> TransactionSignature | None:
        """By one key; None if it is not kept here. Raises ``ApproverKeyMisused``, and what the key's keeper raises."""
        signer = transaction_signer(self._keys, key, wire)
        return None if signer is None else await self._signed(signer, wire)

    async def complete(self, signed: SignedTransaction) -> SignedTransaction:
        """With all signatures that this node owes; the same transaction if there are none. Raises as ``sign``."""
        signers = self.signers(signed.wire, signed.signed_by)
        if not signers:
            return signed
        return signed.with_signatures(*[await self._signed(signer, signed.wire) for signer in signers])

    async def _signed(self, signer: Signer, wire: WireTransaction) -> TransactionSignature:
        return self._remembered(await self._joint.sign(signer, wire.id), wire)

    def _remembered(self, signature: TransactionSignature, wire: WireTransaction) -> TransactionSignature:
        self._verifier.remember_own(signature, wire.id)
        return signature
