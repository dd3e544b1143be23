"""The gateway's methods for a platform, asynchronous."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Self

import grpc
import grpc.aio
from crossdvp.gateway.v1 import message_service_pb2 as message_pb
from crossdvp.gateway.v1 import message_service_pb2_grpc
from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from crossdvp.gateway.v1 import settlement_service_pb2_grpc as pb_grpc
from crossdvp.sdk.connection import Connection, Tls
from crossdvp.sdk.errors import TermsAltered, Unavailable, error_of
from google.protobuf.duration_pb2 import Duration

from chains.progmat.client.channel import KEEPALIVE, Keepalive
from ibc.dvp import SettlementTerms, terms_hash
from relayer.gateway.matching import Side
from relayer.gateway.settlement_codec import encode_terms

CANCEL_TIMEOUT_S: Final = 60.0  # a cancellation is a ledger transaction
RECONNECT_PAUSES_S: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_SIDES: Final = {Side.SELLER: pb.SIDE_SELLER, Side.BUYER: pb.SIDE_BUYER}


@dataclass(frozen=True)
class Event:
    """One change. Keep ``resume_token`` together with what you made of the event: a later watch begins after it."""

    resume_token: str
    settlement: pb.Settlement
    at_s: int


class MessageType(Enum):
    """ISO 20022 messages that the gateway writes about a settlement."""

    STATUS_ADVICE = message_pb.MESSAGE_TYPE_STATUS_ADVICE
    CONFIRMATION = message_pb.MESSAGE_TYPE_CONFIRMATION
    CASH_TRANSFER = message_pb.MESSAGE_TYPE_CASH_TRANSFER


@dataclass(frozen=True)
class Submitted:
    """What a message led to. ``status_advice``: a sese.024 for its side, empty once the settlement is settled."""

    settlement: pb.Settlement
    status_advice: bytes


class Gateway:
    """Every method raises ``GatewayError``.

    A call that changes something has a request id: the same one is sent at every attempt, so that it takes effect once;
    give your own to repeat it after a crash of yours, too.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._stub: Any = pb_grpc.SettlementServiceStub(connection.channel)  # type: ignore[no-untyped-call] # generated
        self._messages: Any = message_service_pb2_grpc.MessageServiceStub(connection.channel)  # type: ignore[no-untyped-call] # as above

    @classmethod
    def connect(
        cls,
        target: str,
        tls: Tls,
        token: Callable[[], str] | None = None,
        *,
        name: str = "gateway",
        timeout_s: float = 10.0,
        keepalive: Keepalive = KEEPALIVE,
    ) -> Self:
        """A client of the gateway at ``host:port``, whose certificate bears ``name``. Connects when first used."""
        return cls(Connection(target, tls, name, token, timeout_s, keepalive))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()

    async def propose(
        self, side: Side, terms: SettlementTerms, *, reference: str = "", request_id: str = ""
    ) -> pb.Settlement:
        """One side's instruction. Raises ``TermsAltered`` unless the answer is about exactly these terms.

        Where the other side has instructed other terms, the answer's state says so, and nothing is wrong with it.
        """
        request = pb.CreateSettlementRequest(
            request_id=request_id or str(uuid.uuid4()),
            side=_SIDES[side],
            terms=encode_terms(terms),
            reference=reference,
        )
        settlement: pb.Settlement = (await self._ask(self._stub.CreateSettlement, request)).settlement
        undecided = {pb.SETTLEMENT_STATE_MISMATCHED, pb.SETTLEMENT_STATE_WITHIN_TOLERANCE}
        if settlement.name != f"settlements/{terms.trade_id.hex()}":
            raise TermsAltered("TERMS_ALTERED", f"the answer is about {settlement.name}")
        if settlement.state not in undecided:
            _require_hash(settlement, terms_hash(terms))
        return settlement

    async def affirm(
        self, name: str, terms: SettlementTerms, *, reference: str = "", request_id: str = ""
    ) -> pb.Settlement:
        """Agree to the terms that the other side has instructed, if they are these. Raises ``TermsAltered``."""
        agreed = terms_hash(terms)
        request = pb.AffirmSettlementRequest(
            request_id=request_id or str(uuid.uuid4()), name=name, terms_hash=agreed, reference=reference
        )
        settlement: pb.Settlement = (await self._ask(self._stub.AffirmSettlement, request)).settlement
        _require_hash(settlement, agreed)
        return settlement

    async def get(self, name: str) -> pb.Settlement:
        """A settlement as last known."""
        answer: pb.GetSettlementResponse = await self._ask(self._stub.GetSettlement, pb.GetSettlementRequest(name=name))
        return answer.settlement

    async def settlements(
        self,
        states: Iterable[pb.SettlementState] = (),
        *,
        reference: str = "",
        stuck_for_s: int = 0,
        page_size: int = 100,
    ) -> AsyncIterator[pb.Settlement]:
        """All that pass the filters, newest first, a page at a time."""
        token = ""
        while True:
            request = pb.ListSettlementsRequest(
                page_size=page_size,
                page_token=token,
                states=list(states),
                reference=reference,
                stuck_for=Duration(seconds=stuck_for_s) if stuck_for_s else None,
            )
            page: pb.ListSettlementsResponse = await self._ask(self._stub.ListSettlements, request)
            for settlement in page.settlements:
                yield settlement
            token = page.next_page_token
            if not token:
                return

    async def cancel(self, name: str, *, request_id: str = "") -> pb.Settlement:
        """Cancel before the lock; the ledger decides if the lock was faster, and ``Refused`` says so."""
        request = pb.CancelSettlementRequest(request_id=request_id or str(uuid.uuid4()), name=name)
        answer = await self._connection.ask(self._stub.CancelSettlement, request, CANCEL_TIMEOUT_S)
        settlement: pb.Settlement = answer.settlement
        return settlement

    async def hold(self, name: str, *, request_id: str = "") -> pb.Settlement:
        """Put your own instruction on hold: it matches, and nothing begins."""
        request = pb.HoldSettlementRequest(request_id=request_id or str(uuid.uuid4()), name=name)
        settlement: pb.Settlement = (await self._ask(self._stub.HoldSettlement, request)).settlement
        return settlement

    async def release(self, name: str, *, request_id: str = "") -> pb.Settlement:
        """Lift your own instruction's hold."""
        request = pb.ReleaseSettlementRequest(request_id=request_id or str(uuid.uuid4()), name=name)
        settlement: pb.Settlement = (await self._ask(self._stub.ReleaseSettlement, request)).settlement
        return settlement

    async def submit_message(self, document: bytes, *, request_id: str = "") -> Submitted:
        """Carry out an ISO 20022 document: an instruction (sese.023) or a cancellation request (sese.020)."""
        request = message_pb.SubmitMessageRequest(request_id=request_id or str(uuid.uuid4()), document=document)
        answer = await self._connection.ask(self._messages.SubmitMessage, request, CANCEL_TIMEOUT_S)
        return Submitted(answer.settlement, answer.status_advice)

    async def get_message(self, name: str, kind: MessageType, side: Side) -> bytes:
        """An ISO 20022 message about a settlement to one side, as XML in UTF-8."""
        request = message_pb.GetMessageRequest(name=name, message_type=kind.value, side=_SIDES[side])
        document: bytes = (await self._ask(self._messages.GetMessage, request)).document
        return document

    async def watch(
        self, name: str = "", resume_token: str = "", *, heartbeat_timeout_s: float = 60.0
    ) -> AsyncGenerator[Event]:
        """Every change of one settlement or of all, in order, each once; from the beginning, or after a token.

        Goes on over restarts of the gateway and lost connections. A connection on which not even a heartbeat comes for
        ``heartbeat_timeout_s`` counts as lost. Ends only by ``GatewayError`` other than ``Unavailable``.
        """
        failures = 0
        while True:
            request = pb.WatchSettlementsRequest(name=name, resume_token=resume_token)
            stream = self._stub.WatchSettlements(request, metadata=self._connection.metadata(), wait_for_ready=True)
            try:
                while True:
                    async with asyncio.timeout(heartbeat_timeout_s):
                        answer = await stream.read()
                    if not isinstance(answer, pb.WatchSettlementsResponse):
                        break
                    failures = 0
                    is_news = answer.HasField("settlement") and answer.resume_token != resume_token
                    resume_token = answer.resume_token or resume_token
                    if is_news:
                        yield Event(answer.resume_token, answer.settlement, answer.at.seconds)
            except grpc.aio.AioRpcError as failure:
                error = error_of(failure, self._connection.name)
                if not isinstance(error, Unavailable):
                    raise error from failure
            except TimeoutError:
                pass  # silent for longer than a gateway is: begin again
            finally:
                stream.cancel()
            await asyncio.sleep(RECONNECT_PAUSES_S[min(failures, len(RECONNECT_PAUSES_S) - 1)])
            failures += 1

    async def _ask(self, method: Any, request: Any) -> Any:  # noqa: ANN401  # generated
        return await self._connection.ask(method, request)


def _require_hash(settlement: pb.Settlement, expected: bytes) -> None:
    if settlement.terms_hash != expected:
        found = settlement.terms_hash.hex()
        raise TermsAltered("TERMS_ALTERED", f"expected terms of hash {expected.hex()}, found {found}: do not lock")
