"""Validators' verdicts on an enclave's attestation, collected into the evidence an EVM chain takes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol

import grpc
import grpc.aio
from crossdvp.validator.v1 import quote_service_pb2 as pb
from crossdvp.validator.v1.quote_service_pb2_grpc import QuoteServiceStub

from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from chains.progmat.client.errors import ValidatorAnswerRefused
from chains.rpc_status import error_from_rpc
from light_clients.enclave import KeyRegistration
from light_clients.enclave.codec import collateral_message
from light_clients.enclave.verdict import (
    AttestationVerdict,
    encode_validator_signatures,
    encode_verdict,
    verdict_digest,
)
from light_clients.progmat import ValidatorSet
from primitives.errors import CrossDvpError, UnavailableError
from primitives.secp256k1 import recover_compact

CALL_TIMEOUT_S: Final = 10.0


class TooFewVerdicts(UnavailableError):
    """Fewer Validators than the threshold verify the attestation: ask again, or read why they refuse."""

    reason = "TOO_FEW_VERDICTS"

    def __init__(self, needed: int, found: int, problems: Sequence[str]) -> None:
        self.needed, self.found = needed, found
        super().__init__(f"{found} Validators verify the attestation, {needed} are needed; {'; '.join(problems)}")


class QuoteSource(Protocol):
    """One Validator that verifies attestations."""

    @property
    def name(self) -> str:
        """For people."""
        ...

    async def verify_quote(self, registration: KeyRegistration) -> bytes:
        """Its 64-byte signature over what the attestation says."""
        ...


class QuoteApi:
    """Implements `QuoteSource` over gRPC."""

    def __init__(self, endpoint: ApiEndpoint, tls: ApiTls) -> None:
        self.name = endpoint.name
        self._channel = open_channel(endpoint, tls)
        self._stub = QuoteServiceStub(self._channel)  # type: ignore[no-untyped-call] # generated without annotations

    async def verify_quote(self, registration: KeyRegistration) -> bytes:
        """See QuoteSource; raises `chains.rpc_status`'s errors."""
        collateral = registration.collateral
        request = pb.VerifyQuoteRequest(
            attestation=registration.attestation,
            collateral=None if collateral is None else collateral_message(collateral),
        )
        try:
            answer = await self._stub.VerifyQuote(request, timeout=CALL_TIMEOUT_S)
        except grpc.RpcError as error:
            raise error_from_rpc(error, self.name) from error
        return bytes(answer.signature)

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close(grace=None)


async def collect_verdict(
    registration: KeyRegistration,
    verdict: AttestationVerdict,
    ledger_id: str,
    validator_set: ValidatorSet,
    validators: Sequence[QuoteSource],
) -> bytes:
    """Evidence for `ValidatorAttestationVerifier`: the caller's own verdict, signed by exactly the threshold.

    Raises TooFewVerdicts with what the others said.
    """
    digest = verdict_digest(ledger_id, verdict)
    answers = await asyncio.gather(
        *(_signature(each, registration, digest, validator_set) for each in validators), return_exceptions=True
    )
    signatures: dict[int, bytes] = {}
    problems: list[str] = []
    for answer in answers:
        if isinstance(answer, CrossDvpError):
            problems.append(str(answer))
        elif isinstance(answer, BaseException):
            raise answer
        else:
            signatures[answer[0]] = answer[1]
    if len(signatures) < validator_set.threshold:
        raise TooFewVerdicts(validator_set.threshold, len(signatures), problems)
    chosen = sorted(signatures.items())[: validator_set.threshold]
    return encode_verdict(verdict, encode_validator_signatures(validator_set.packed(), chosen))


async def _signature(
    validator: QuoteSource, registration: KeyRegistration, digest: bytes, validator_set: ValidatorSet
) -> tuple[int, bytes]:
    """The signer's place in the set and its signature over this very verdict."""
    signature = await validator.verify_quote(registration)
    signer = recover_compact(digest, signature)
    if signer not in validator_set.validators:
        raise ValidatorAnswerRefused(f"{validator.name} signed something else, or is no Validator", found=signer)
    return validator_set.validators.index(signer), signature
