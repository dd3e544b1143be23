"""InstrumentService over gRPC."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import Any

import grpc.aio
from crossdvp.gateway.v1 import instrument_service_pb2 as pb
from crossdvp.gateway.v1 import instrument_service_pb2_grpc as pb_grpc
from crossdvp.gateway.v1 import settlement_service_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from stdnum import isin

from chains.evm.client.adapter_capabilities import Support, adapter_capabilities
from chains.evm.client.token_details import Pause
from ibc.dvp import LeadLeg
from relayer.gateway.access import Role, Speakers
from relayer.gateway.errors import BadRequest
from relayer.gateway.instruments.reading import InstrumentKey, InstrumentReader, InstrumentSeen
from relayer.gateway.paging import page_after, page_size, page_token
from relayer.gateway.service_errors import AliasTaken, InstrumentUnknown, IsinInvalid, TooManyEntries
from relayer.gateway.service_tables import InstrumentWords
from relayer.gateway.settlement_tables import INSTRUMENTS
from relayer.gateway.store import GatewayStore
from relayer.rpc_server import caller_of

Context = grpc.aio.ServicerContext[Any, Any]
MOST_PER_PAGE, USUAL_PAGE, MOST_PER_PLATFORM = 100, 20, 1_000
ALIAS = re.compile(r"[a-z][a-z0-9-]{0,62}")

_SUPPORT = {
    Support.PREFERRED: pb.ORDER_SUPPORT_PREFERRED,
    Support.POSSIBLE: pb.ORDER_SUPPORT_POSSIBLE,
    Support.REFUSED: pb.ORDER_SUPPORT_REFUSED,
}
_PAUSE = {
    Pause.RUNNING: pb.PAUSE_STATE_RUNNING,
    Pause.PAUSED: pb.PAUSE_STATE_PAUSED,
    Pause.NOT_TOLD: pb.PAUSE_STATE_NOT_TOLD,
}
_LEADS = {
    LeadLeg.CASH: settlement_service_pb2.LEAD_LEG_CASH,
    LeadLeg.SECURITIES: settlement_service_pb2.LEAD_LEG_SECURITIES,
}


class InstrumentRpc(pb_grpc.InstrumentServiceServicer):
    """One per gateway process."""

    def __init__(self, store: GatewayStore, speakers: Speakers, reader: InstrumentReader) -> None:
        self._store = store
        self._speakers = speakers
        self._reader = reader

    async def ListInstruments(  # noqa: N802  # the name in the .proto
        self, request: pb.ListInstrumentsRequest, context: Context
    ) -> pb.ListInstrumentsResponse:
        """See the .proto."""
        size, after = page_size(request.page_size, USUAL_PAGE, MOST_PER_PAGE), page_after(request.page_token)
        words = await self._words(caller_of(context))
        keys = {key.name: key for key in (*self._reader.configured, *words)}
        names = sorted(name for name in keys if name > after)
        shown = names[:size]
        found = [await self._reader.seen(keys[name]) for name in shown]
        return pb.ListInstrumentsResponse(
            instruments=[_encode(seen, words.get(seen.key)) for seen in found],
            next_page_token=page_token(shown[-1]) if len(names) > size else "",
        )

    async def GetInstrument(  # noqa: N802  # the name in the .proto
        self, request: pb.GetInstrumentRequest, context: Context
    ) -> pb.GetInstrumentResponse:
        """See the .proto."""
        words = await self._words(caller_of(context))
        key = _named(request.name, words)
        return pb.GetInstrumentResponse(instrument=_encode(await self._reader.seen(key), words.get(key)))

    async def UpdateInstrument(  # noqa: N802  # the name in the .proto
        self, request: pb.UpdateInstrumentRequest, context: Context
    ) -> pb.UpdateInstrumentResponse:
        """See the .proto."""
        speaker = self._speakers.speaker(caller_of(context))
        speaker.require_role(Role.OPERATOR)
        words = await self._words(speaker.name)
        key = _named(request.instrument.name, words)
        said = _masked(request, words.get(key, InstrumentWords(key.token, key.adapter, "", "")))
        seen = await self._reader.seen(key)
        if any(said.alias and said.alias == other.alias for of, other in words.items() if of != key):
            raise AliasTaken(f"instruments/{said.alias}")
        if key not in words and len(words) >= MOST_PER_PLATFORM:
            raise TooManyEntries("instruments", MOST_PER_PLATFORM)
        if not request.validate_only:
            await asyncio.to_thread(self._put, speaker.name, said)
        return pb.UpdateInstrumentResponse(instrument=_encode(seen, said))

    def _put(self, platform: str, said: InstrumentWords) -> None:
        """Held against what others have stored meanwhile. Raises ``AliasTaken``."""
        with self._store.database.transaction() as connection:
            for other in INSTRUMENTS.all_of(connection, platform):
                is_same = (other.token, other.adapter) == (said.token, said.adapter)
                if said.alias and other.alias == said.alias and not is_same:
                    raise AliasTaken(f"instruments/{said.alias}")
            INSTRUMENTS.put(connection, platform, said)

    async def _words(self, platform: str) -> dict[InstrumentKey, InstrumentWords]:
        def read() -> dict[InstrumentKey, InstrumentWords]:
            with self._store.database.reading() as connection:
                found = INSTRUMENTS.all_of(connection, platform)
            chain_id = self._reader.configured[0].chain_id
            return {InstrumentKey(chain_id, each.token, each.adapter): each for each in found}

        return await asyncio.to_thread(read)


def _named(name: str, words: dict[InstrumentKey, InstrumentWords]) -> InstrumentKey:
    """By full name, or by the platform's alias."""
    alias = name.removeprefix("instruments/")
    if name.startswith("instruments/") and ALIAS.fullmatch(alias):
        for key, said in words.items():
            if said.alias == alias:
                return key
        raise InstrumentUnknown(name, "your platform has given no instrument that alias")
    return InstrumentKey.parse(name)


