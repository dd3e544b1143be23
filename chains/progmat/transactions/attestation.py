"""Attested history: the Validators' threshold vouches for a ledger transaction and everything before it.

A coin that changed hands ten thousand times would otherwise bring ten thousand transactions to each new owner, who
learns who owned it before. An ``Attestation`` takes the place of all that: "this transaction is valid, notarised, and
so are all its ancestors". With an ``OutputProof`` its receiver sees the output it needs and nothing else.

What a Validator signs: ``b"crossdvp/attestation/1" | hash of the network parameters | transaction id | be32 scheme``.
The parameters name ledger and Validators. Signing twice is harmless: the statement is about something that cannot
change, so there is nothing to equivocate about.

Who trusts it: a custodian, if its configuration says so. An issuer keeps the whole history of its coin and never takes
an attestation for it, and countersigns every move: k colluding Validators could show a custodian a false coin, but
never make the issuer sign a move of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from chains.progmat.transactions import attestation_codec as codec
from chains.progmat.transactions.errors import AttestationRefused
from chains.progmat.transactions.model import check_hash, check_range
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.output_proof import OutputProof
from chains.progmat.transactions.signature import SIGNATURE_BYTES
from primitives.composite_key import is_fulfilled_by, leaf_keys
from primitives.errors import BadSignature
from primitives.public_key import PublicKey
from primitives.signatures import Signer, verify
from primitives.types import Hash32

_DOMAIN: Final = b"crossdvp/attestation/1"


@dataclass(frozen=True, slots=True)
class AttestationSignature:
    """One Validator's signature over an attestation's statement."""

    by: PublicKey
    signature: bytes

    def __post_init__(self) -> None:
        check_range("attestation signature's length", len(self.signature), SIGNATURE_BYTES, SIGNATURE_BYTES)

    def verify(self, parameters: NetworkParameters, tx_id: Hash32) -> None:
        """Return if a Validator of ``parameters`` attests ``tx_id``; raises AttestationRefused."""
        if self.by not in leaf_keys(parameters.validator_key):
            raise AttestationRefused("only Validators attest", expected=parameters.hash, found=repr(self.by))
        try:
            verify(self.by, attestation_bytes(parameters.hash, tx_id, self.by), self.signature)
        except BadSignature as error:
            raise AttestationRefused(f"signature verifies ({error})", expected=repr(self.by), found=tx_id) from error

    def encode(self) -> bytes:
        """Canonical bytes."""
        return codec.encode_attestation_signature(self.by, self.signature)

    @classmethod
    def decode(cls, data: bytes) -> AttestationSignature:
        """The signature in ``data``; raises DecodeError."""
        return cls(*codec.decode_attestation_signature(data))


@dataclass(frozen=True, slots=True)
class Attestation:
    """``signatures`` by ascending keys. Nothing is attested before ``verify`` returned."""

    tx_id: Hash32
    parameters_hash: Hash32
    signatures: tuple[AttestationSignature, ...]

    def __post_init__(self) -> None:
        check_hash("attested transaction's id", self.tx_id)
        check_hash("attestation's network parameters", self.parameters_hash)
        keys = [item.by.encoded() for item in self.signatures]
        if not keys or sorted(set(keys)) != keys:
            raise AttestationRefused("signers are distinct and ascend", expected=str(len(set(keys))), found=len(keys))

    @classmethod
    def of(
        cls, parameters: NetworkParameters, tx_id: Hash32, signatures: Iterable[AttestationSignature]
    ) -> Attestation:
        """The attestation that these signatures make together, whether they are enough or not."""
        ordered = tuple(sorted(signatures, key=lambda item: item.by.encoded()))
        return cls(tx_id, parameters.hash, ordered)

    def verify(self, parameters: NetworkParameters) -> None:
        """Return if the Validators' threshold of ``parameters`` attests the transaction; raises AttestationRefused."""
        if self.parameters_hash != parameters.hash:
            raise AttestationRefused(
                "the Validators are those of the parameters", expected=parameters.hash, found=self.parameters_hash
            )
        for signature in self.signatures:
            signature.verify(parameters, self.tx_id)
        signed = {signature.by for signature in self.signatures}
        if not is_fulfilled_by(parameters.validator_key, signed):
            raise AttestationRefused(
                "the Validators' threshold attests", expected=parameters.validators.threshold, found=len(signed)
            )

    def encode(self) -> bytes:
        """Canonical bytes."""
        return codec.encode_attestation(
            self.tx_id, self.parameters_hash, [(item.by, item.signature) for item in self.signatures]
        )

    @classmethod
    def decode(cls, data: bytes) -> Attestation:
        """The attestation in ``data``, not yet verified; raises DecodeError."""
        tx_id, parameters_hash, signatures = codec.decode_attestation(data)
        return cls(Hash32(tx_id), Hash32(parameters_hash), tuple(AttestationSignature(*item) for item in signatures))


@dataclass(frozen=True, slots=True)
class AttestedOutputs:
    """Outputs of one attested transaction, by ascending index."""

    attestation: Attestation
    outputs: tuple[OutputProof, ...]

    def __post_init__(self) -> None:
        refs = [output.ref for output in self.outputs]
        if not refs or sorted(set(refs)) != refs or {ref.tx_id for ref in refs} != {self.attestation.tx_id}:
            raise AttestationRefused(
                "the outputs are those of the attested transaction, ascending",
                expected=self.attestation.tx_id,
                found=", ".join(map(str, refs)),
            )

    def verify(self, parameters: NetworkParameters) -> None:
        """Return if attestation and outputs hold; raises AttestationRefused, TearOffRefused, DecodeError."""
        self.attestation.verify(parameters)
        for output in self.outputs:
            output.verify()

    def encode(self) -> bytes:
        """Canonical bytes."""
        return codec.encode_attested_outputs(self.attestation.encode(), [output.encode() for output in self.outputs])

    @classmethod
    def decode(cls, data: bytes) -> AttestedOutputs:
        """What ``data`` holds, not yet verified; raises DecodeError."""
        attestation, outputs = codec.decode_attested_outputs(data)
        return cls(Attestation.decode(attestation), tuple(map(OutputProof.decode, outputs)))


def attest(signer: Signer, parameters: NetworkParameters, tx_id: Hash32) -> AttestationSignature:
    """A Validator's signature, over a transaction that it has verified with its whole history."""
    statement = attestation_bytes(parameters.hash, tx_id, signer.public_key)
    return AttestationSignature(signer.public_key, signer.sign(statement))


def attestation_bytes(parameters_hash: Hash32, tx_id: Hash32, by: PublicKey) -> bytes:
    """The bytes that ``by`` signs; see the module's docstring."""
    check_hash("attested transaction's id", tx_id)
    return _DOMAIN + parameters_hash + tx_id + int(by.scheme).to_bytes(4, "big")


def outputs_of(attestation: Attestation, proofs: Sequence[OutputProof]) -> AttestedOutputs:
    """An attestation with the proofs of some outputs, in any order."""
    return AttestedOutputs(attestation, tuple(sorted(proofs, key=lambda proof: proof.ref)))
