"""A registrar's flows as kinds of flows: a gate that is set, and a transfer that is forced. The others run as these."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from chains.progmat.contracts.names import TRANSFER_GATE
from chains.progmat.contracts.network_control import Opening
from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.securities_requests import ForceToken, SetGate
from chains.progmat.vault.rules import rules_kept_by
from tests.fakes.ledger_parties import AN, LedgerParty
from tests.fakes.security_parties import GATE_ID
from tests.fakes.token_parties import ST, TOKEN_ID
from tests.integration.ledger.network import BUYER_ACCOUNT, SELLER_ACCOUNT, LedgerNetwork
from tests.integration.ledger.securities import AUTHOR, NOTE, UNITS, Securities

Opened = tuple[LedgerParty, Callable[[int], Awaitable[AnyRequest]], Callable[[int], Awaitable[None]]]

ALIKE: Final = {
    FlowKind.REGISTER_SECURITY: FlowKind.SET_GATE,
    FlowKind.AMEND_SECURITY: FlowKind.SET_GATE,
    FlowKind.RETIRE_SECURITY: FlowKind.SET_GATE,
    FlowKind.SET_NETWORK_CONTROL: FlowKind.SET_GATE,
    FlowKind.FREEZE_TOKEN: FlowKind.FORCE_TOKEN,
    FlowKind.THAW_TOKEN: FlowKind.FORCE_TOKEN,
    FlowKind.CANCEL_TRANSFER: FlowKind.FORCE_TOKEN,
    FlowKind.ROTATE_TOKENS: FlowKind.MOVE_TOKEN,
}
"""Kinds that ask the same nodes for the same things in the same steps as another one, and differ in their builder."""


async def set_gate(ledger: LedgerNetwork) -> Opened:
    await Securities.open(ledger)

    async def following(number: int) -> AnyRequest:
        return SetGate(f"r-{number}", ST, GATE_ID, _standing(number), controlled=False, author=AUTHOR)

    async def check(count: int) -> None:
        read = partial(rules_kept_by, contract=TRANSFER_GATE, keeper=AN.name, limit=10)
        found = await ledger.vault(AN).node.parts.database.read(read)
        assert [gate.indexed.standing for gate in found] == [_standing(count - 1).name]

    return AN, following, check


def _standing(number: int) -> Opening:
    return Opening.OPEN if number % 2 else Opening.CLOSED


async def force_token(ledger: LedgerNetwork) -> Opened:
    securities = await Securities.open(ledger)

    async def following(number: int) -> AnyRequest:
        return ForceToken(f"r-{number}", ST, TOKEN_ID, 1, SELLER_ACCOUNT, BUYER_ACCOUNT, NOTE)

    async def check(count: int) -> None:
        assert await securities.register() == (UNITS - count, count)

    return AN, following, check
