"""One node's TradeService for other programs."""

from __future__ import annotations

from typing import Any, Final

from crossdvp.ledger.v1 import trade_service_pb2 as pb
from crossdvp.ledger.v1.trade_service_pb2_grpc import TradeServiceStub

from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from chains.progmat.client.ledger_client import call

LONG_WAIT_S: Final = 30


class TradeClient:
    """Asks one node. All methods raise as those of ``LedgerClient``; all may be repeated. Answers are messages."""

    def __init__(self, endpoint: ApiEndpoint, tls: ApiTls) -> None:
        self.name = endpoint.name
        self._channel = open_channel(endpoint, tls)
        self._stub: Any = TradeServiceStub(self._channel)  # type: ignore[no-untyped-call] # generated without annotations

    async def register_method(self, method: pb.CashMethod, author: str, approver: str) -> pb.CashMethod:
        """Register how an investor pays from a day on; as it is kept."""
        request = pb.RegisterCashMethodRequest(method=method, author=author, approver=approver)
        answer = await call(self.name, self._stub.RegisterCashMethod, request)
        kept: pb.CashMethod = answer.method
        return kept

    async def methods(self, investor_id: str = "", most: int = 0) -> tuple[pb.CashMethod, ...]:
        """Versions of methods, of one investor if given."""
        request = pb.ListCashMethodsRequest(investor_id=investor_id, max_methods=most)
        return tuple((await call(self.name, self._stub.ListCashMethods, request)).methods)

    async def instruct(self, instruction: pb.TradeInstruction, author: str) -> pb.NativeTrade:
        """Enter one trade between two customers of the custodian."""
        request = pb.InstructTradeRequest(instruction=instruction, author=author)
        answer = await call(self.name, self._stub.InstructTrade, request)
        trade: pb.NativeTrade = answer.trade
        return trade

    async def import_instructions(
        self, file_name: str, content: bytes, author: str
    ) -> pb.ImportTradeInstructionsResponse:
        """Enter the trades of a CSV file."""
        request = pb.ImportTradeInstructionsRequest(file_name=file_name, content=content, author=author)
        done: pb.ImportTradeInstructionsResponse = await call(
            self.name, self._stub.ImportTradeInstructions, request, LONG_WAIT_S
        )
        return done

    async def trade(self, trade_id: bytes) -> pb.NativeTrade:
        """One trade."""
        answer = await call(self.name, self._stub.GetNativeTrade, pb.GetNativeTradeRequest(trade_id=trade_id))
        trade: pb.NativeTrade = answer.trade
        return trade

    async def trades(self, state: str = "", after: int = 0, most: int = 0) -> tuple[pb.NativeTrade, ...]:
        """Trades by number after a number, of one state if given."""
        request = pb.ListNativeTradesRequest(state=state, after=after, max_trades=most)
        return tuple((await call(self.name, self._stub.ListNativeTrades, request)).trades)

    async def cancel(self, trade_id: bytes, author: str, approver: str, reason: str) -> pb.NativeTrade:
        """End a trade by two persons' will."""
        request = pb.CancelNativeTradeRequest(trade_id=trade_id, author=author, approver=approver, reason=reason)
        trade: pb.NativeTrade = (await call(self.name, self._stub.CancelNativeTrade, request)).trade
        return trade

    async def top_up(self, trade_id: bytes, author: str) -> pb.TopUpTradeResponse:
        """Instruct the additional trust that a short trade needs."""
        request = pb.TopUpTradeRequest(trade_id=trade_id, author=author)
        done: pb.TopUpTradeResponse = await call(self.name, self._stub.TopUpTrade, request, LONG_WAIT_S)
        return done

    async def notices(self, broker: str = "", after: int = 0, most: int = 0) -> tuple[pb.TradeNotice, ...]:
        """What brokers were told after a number."""
        request = pb.ListTradeNoticesRequest(broker=broker, after=after, max_notices=most)
        return tuple((await call(self.name, self._stub.ListTradeNotices, request)).notices)

    async def form_net_set(self, broker_a: str, broker_b: str, settlement_day: str, author: str) -> pb.NetSet:
        """Close a pair's net set of a day."""
        request = pb.FormNetSetRequest(
            broker_a=broker_a, broker_b=broker_b, settlement_day=settlement_day, author=author
        )
        net_set: pb.NetSet = (await call(self.name, self._stub.FormNetSet, request, LONG_WAIT_S)).net_set
        return net_set

    async def net_sets(self, most: int = 0) -> tuple[pb.NetSet, ...]:
        """Closed net sets, the newest first."""
        return tuple((await call(self.name, self._stub.ListNetSets, pb.ListNetSetsRequest(max_sets=most))).net_sets)

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close(grace=None)
