"""PreflightService over gRPC: all questions side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import grpc.aio
from crossdvp.gateway.v1 import party_service_pb2
from crossdvp.gateway.v1 import preflight_service_pb2 as pb
from crossdvp.gateway.v1 import preflight_service_pb2_grpc as pb_grpc
from google.protobuf.timestamp_pb2 import Timestamp

from ibc.dvp import SettlementTerms
from relayer.gateway.access import Speaker, Speakers
from relayer.gateway.admission import Admission
from relayer.gateway.errors import BadRequest, NotYourSide
from relayer.gateway.instruments.reading import InstrumentReader
from relayer.gateway.matching import Side
from relayer.gateway.preflight.checks import Question, Verdict, answers, gravest
from relayer.gateway.preflight.clock_checks import ClockChecks
from relayer.gateway.preflight.ledger_checks import LedgerChecks, LedgerSources
from relayer.gateway.preflight.token_checks import GasLimits, TokenChecks
from relayer.gateway.settlement_codec import decode_terms, trade_id_of
from relayer.gateway.store import GatewayStore
from relayer.rpc_server import caller_of

Context = grpc.aio.ServicerContext[Any, Any]
CHECK_TIMEOUT_S = 5.0
_VERDICTS = {
    Verdict.PASS: party_service_pb2.VERDICT_PASS,
    Verdict.WARN: party_service_pb2.VERDICT_WARN,
    Verdict.FAIL: party_service_pb2.VERDICT_FAIL,
    Verdict.UNKNOWN: party_service_pb2.VERDICT_UNKNOWN,
}


@dataclass(frozen=True)
class PreflightDesk:
    """What the checks ask and are held against."""

    store: GatewayStore
    speakers: Speakers
    admission: Admission
    reader: InstrumentReader
    ledger: LedgerSources
    gas: GasLimits
    now_s: Callable[[], int]
    timeout_s: float = CHECK_TIMEOUT_S


class PreflightRpc(pb_grpc.PreflightServiceServicer):
    """One per gateway process; reads only."""

    def __init__(self, desk: PreflightDesk) -> None:
        self._desk = desk

    async def CheckSettlement(  # noqa: N802  # the name in the .proto
        self, request: pb.CheckSettlementRequest, context: Context
    ) -> pb.CheckSettlementResponse:
        """See the .proto."""
        terms = await self._subject(self._desk.speakers.speaker(caller_of(context)), request)
        now_s = self._desk.now_s()
        found = await answers(self._questions(terms, now_s), self._desk.timeout_s)
        return pb.CheckSettlementResponse(
            verdict=_VERDICTS[gravest(list(found.values()))],
            checks=[
                pb.Check(
                    name=name,
                    verdict=_VERDICTS[finding.verdict],
                    summary=finding.summary,
                    evidence=finding.evidence,
                    advice=finding.advice,
                )
                for name, finding in found.items()
            ],
            checked_at=Timestamp(seconds=now_s),
        )

    async def _subject(self, speaker: Speaker, request: pb.CheckSettlementRequest) -> SettlementTerms:
        """The terms that are asked about. Raises as the .proto says."""
        match request.WhichOneof("subject"):
            case "name":
                found = await asyncio.to_thread(self._desk.store.get, trade_id_of(request.name))
                return speaker.require_either(found).terms
            case "terms":
                terms = decode_terms(request.terms, self._desk.admission.scope.orders)
                self._desk.admission.scope.check(terms)
                nodes = [side.account_in(terms).node for side in Side]
                if speaker.nodes.isdisjoint(nodes):
                    raise NotYourSide(speaker.name, "seller or buyer", " or ".join(nodes))
                return terms
            case _:
                raise BadRequest("subject", "terms, or a settlement's name", "neither")

    def _questions(self, terms: SettlementTerms, now_s: int) -> dict[str, Question]:
        desk = self._desk
        clock = ClockChecks(terms, desk.admission, now_s)
        token = TokenChecks(terms, desk.ledger.rpc, desk.ledger.deployment, desk.reader, desk.gas)
        ledger = LedgerChecks(terms, desk.ledger, now_s)
        return {
            "margins": clock.margins,
            "cut_off": clock.cut_off,
            "business_day": clock.business_day,
            "chain_clock": token.lead,
            "buyer_funds": ledger.buyer_funds,
            "trade_id_on_ledger": ledger.trade_unused,
            "earmark": token.earmark,
            "seller_tokens": token.seller_tokens,
            "token_gate": token.token_gate,
            "token_running": token.token_running,
            "adapter_usable": token.adapter_usable,
            "light_client_on_ledger": ledger.light_client_on_ledger,
            "light_client_on_evm": ledger.light_client_on_evm,
            "relayer_alive": ledger.relayer_alive,
            "gas": token.gas,
        }
