"""One node's BankService for other programs."""

from __future__ import annotations

from typing import Any, Final

from crossdvp.ledger.v1 import bank_service_pb2 as pb
from crossdvp.ledger.v1.bank_service_pb2_grpc import BankServiceStub

from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from chains.progmat.client.ledger_client import call

LONG_WAIT_S: Final = 30


class BankClient:
    """Asks one node. All methods raise as those of ``LedgerClient``; all may be repeated. Answers are messages."""

    def __init__(self, endpoint: ApiEndpoint, tls: ApiTls) -> None:
        self.name = endpoint.name
        self._channel = open_channel(endpoint, tls)
        self._stub: Any = BankServiceStub(self._channel)  # type: ignore[no-untyped-call] # generated without annotations

    async def import_statement(
        self, account: str, file_name: str, content: bytes, author: str
    ) -> pb.ImportBankStatementResponse:
        """Take a statement file of one account in."""
        request = pb.ImportBankStatementRequest(account=account, file_name=file_name, content=content, author=author)
        done: pb.ImportBankStatementResponse = await call(
            self.name, self._stub.ImportBankStatement, request, LONG_WAIT_S
        )
        return done

    async def imports(self, most: int = 0) -> tuple[pb.BankImport, ...]:
        """Imported files, the newest first."""
        return tuple(
            (await call(self.name, self._stub.ListBankImports, pb.ListBankImportsRequest(max_imports=most))).imports
        )

    async def expected(self, most: int = 0) -> tuple[pb.ExpectedPayment, ...]:
        """Payments expected or confirmed, the newest first."""
        request = pb.ListExpectedPaymentsRequest(max_payments=most)
        return tuple((await call(self.name, self._stub.ListExpectedPayments, request)).payments)

    async def unmatched(self, most: int = 0) -> tuple[pb.BankLine, ...]:
        """Lines that are no payment's yet."""
        request = pb.ListUnmatchedLinesRequest(max_lines=most)
        return tuple((await call(self.name, self._stub.ListUnmatchedLines, request)).lines)

    async def match(self, line: int, reference: str, author: str, approver: str) -> pb.ExpectedPayment:
        """Two persons say which payment a line is."""
        request = pb.MatchBankLineRequest(line=line, reference=reference, author=author, approver=approver)
        payment: pb.ExpectedPayment = (await call(self.name, self._stub.MatchBankLine, request)).payment
        return payment

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close(grace=None)
