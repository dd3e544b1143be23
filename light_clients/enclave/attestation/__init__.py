"""Remote attestation, pure: SGX DCAP quotes (version 3) and AWS Nitro documents, judged at a time that is given.

Both give one `VerifiedAttestation`; what of it is accepted (measurement, status, advisories) is the policy's matter.
"""

from __future__ import annotations

from light_clients.enclave.attestation.nitro import verify_nitro_document
from light_clients.enclave.attestation.roots import AWS_NITRO_ROOT_PIN, INTEL_SGX_ROOT_PIN
from light_clients.enclave.attestation.sgx_collateral import SgxCollateral
from light_clients.enclave.attestation.sgx_verify import verify_sgx_quote
from light_clients.enclave.attestation.verified import TcbStatus, Technology, VerifiedAttestation

__all__ = [
    "AWS_NITRO_ROOT_PIN",
    "INTEL_SGX_ROOT_PIN",
    "SgxCollateral",
    "TcbStatus",
    "Technology",
    "VerifiedAttestation",
    "verify_nitro_document",
    "verify_sgx_quote",
]
