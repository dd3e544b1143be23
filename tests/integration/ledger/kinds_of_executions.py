"""A venue's flows as kinds of flows: executions that are published, and taken back in the same way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from chains.progmat.contracts.membership import MemberRole
from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.execution_requests import PublishExecution
from chains.progmat.flows.executions import notices_after
from chains.progmat.flows.record import FlowKind
from tests.fakes.ledger_parties import AN, CN_A, CN_B, EN, LedgerParty
from tests.fakes.token_parties import ST, TOKEN_ID
from tests.integration.ledger.network import LedgerNetwork

Opened = tuple[LedgerParty, Callable[[int], Awaitable[AnyRequest]], Callable[[int], Awaitable[None]]]

ALIKE: Final = {FlowKind.WITHDRAW_EXECUTION: FlowKind.PUBLISH_EXECUTION}
"""As ``kinds_of_securities.ALIKE``."""


async def publish_execution(ledger: LedgerNetwork) -> Opened:
    for party, role in ((CN_A, MemberRole.CUSTODIAN), (CN_B, MemberRole.CUSTODIAN), (EN, MemberRole.EXCHANGE)):
        await ledger.admit(party, ST, role)

    async def following(number: int) -> AnyRequest:
        ids = (f"ORD-{number:016d}", f"ORD-{number + 1000:016d}")
        names = (CN_A.name, CN_B.name)
        return PublishExecution(f"r-{number}", number + 1, TOKEN_ID, AN.name, 10, 400, *ids, *names, "2026-11-27")

    async def check(count: int) -> None:
        for party in (EN, CN_A, CN_B):
            found = await ledger.vault(party).node.parts.database.read(lambda connection: notices_after(connection, 0))
            assert len({recorded.notice.trade_id for recorded in found}) == len(found) == count

    return EN, following, check
