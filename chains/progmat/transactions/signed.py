"""``SignedTransaction``: the wire bytes as received, with signatures that do or do not yet suffice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chains.progmat.transactions import signed_codec
from chains.progmat.transactions.errors import SignatureRefused, SignaturesMissing
from chains.progmat.transactions.signature import TransactionSignature
from chains.progmat.transactions.wire import WireTransaction
from primitives.composite_key import Key, is_fulfilled_by
from primitives.lazily import lazily
from primitives.public_key import PublicKey
from primitives.types import Hash32


@dataclass(frozen=True)
class SignedTransaction:
    """``wire_bytes`` are kept exactly as received; at most one signature a key.

    Decoding checks shape only: call ``verify_signatures_except`` before believing any signature.
    """

    wire_bytes: bytes
    signatures: tuple[TransactionSignature, ...]

    def __post_init__(self) -> None:
        if len(self.signed_by) != len(self.signatures):
            raise SignatureRefused("a key signs once", expected=len(self.signed_by), found=len(self.signatures))

    @classmethod
    def of(cls, wire: WireTransaction, signatures: Iterable[TransactionSignature] = ()) -> SignedTransaction:
        """A freshly built transaction with its first signatures."""
        return cls.received(wire.encode(), signatures, wire)

    @classmethod
    def received(
        cls, wire_bytes: bytes, signatures: Iterable[TransactionSignature], wire: WireTransaction
    ) -> SignedTransaction:
        """From bytes that somebody has decoded already: ``wire`` must be what they say. Raises SignatureRefused."""
        transaction = cls(wire_bytes, tuple(signatures))
        transaction.__dict__["wire"] = wire  # decoding and hashing are paid once
        return transaction

    @lazily
    def wire(self) -> WireTransaction:
        """The transaction itself; raises DecodeError when the bytes are not one."""
        return WireTransaction.decode(self.wire_bytes)

    @lazily
    def id(self) -> Hash32:
        """The transaction id."""
        return self.wire.id

    @lazily
    def signed_by(self) -> frozenset[PublicKey]:
        """Keys with a signature here, verified or not."""
        return frozenset([signature.by for signature in self.signatures])

    def with_signatures(self, *signatures: TransactionSignature) -> SignedTransaction:
        """The same transaction with more signatures; one by a key that has already signed changes nothing."""
        fresh = {signature.by: signature for signature in signatures if signature.by not in self.signed_by}
        return SignedTransaction.received(self.wire_bytes, (*self.signatures, *fresh.values()), self.wire)

    def missing_signers(self) -> frozenset[Key]:
        """Required keys, composite ones whole, that the signatures here do not fulfil."""
        return self._missing_signers

    @lazily
    def _missing_signers(self) -> frozenset[Key]:
        unsigned = self.wire.required_signers - self.signed_by
        return frozenset([key for key in unsigned if not is_fulfilled_by(key, self.signed_by)])

    def verify_signatures_except(self, allowed_missing: Iterable[Key] = ()) -> None:
        """Verify every signature, and that only ``allowed_missing`` of the required keys are missing.

        Raises SignatureRefused for a signature that does not verify, or by a key that nothing asks for;
        SignaturesMissing with the keys still needed.
        """
        self.verify_each_signature()
        missing = self.missing_signers() - frozenset(allowed_missing)
        if missing:
            raise SignaturesMissing(
                "all required keys have signed",
                expected=_names(self.wire.required_signers),
                found=_names(self.signed_by),
            )

    def require_platform_version(self, minimum: int) -> None:
        """Refuse signatures made under rules older than the network's minimum; raises SignatureRefused."""
        for signature in self.signatures:
            if signature.platform_version < minimum:
                raise SignatureRefused(
                    "signers follow the network's platform version", expected=minimum, found=signature.platform_version
                )

    def verify_each_signature(self) -> None:
        """Verify every signature, whether or not they suffice; raises SignatureRefused."""
        wanted = self.wire.signing_keys
        for signature in self.signatures:
            if signature.by not in wanted:
                raise SignatureRefused("only required keys sign", expected=_names(wanted), found=repr(signature.by))
            signature.verify(self.id)

    def encode(self) -> bytes:
        """Canonical bytes of the envelope; the wire bytes in it are those received."""
        return self._encoded

    @lazily
    def _encoded(self) -> bytes:
        return signed_codec.encode_signed(self.wire_bytes, self.signatures)

    @classmethod
    def decode(cls, data: bytes) -> SignedTransaction:
        """The signed transaction in ``data``, no signature verified; raises DecodeError or SignatureRefused."""
        wire_bytes, signatures = signed_codec.decode_signed(data)
        return cls(wire_bytes, signatures)


def _names(keys: Iterable[Key]) -> str:
    """Keys as evidence: the first bytes of each encoding."""
    return ", ".join(sorted(key.encoded()[:9].hex() for key in keys))
