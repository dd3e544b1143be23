"""BankService over gRPC. As ``rpc_node_service``: servicers raise our errors."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, Final

import grpc.aio
from crossdvp.ledger.v1 import bank_service_pb2 as pb
from crossdvp.ledger.v1.bank_service_pb2_grpc import BankServiceServicer

from chains.progmat.market.bank import desk as bank
from chains.progmat.market.bank.import_files import list_imports
from chains.progmat.market.bank.model import ExpectedPayment
from chains.progmat.market.bank.payments import list_payments
from chains.progmat.market.trades.desk import TradeDesk
from chains.progmat.market.trades.errors import PageTooLarge
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.desk_acts import Acting, DeskActs
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.peers.rpc_service import identity_of

Context = grpc.aio.ServicerContext[Any, Any]
MAX_PAGE: Final = 500


class BankServiceRpc(BankServiceServicer):
    """The servicer of one vault node; a confirmed payment wakes the trade desk."""

    def __init__(self, desk: TradeDesk, node: LedgerNode, access: ApiAccess, acts: DeskActs) -> None:
        self._acts = acts
        self._desk = desk
        self._database = node.parts.database
        self._clock = node.parts.clock
        self._access = access

    async def ImportBankStatement(  # noqa: D102, N802 # named and documented by the .proto file
        self, request: pb.ImportBankStatementRequest, context: Context
    ) -> pb.ImportBankStatementResponse:
        self._authorise(context, "ImportBankStatement")
        file = await asyncio.to_thread(bank.read_file, request.account, request.file_name, request.content)
        act = partial(bank.import_statement, file=file, registrant=request.author, now_ms=self._clock.now_ms())
        about = Acting("ImportBankStatement", request.author, request.account, identity_of(context).name)
        importing = self._acts.doing(about, lambda connection, _by: act(connection))
        done = await self._database.submit(importing, heard=self._wake_desk)
        return pb.ImportBankStatementResponse(
            file_hash=done.file_hash,
            lines=done.lines,
            matched=done.matched,
            ambiguous_lines=done.ambiguous,
            was_imported_before=done.was_imported_before,
        )

    async def ListBankImports(  # noqa: D102, N802 # as above
        self, request: pb.ListBankImportsRequest, context: Context
    ) -> pb.ListBankImportsResponse:
        self._authorise(context, "ListBankImports")
        found = await self._database.read(partial(list_imports, limit=page(request.max_imports)))
        return pb.ListBankImportsResponse(
            imports=[
                pb.BankImport(
                    file_hash=entry.file_hash,
                    target=entry.target,
                    size_bytes=entry.size_bytes,
                    at_ms=entry.at_ms,
                    kind=entry.kind.value,
                    status=entry.status.value,
                    result=", ".join(f"{name}: {_brief(value)}" for name, value in entry.result.items()),
                    registrant=entry.registrant,
                )
                for entry in found
            ]
        )

    async def ListExpectedPayments(  # noqa: D102, N802 # as above
        self, request: pb.ListExpectedPaymentsRequest, context: Context
    ) -> pb.ListExpectedPaymentsResponse:
        self._authorise(context, "ListExpectedPayments")
        found = await self._database.read(partial(list_payments, limit=page(request.max_payments)))
        return pb.ListExpectedPaymentsResponse(payments=[_payment(each) for each in found])

    async def ListUnmatchedLines(  # noqa: D102, N802 # as above
        self, request: pb.ListUnmatchedLinesRequest, context: Context
    ) -> pb.ListUnmatchedLinesResponse:
        self._authorise(context, "ListUnmatchedLines")
        found = await self._database.read(partial(bank.unmatched_lines, limit=page(request.max_lines)))
        return pb.ListUnmatchedLinesResponse(lines=[_line(each) for each in found])

    async def MatchBankLine(self, request: pb.MatchBankLineRequest, context: Context) -> pb.MatchBankLineResponse:  # noqa: D102, N802 # as above
        self._authorise(context, "MatchBankLine")
        match = partial(
            bank.match_by_hand,
            line=min(request.line, 1 << 62),
            reference=request.reference,
            author=request.author,
            approver=request.approver,
            now_ms=self._clock.now_ms(),
        )
        caller = identity_of(context).name
        about = Acting("MatchBankLine", request.author, request.reference, caller, request.approver)
        matching = self._acts.doing(about, lambda connection, _by: match(connection))
        matched = await self._database.submit(matching, heard=self._wake_desk)
        return pb.MatchBankLineResponse(payment=_payment(matched))

    def _wake_desk(self, _ended: object) -> None:
        """Also where the caller has gone."""
        self._desk.wake()

    def _authorise(self, context: Context, method: str) -> None:
        self._access.require(identity_of(context).name, method)


def page(wanted: int) -> int:
    """How many are given of what was asked for; 0 asks for as many as are given. Raises ``PageTooLarge``."""
    if wanted > MAX_PAGE:
        raise PageTooLarge(MAX_PAGE, wanted)
    return wanted or MAX_PAGE


def _payment(payment: ExpectedPayment) -> pb.ExpectedPayment:
    return pb.ExpectedPayment(
        reference=payment.reference,
        direction=payment.direction.value,
        amount_yen=payment.amount_yen,
        payer_name=payment.payer_name,
        status=payment.status.value,
        line=payment.line,
    )


def _line(line: bank.BankLine) -> pb.BankLine:
    told = line.statement
    return pb.BankLine(
        line=line.line,
        account=line.account,
        day=told.day.isoformat(),
        value_day=told.value_day.isoformat(),
        direction=told.direction.value,
        amount_yen=told.amount_yen,
        balance_yen=told.balance_yen,
        text=told.text,
        candidates=line.candidates,
    )


def _brief(value: object) -> object:
    return len(value) if isinstance(value, list) else value
