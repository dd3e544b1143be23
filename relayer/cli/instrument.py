"""``crossdvp instrument``: the security tokens that a devnet's gateway settles."""

from __future__ import annotations

from typing import Annotated

import typer
from crossdvp.gateway.v1 import instrument_service_pb2 as pb
from google.protobuf.json_format import MessageToDict

from chains.console import JsonFlag, Output, facts, out, output_of, run, show_json
from relayer.cli.settlement import DEFAULT_DIR, DirOption
from relayer.cli.settlement_checks import services

app = typer.Typer(help="Security tokens that can be settled: list, show.", no_args_is_help=True, add_completion=False)


@app.command("list")
def list_instruments(directory: DirOption = DEFAULT_DIR, json_flag: JsonFlag = False) -> None:
    """All instruments that the gateway lists, as their chain describes them now.

    Example: crossdvp instrument list
    """
    output = output_of(json_flag)

    async def main() -> None:
        found: list[pb.Instrument] = []
        token = ""
        async with services(directory) as (_, client):
            while True:
                page = await client.call(pb.ListInstrumentsRequest(page_token=token))
                found += page.instruments
                token = page.next_page_token
                if not token:
                    break
        if output is Output.PROGRAMS:
            show_json([_document(each) for each in found])
            return
        for each in found:
            paused = pb.PauseState.Name(each.pause_state).removeprefix("PAUSE_STATE_").lower().replace("_", " ")
            out.print(
                f"{each.name}  {each.adapter_family:<9} {each.token_symbol or '-':<6} {each.total_supply:>9}  {paused}",
                soft_wrap=True,
            )

    run(main, output)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="instruments/…, or your platform's alias of one.")],
    directory: DirOption = DEFAULT_DIR,
    json_flag: JsonFlag = False,
) -> None:
    """One instrument: token, supply, adapter, the orders that are possible, and the block at which it was read.

    Example: crossdvp instrument show instruments/919191-5fbd…-e7f1…
    """
    output = output_of(json_flag)

    async def main() -> None:
        wanted = name if name.startswith("instruments/") else f"instruments/{name}"
        async with services(directory) as (_, client):
            instrument = (await client.call(pb.GetInstrumentRequest(name=wanted))).instrument
        if output is Output.PROGRAMS:
            show_json(_document(instrument))
            return
        out.print(instrument.name, soft_wrap=True)
        facts(
            {
                "token": f"0x{instrument.token.hex()}  {instrument.token_name} ({instrument.token_symbol})",
                "supply": f"{instrument.total_supply} units, {instrument.decimals} decimals",
                "adapter": f"0x{instrument.adapter.hex()}  {instrument.adapter_family}",
                "paused": pb.PauseState.Name(instrument.pause_state).removeprefix("PAUSE_STATE_").lower(),
                "before an earmark": "; ".join(instrument.before_earmark) or "nothing",
                "ISIN, alias": f"{instrument.isin or '-'}, {instrument.alias or '-'}",
                "read at": f"block {instrument.read_at.height}",
            }
        )
        for order in instrument.orders:
            support = pb.OrderSupport.Name(order.support).removeprefix("ORDER_SUPPORT_").lower()
            lead = "cash" if order.lead_leg == 1 else "securities"
            out.print(f"  {lead} leads: {support}; {order.because}", soft_wrap=True)

    run(main, output)


def _document(instrument: pb.Instrument) -> object:
    """Addresses as people write them."""
    document = MessageToDict(instrument, preserving_proto_field_name=True)
    return {**document, "token": "0x" + instrument.token.hex(), "adapter": "0x" + instrument.adapter.hex()}
