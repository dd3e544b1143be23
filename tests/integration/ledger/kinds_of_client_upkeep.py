"""The flows of recovery and upkeep of light clients, as ``kinds_of_flows`` wants them: driver, next request, check."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.client_upkeep_requests import EndorseLightClient, PruneLightClient, RecoverLightClient
from chains.progmat.flows.requests import CreateLightClient, SubmitMisbehaviour, UpdateLightClient
from light_clients.qbft.codec import decode_client_state, encode_client_state
from tests.fakes.ledger_parties import CN_A, SN, LedgerParty
from tests.integration.ledger.network import LedgerNetwork
from tests.integration.ledger.settlement import COUNTERPARTY_ID, Settlements

Opened = tuple[LedgerParty, Callable[[int], Awaitable[AnyRequest]], Callable[[int], Awaitable[None]]]
SHORT_TRUST_S: Final = 600


def subject(number: int) -> str:
    """The id of a client that is frozen."""
    return f"qbft-{2 * number + 1}"


def substitute(number: int) -> str:
    """The id of the client that takes its place."""
    return f"qbft-{2 * number + 2}"


async def create(world: Settlements, client_id: str, height: int, trusting_period_s: int | None = None) -> None:
    """A client that begins at a height."""
    state = decode_client_state(world.evm.client_state(height))
    if trusting_period_s is not None:
        state = replace(state, trusting_period_s=trusting_period_s)
    consensus_state = world.evm.consensus_state(height)
    packed = encode_client_state(state)
    request = CreateLightClient(
        f"create-{client_id}", client_id, "qbft", packed, consensus_state, COUNTERPARTY_ID, (b"",)
    )
    await world.ledger.done(SN, request)


async def _frozen_with_substitute(world: Settlements, number: int) -> None:
    height = world.evm.seal()
    await create(world, subject(number), 1)
    evidence = world.evm.equivocation(height, 1)
    await world.ledger.done(SN, SubmitMisbehaviour(f"freeze-{number}", subject(number), evidence))
    await create(world, substitute(number), height)


async def recover_light_client(ledger: LedgerNetwork) -> Opened:
    world = await Settlements.connect(ledger)

    async def following(number: int) -> RecoverLightClient:
        await _frozen_with_substitute(world, number)
        return RecoverLightClient(f"r-{number}", subject(number), substitute(number))

    async def check(count: int) -> None:
        for number in range(count):
            view = await ledger.operations(CN_A).light_client(subject(number))
            assert (view.is_frozen, view.record.consensus_client_id) == (False, substitute(number))
            assert view.record.endorsers == ()

    return SN, following, check


async def endorse_light_client(ledger: LedgerNetwork) -> Opened:
    world = await Settlements.connect(ledger)

    async def following(number: int) -> EndorseLightClient:
        await _frozen_with_substitute(world, number)
        await ledger.done(SN, RecoverLightClient(f"recover-{number}", subject(number), substitute(number)))
        return EndorseLightClient(f"r-{number}", subject(number), substitute(number))

    async def check(count: int) -> None:
        for number in range(count):
            view = await ledger.operations(CN_A).light_client(subject(number))
            assert [party.name for party in view.record.endorsers] == [SN.name]

    return SN, following, check


async def prune_light_client(ledger: LedgerNetwork) -> Opened:
    world = await Settlements.connect(ledger)

    async def following(number: int) -> PruneLightClient:
        world.evm.now_s = max(world.evm.now_s, ledger.clock.now_s())
        first = world.evm.seal()
        await create(world, subject(number), first, SHORT_TRUST_S)
        ledger.clock.advance_s(SHORT_TRUST_S // 2)
        world.evm.now_s = ledger.clock.now_s()
        header = world.evm.header(world.evm.seal(), first)
        await ledger.done(SN, UpdateLightClient(f"update-{number}", subject(number), header))
        ledger.clock.advance_s(SHORT_TRUST_S // 2 + 1)
        return PruneLightClient(f"r-{number}", subject(number))

    async def check(count: int) -> None:
        for number in range(count):
            for party in (SN, CN_A):
                assert len((await ledger.operations(party).light_client(subject(number))).heights) == 1

    return SN, following, check
