"""``crossdvp settlement``: what is done to settlements that are there, and which there are."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer
from crossdvp.gateway.v1 import settlement_service_pb2 as pb

from chains.console import JsonFlag, Output, out, output_of, run, show_json
from primitives.errors import CallerError
from relayer.cli.settlement import DEFAULT_DIR, DirOption, NameArgument, Sides, app, connected, resource_name
from relayer.cli.settlement_view import as_document, coloured_state, one_line
from relayer.devnet.access import gateway_client
from relayer.devnet.layout import DevnetState, read_state
from relayer.gateway.client import GatewayClient
from relayer.gateway.lifecycle import SettlementState
from relayer.gateway.matching import Side
from relayer.gateway.settlement_codec import decode_terms
from relayer.gateway.settlement_message import STATE_NUMBERS

SideOption = Annotated[Sides, typer.Option("--side", help="Whose instruction: its own broker acts.")]
_DURATION = re.compile(r"([1-9][0-9]{0,6})(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class BadDuration(CallerError):
    """A duration is a number and a unit."""

    reason = "BAD_DURATION"


class OneSideOnly(CallerError):
    """Each broker acts for its own side."""

    reason = "ONE_SIDE_ONLY"


def seconds_of(text: str) -> int:
    """Seconds of ``90s``, ``5m``, ``2h`` or ``1d``. Raises ``BadDuration``."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise BadDuration(f"expected a number and s, m, h or d, for instance 5m, found {text[:20]!r}")
    return int(found[1]) * _SECONDS[found[2]]


@app.command("list")
def list_settlements(
    size: Annotated[int, typer.Option("--size", min=1, max=500, help="At most so many.")] = 20,
    states: Annotated[
        list[SettlementState] | None, typer.Option("--state", help="Only in this state; may be given several times.")
    ] = None,
    stuck_for: Annotated[
        str, typer.Option("--stuck-for", help="Only what has not moved for so long: 90s, 5m, 2h.")
    ] = "",
    reference: Annotated[str, typer.Option("--reference", help="Only under this reference of either broker.")] = "",
    directory: DirOption = DEFAULT_DIR,
    json_flag: JsonFlag = False,
) -> None:
    """Settlements, newest first.

    Example: crossdvp settlement list --stuck-for 5m --state earmarked --state locked
    """
    output = output_of(json_flag)

    async def main() -> None:
        wanted = pb.ListSettlementsRequest(reference=reference)
        wanted.states.extend(STATE_NUMBERS[state] for state in states or ())
        if stuck_for:
            wanted.stuck_for.seconds = seconds_of(stuck_for)
        async with connected(directory) as (_, gateway):
            found = (await gateway.list(page_size=size, wanted=wanted)).settlements
        if output is Output.PROGRAMS:
            show_json([as_document(settlement) for settlement in found])
            return
        for settlement in found:
            out.print(f"{settlement.name}  {one_line(settlement)}", soft_wrap=True)
        if not found:
            out.print("no such settlements: crossdvp settlement create")

    run(main, output)


def _act(
    directory: Path,
    json_flag: bool,  # noqa: FBT001  # as typer gives it
    name: str,
    act: Callable[[GatewayClient, str], Awaitable[pb.Settlement]],
    caller: Callable[[DevnetState], str] | None = None,
) -> None:
    """Do something to a settlement as a party, the operator if none is said; show what it is then."""
    output = output_of(json_flag)

    async def main() -> None:
        state = read_state(directory)
        client = gateway_client(directory, state, caller(state)) if caller else gateway_client(directory, state)
        try:
            settlement = await act(client, resource_name(name))
        finally:
            await client.close()
        if output is Output.PROGRAMS:
            show_json(as_document(settlement))
        else:
            out.print(f"{settlement.name}  {one_line(settlement)}", soft_wrap=True)

    run(main, output)


def _broker_of(state: DevnetState, chosen: Sides) -> str:
    return (state.seller if _side(chosen) is Side.SELLER else state.buyer).broker


def _side(chosen: Sides) -> Side:
    if chosen is Sides.BOTH:
        raise OneSideOnly("each broker acts for its own side: say --side seller or --side buyer")
    return Side(chosen.value)


@app.command()
def affirm(
    name: NameArgument, side: SideOption = Sides.BUYER, directory: DirOption = DEFAULT_DIR, json_flag: JsonFlag = False
) -> None:
    """Agree to the terms that the other side has instructed, without sending them again.

    The buyer's broker also authorises them at its custodian node, without which nothing is locked.

    Example: crossdvp settlement affirm TRADE_ID --side buyer
    """

    async def act(client: GatewayClient, resource: str) -> pb.Settlement:
        chosen = _side(side)
        found = await client.get(resource)
        if chosen is Side.BUYER:
            from relayer.devnet.trading import authorise  # noqa: PLC0415  # with all that trading on a chain takes

            state = read_state(directory)
            await authorise(directory, state, state.buyer, decode_terms(found.terms))
        return await client.affirm(resource, found.terms_hash, chosen)

    _act(directory, json_flag, name, act, lambda state: _broker_of(state, side))


@app.command()
def hold(
    name: NameArgument, side: SideOption = Sides.BUYER, directory: DirOption = DEFAULT_DIR, json_flag: JsonFlag = False
) -> None:
    """Put a side's instruction on hold: it matches, and nothing is started for it.

    Example: crossdvp settlement hold TRADE_ID --side buyer
    """

    async def act(client: GatewayClient, resource: str) -> pb.Settlement:
        return await client.hold(resource, _side(side))

    _act(directory, json_flag, name, act, lambda state: _broker_of(state, side))


@app.command()
def release(
    name: NameArgument, side: SideOption = Sides.BUYER, directory: DirOption = DEFAULT_DIR, json_flag: JsonFlag = False
) -> None:
    """Lift the hold of a side's instruction.

    Example: crossdvp settlement release TRADE_ID --side buyer
    """

    async def act(client: GatewayClient, resource: str) -> pb.Settlement:
        return await client.release(resource, _side(side))

    _act(directory, json_flag, name, act, lambda state: _broker_of(state, side))


@app.command()
def retry(name: NameArgument, directory: DirOption = DEFAULT_DIR, json_flag: JsonFlag = False) -> None:
    """Make the next attempt now, after having removed what the last error names.

    Example: crossdvp settlement retry TRADE_ID
    """

    async def act(client: GatewayClient, resource: str) -> pb.Settlement:
        return await client.retry(resource)

    _act(directory, json_flag, name, act)


@app.command()
def cancel(name: NameArgument, directory: DirOption = DEFAULT_DIR, json_flag: JsonFlag = False) -> None:
    """Cancel a settlement whose cash is not locked yet; the ledger decides if the lock was faster.

    Example: crossdvp settlement cancel TRADE_ID
    """
    output = output_of(json_flag)

    async def main() -> None:
        async with connected(directory) as (_, gateway):
            settlement = await gateway.cancel(resource_name(name))
            if output is Output.PROGRAMS:
                show_json(as_document(settlement))
            else:
                out.print(f"{settlement.name}  {coloured_state(settlement)}")

    run(main, output)
