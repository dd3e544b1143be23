"""``crossdvp devnet``: a whole network of processes on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from chains.console import EXIT_REFUSED, JsonFlag, Output, err, facts, out, output_of, run, show_json
from primitives.errors import CrossDvpError
from relayer.cli.adapters import AdapterOption, chosen_families
from relayer.devnet import processes
from relayer.devnet.boot import boot, shut_down
from relayer.devnet.layout import DevnetState, Notaries, read_state
from relayer.devnet.stage import Holdings, Stage
from relayer.proof_config import Architecture

app = typer.Typer(
    help="A local devnet: ledger nodes, Validators, an EVM chain, relayer and gateway.",
    no_args_is_help=True,
    add_completion=False,
)

DirOption = Annotated[Path, typer.Option("--dir", help="Directory of the devnet.", envvar="CROSSDVP_DEVNET")]
SecondNotaryFlag = Annotated[bool, typer.Option("--second-notary", help="With a second notary, nn-2.")]
ProofOption = Annotated[
    Architecture, typer.Option("--proof", help="Who verifies the other ledger: each itself, a hub, or enclaves.")
]
DEFAULT_DIR = Path(".devnet")


@app.command()
def up(
    block_period_s: Annotated[
        int, typer.Option("--block-period", min=1, max=60, help="Seconds between EVM blocks.")
    ] = 1,
    second_notary: SecondNotaryFlag = False,
    proof: ProofOption = Architecture.DIRECT,
    adapters: AdapterOption = None,
    directory: DirOption = DEFAULT_DIR,
    json_flag: JsonFlag = False,
) -> None:
    """Start a fresh devnet in the background and say what it offers.

    Thirteen processes: issuer SN, registrar AN, exchange EN, custodians CN-A and CN-B, notary NN, four Validators, the
    EVM chain with four QBFT validators, relayer and gateway; on demand a second notary. --proof hub adds a chain
    between the two, --proof enclave two operators' simulated enclaves and an operator's process for each.

    A security token of ours with its adapters escrow and erc7943 is always there. --adapter adds other families, each
    with a token of its own: erc3643 is the genuine T-REX, which npm brings; the two ibet ones are our test doubles of
    ibet's contracts.
    """
    output = output_of(json_flag)

    async def main() -> None:
        notaries = Notaries.TWO if second_notary else Notaries.ONE
        families = chosen_families(adapters)
        state = await boot(directory, _say, block_period_s, notaries, families, proof)
        await _show(directory, state, output)

    run(main, output)


@app.command()
def status(directory: DirOption = DEFAULT_DIR, json_flag: JsonFlag = False) -> None:
    """Which processes run, where they listen, what both parties hold, how the relayer sees both chains."""
    output = output_of(json_flag)

    async def main() -> None:
        await _show(directory, read_state(directory), output)

    run(main, output)


@app.command()
def down(directory: DirOption = DEFAULT_DIR, json_flag: JsonFlag = False) -> None:
    """Stop every process of the devnet and remove its files."""
    output = output_of(json_flag)

    async def main() -> None:
        count = len(read_state(directory).processes)
        shut_down(directory)
        if output is Output.PROGRAMS:
            show_json({"stopped": count})
        else:
            out.print(f"stopped {count} processes, removed {directory}")

    run(main, output)


def _say(text: str) -> None:
    err.print(f"[dim]{text}[/dim]")


async def _show(directory: Path, state: DevnetState, output: Output) -> None:
    """What runs and who holds what; exit code 1 if a process has ended, whose log says why."""
    alive = {process.name: processes.is_alive(process) for process in state.processes}
    async with Stage(directory, state) as stage:
        try:
            holdings, unread = await stage.holdings(), ""
        except CrossDvpError as failure:
            holdings, unread = None, f"unknown: {failure.reason}"
        if output is Output.PROGRAMS:
            show_json(_document(directory, state, alive, holdings))
        else:
            out.print(_process_table(state, alive))
            facts(_places(directory, state, stage) | _held(holdings, unread))
            _say_what_is_next(directory, alive)
    if not all(alive.values()):
        raise typer.Exit(EXIT_REFUSED)


def _places(directory: Path, state: DevnetState, stage: Stage) -> dict[str, object]:
    return {
        "proof architecture": state.proof,
        "EVM JSON-RPC": state.rpc_url,
        "DvpApp": stage.deployment.dvp_app,
        **{f"{each.family} token": f"{each.token}  {each.what}" for each in state.instruments},
        **{f"{each.family} adapter": each.adapter for each in state.instruments},
        "gateway (gRPC, mTLS)": state.gateway.target,
        "gateway (HTTP, mTLS)": f"{state.http_url}/openapi.json",
        "relayer (gRPC, mTLS)": state.relayer.target,
        **{f"{name} metrics, health": f"{url}/metrics  {url}/readyz" for name, url in state.metrics.items()},
        "certificates": f"{directory}/network/operator",
    }


def _held(holdings: Holdings | None, unread: str) -> dict[str, object]:
    if holdings is None:
        return {"seller (broker A)": unread, "buyer (broker B)": unread}
    return {
        "seller (broker A)": f"{holdings.seller_units:,} ST, {holdings.seller_yen:,} yen",
        "buyer (broker B)": f"{holdings.buyer_units:,} ST, {holdings.buyer_yen:,} yen",
    }


def _say_what_is_next(directory: Path, alive: dict[str, bool]) -> None:
    where = "" if directory == DEFAULT_DIR else f" --dir {directory}"
    ended = [name for name, running in alive.items() if not running]
    if ended:
        out.print(
            f"ended: see {directory}/logs/{ended[0]}.log; start afresh with crossdvp devnet down{where}, up{where}"
        )
        return
    out.print(f"next: crossdvp settlement create{where}", soft_wrap=True)
    out.print(f"      crossdvp settlement watch{where}    (in a second terminal)", soft_wrap=True)
    out.print(f"      crossdvp iso20022 draft{where}    (the same trade as ISO 20022 messages)", soft_wrap=True)
    out.print("      docs/platform.md goes on: HTTP, webhooks, holds, proof bundles", soft_wrap=True)
    out.print(f"      crossdvp devnet down{where}", soft_wrap=True)


def _process_table(state: DevnetState, alive: dict[str, bool]) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for header in ("process", "pid", "state", "listens"):
        table.add_column(header)
    targets = {name: peer.target for name, peer in state.nodes.items()}
    targets |= {"relayer": state.relayer.target, "gateway": state.gateway.target, "evm": state.rpc_url}
    for process in state.processes:
        running = "[green]running[/green]" if alive[process.name] else "[red]ended[/red]"
        table.add_row(process.name, str(process.pid), running, targets.get(process.name, ""))
    return table


def _document(
    directory: Path, state: DevnetState, alive: dict[str, bool], holdings: Holdings | None
) -> dict[str, object]:
    """``units`` and ``yen`` are null where a ledger does not answer."""
    seller = (holdings.seller_units, holdings.seller_yen) if holdings else (None, None)
    buyer = (holdings.buyer_units, holdings.buyer_yen) if holdings else (None, None)
    return {
        "directory": str(directory),
        "rpc_url": state.rpc_url,
        "proof": state.proof,
        "gateway": state.gateway.target,
        "http_url": state.http_url,
        "relayer": state.relayer.target,
        "metrics": state.metrics,
        "nodes": {name: peer.target for name, peer in state.nodes.items()},
        "securities": [each.model_dump() for each in state.instruments],
        "processes": [{"name": p.name, "pid": p.pid, "running": alive[p.name]} for p in state.processes],
        "seller": {"address": state.seller.evm_address, "units": seller[0], "yen": seller[1]},
        "buyer": {"address": state.buyer.evm_address, "units": buyer[0], "yen": buyer[1]},
    }
