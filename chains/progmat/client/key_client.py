"""One node's KeyService for other programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crossdvp.ledger.v1 import key_service_pb2 as pb
from crossdvp.ledger.v1.key_service_pb2_grpc import KeyServiceStub

from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from chains.progmat.client.ledger_client import call, flow_view
from chains.progmat.contracts.terms_codec import account_from_message
from chains.progmat.flows.key_requests import RotateTokens
from chains.progmat.flows.request_codec import to_message
from chains.progmat.flows.views import FlowView
from ibc.dvp import CashAccount


@dataclass(frozen=True, slots=True)
class InvestorKeyLine:
    """A version of an investor's key, as the account it is on the ledger."""

    version: int
    account: CashAccount


class KeyClient:
    """Asks one node. All methods raise as those of ``LedgerClient``, and everything may be asked for again."""

    def __init__(self, endpoint: ApiEndpoint, tls: ApiTls) -> None:
        self.name = endpoint.name
        self._channel = open_channel(endpoint, tls)
        self._stub: Any = KeyServiceStub(self._channel)  # type: ignore[no-untyped-call] # generated without annotations

    async def open_investor_account(self, investor_id: str) -> InvestorKeyLine:
        """The investor's present account, opened if there is none."""
        request = pb.OpenInvestorAccountRequest(investor_id=investor_id)
        return _line((await call(self.name, self._stub.OpenInvestorAccount, request)).key)

    async def rotate_investor_key(self, investor_id: str, from_version: int) -> InvestorKeyLine:
        """The version after ``from_version``, made if there is none."""
        request = pb.RotateInvestorKeyRequest(investor_id=investor_id, from_version=from_version)
        return _line((await call(self.name, self._stub.RotateInvestorKey, request)).key)

    async def investor_keys(self, investor_id: str) -> tuple[InvestorKeyLine, ...]:
        """Every version, the first one first."""
        request = pb.ListInvestorKeysRequest(investor_id=investor_id)
        return tuple(map(_line, (await call(self.name, self._stub.ListInvestorKeys, request)).keys))

    async def rotate_tokens(self, request: RotateTokens, wait_s: int = 30) -> FlowView:
        """Start the flow, or find the one this request started; as it stands when it ended, or after ``wait_s``."""
        message: Any = to_message(request)
        message.wait_s = wait_s
        answer = await call(self.name, self._stub.RotateTokens, message, wait_s)
        return flow_view(answer.flow)

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close(grace=None)


def _line(message: pb.InvestorKey) -> InvestorKeyLine:
    return InvestorKeyLine(message.version, account_from_message(message.account))
