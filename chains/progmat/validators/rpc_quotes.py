"""gRPC service of a Validator towards operators of enclaves. It raises our errors, as `rpc_validator`."""

from __future__ import annotations

import grpc.aio
from crossdvp.validator.v1 import quote_service_pb2 as pb
from crossdvp.validator.v1.quote_service_pb2_grpc import QuoteServiceServicer

from chains.progmat.validators.quote_verdicts import QuoteVerdicts
from light_clients.enclave.attestation.sgx_collateral import MAX_COLLATERAL_BYTES
from light_clients.enclave.client_message import KeyRegistration
from light_clients.enclave.codec import collateral_of
from primitives.errors import DecodeError

SERVICE_NAME = pb.DESCRIPTOR.services_by_name["QuoteService"].full_name
UNSIGNED = b""
"""Nobody answers for a key here: what a quote says does not depend on who registers it."""


class QuoteRpc(QuoteServiceServicer):
    """Verdicts of one Validator."""

    def __init__(self, verdicts: QuoteVerdicts) -> None:
        self._verdicts = verdicts

    async def VerifyQuote(  # noqa: N802 - named by the .proto file
        self,
        request: pb.VerifyQuoteRequest,
        _context: grpc.aio.ServicerContext[pb.VerifyQuoteRequest, pb.VerifyQuoteResponse],
    ) -> pb.VerifyQuoteResponse:
        """The verdict, signed; a few milliseconds of computing."""
        if request.ByteSize() > MAX_COLLATERAL_BYTES:
            raise DecodeError("request is too long", expected=MAX_COLLATERAL_BYTES, found=request.ByteSize())
        collateral = collateral_of(request.collateral) if request.HasField("collateral") else None
        signature = await self._verdicts.verify(KeyRegistration(request.attestation, collateral, UNSIGNED))
        return pb.VerifyQuoteResponse(signature=signature, address=self._verdicts.address)
