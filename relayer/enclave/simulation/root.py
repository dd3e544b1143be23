"""The simulated maker: a root, the authority of platforms, the signer of collateral."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from light_clients.enclave.attestation.sgx_collateral import SgxCollateral
from light_clients.enclave.attestation.sgx_pck import SGX_EXTENSION
from primitives.errors import InvalidArgument
from primitives.hashing import sha256
from relayer.enclave.simulation.certificates import Certified, authority, leaf, revocation_list
from relayer.enclave.simulation.platform import SimulatedPlatform, raw_signature
from relayer.enclave.simulation.tcb import TcbFacts, pck_extension, qe_identity, tcb_info

_PARTS = ("root", "pck_authority", "tcb_signer")


@dataclass(frozen=True, slots=True)
class SimulatedRoot:
    """Keys and certificates of a maker that sells no hardware, made once a network; configurations name its pin."""

    root: Certified
    pck_authority: Certified
    tcb_signer: Certified

    @classmethod
    def generate(cls, now_s: int) -> SimulatedRoot:
        """A new maker, whose certificates count from a minute before `now_s`."""
        root = authority("Simulated SGX Root CA (no hardware)", now_s, None, path_length=1)
        pck = authority("Simulated SGX PCK Processor CA", now_s, root, path_length=0)
        return cls(root, pck, leaf("Intel SGX TCB Signing", now_s, root))

    @property
    def pin(self) -> bytes:
        """SHA-256 of the root certificate (DER): what a configuration must name."""
        return sha256(self.root.certificate.public_bytes(serialization.Encoding.DER))

    def platform(self, now_s: int) -> SimulatedPlatform:
        """A new machine with a PCK certificate and a quoting enclave."""
        extension = x509.UnrecognizedExtension(SGX_EXTENSION, pck_extension())
        pck = leaf("Simulated SGX PCK Certificate", now_s, self.pck_authority, extension)
        return SimulatedPlatform.of(pck, pck.pem + self.pck_authority.pem + self.root.pem)

    def collateral(
        self, now_s: int, facts: TcbFacts | None = None, revoked: Sequence[x509.Certificate] = ()
    ) -> SgxCollateral:
        """What this maker says at `now_s`; `revoked` stand on both revocation lists."""
        facts = facts or TcbFacts()
        info, identity = tcb_info(facts, now_s), qe_identity(facts, now_s)
        signer_chain = self.tcb_signer.pem + self.root.pem
        return SgxCollateral(
            pck_crl_issuer_chain=self.pck_authority.pem + self.root.pem,
            root_ca_crl=revocation_list(self.root, now_s, revoked),
            pck_crl=revocation_list(self.pck_authority, now_s, revoked),
            tcb_info_issuer_chain=signer_chain,
            tcb_info=info,
            tcb_info_signature=raw_signature(self.tcb_signer.key, info),
            qe_identity_issuer_chain=signer_chain,
            qe_identity=identity,
            qe_identity_signature=raw_signature(self.tcb_signer.key, identity),
        )

    def to_bytes(self) -> bytes:
        """The maker as a file: keys in the clear, they protect nothing."""
        parts = {name: (_key_pem(getattr(self, name)), getattr(self, name).pem.decode()) for name in _PARTS}
        return json.dumps(parts, indent=1).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> SimulatedRoot:
        """The inverse; InvalidArgument for anything else."""
        try:
            parts = json.loads(data)
            return cls(*(_certified(*parts[name]) for name in _PARTS))
        except (ValueError, TypeError, KeyError) as error:
            raise InvalidArgument(f"no simulated root: {error}; make a new one") from error


def _key_pem(part: Certified) -> str:
    return part.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _certified(key_pem: str, certificate_pem: str) -> Certified:
    key = serialization.load_pem_private_key(key_pem.encode(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("key is not elliptic")
    return Certified(key, x509.load_pem_x509_certificate(certificate_pem.encode()))