def _masked(request: pb.UpdateInstrumentRequest, before: InstrumentWords) -> InstrumentWords:
    """What the platform says from now on. Raises ``BadRequest``, ``IsinInvalid``."""
    said, paths = request.instrument, set(request.update_mask.paths)
    if not paths or paths - {"alias", "isin"}:
        raise BadRequest("update_mask", "alias, isin or both", ", ".join(sorted(paths)) or "nothing")
    after = before
    if "alias" in paths:
        if said.alias and not ALIAS.fullmatch(said.alias):
            raise BadRequest("instrument.alias", "1..63 of a-z, 0-9 and -, a letter first", said.alias[:80])
        after = replace(after, alias=said.alias)
    if "isin" in paths:
        if said.isin and (not isin.is_valid(said.isin) or said.isin != isin.compact(said.isin)):
            raise IsinInvalid(said.isin)
        after = replace(after, isin=said.isin)
    return after


def _encode(seen: InstrumentSeen, words: InstrumentWords | None) -> pb.Instrument:
    capabilities, details = adapter_capabilities(seen.family), seen.details
    return pb.Instrument(
        name=seen.key.name,
        evm_chain_id=seen.key.chain_id,
        token=seen.key.token,
        adapter=seen.key.adapter,
        token_name=details.name,
        token_symbol=details.symbol,
        decimals=details.decimals,
        total_supply=str(details.total_supply),
        adapter_family=seen.family.value,
        orders=[
            pb.PossibleOrder(lead_leg=_LEADS[lead], support=_SUPPORT[order.support], because=order.because)
            for lead, order in capabilities.orders.items()
        ],
        before_earmark=capabilities.before_earmark,
        pause_state=_PAUSE[details.pause],
        read_at=pb.ReadAt(height=details.height, time=Timestamp(seconds=details.time_s)),
        isin="" if words is None else words.isin,
        alias="" if words is None else words.alias,
    )
