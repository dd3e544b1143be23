"""``crossdvp ledger network change-notary|upgrade-states|attest-unspent``: states are replaced, batch after batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final

import typer

from chains.console import JsonFlag, Output, out, output_of, run, show_json
from chains.progmat.cli.arguments import hex_bytes
from chains.progmat.cli.connecting import connected
from chains.progmat.client.replacement_client import ReplacementClient
from chains.progmat.flows.replacement_requests import ChangeNotary, StateChoice, UpgradeStates
from chains.progmat.transactions.model import StateRef
from primitives.errors import CrossDvpError, InvalidArgument
from primitives.types import hash32

WAIT_S: Final = 30
MOST_BATCHES: Final = 100_000

RequestOption = Annotated[
    str, typer.Option("--request-id", help="Your own id of this; the same again goes on where it was broken off.")
]
StateOption = Annotated[
    list[str] | None, typer.Option("--state", help="TRANSACTION:INDEX; exactly these (at most 64), nothing else.")
]
ContractOption = Annotated[str, typer.Option(help="Only states of this contract, as cash or dvp_lock.")]
AccountOption = Annotated[str, typer.Option(help="Only states of this account: its public key, hex.")]
AssetOption = Annotated[str, typer.Option(help="Only this coin or token: its id.")]

Request = ChangeNotary | UpgradeStates


class ReplacementIncomplete(CrossDvpError):
    """A batch neither ended nor found nothing left; what was replaced before it stays so."""

    reason = "REPLACEMENT_INCOMPLETE"


@dataclass(frozen=True)
class _Replaced:
    """How many ledger_txs it took, and what the node says of those that are left."""

    batches: int
    says: str


def change_notary(
    context: typer.Context,
    request_id: RequestOption,
    to: Annotated[str, typer.Option(help="Name of the new notary.")],
    source: Annotated[str, typer.Option("--from", help="Only states at this notary; else at any other.")] = "",
    state: StateOption = None,
    contract: ContractOption = "",
    account: AccountOption = "",
    asset: AssetOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Move the node's states to another notary: all of its own, or those that the options leave."""
    choice = _choice(state, contract, account, asset)

    def request(name: str) -> ChangeNotary:
        return ChangeNotary(name, to, source, choice())

    _replace(context, request_id, request, output_of(as_json))


def upgrade_states(
    context: typer.Context,
    request_id: RequestOption,
    from_package: Annotated[str, typer.Option(help="Hash of the contract package that made them, hex.")],
    state: StateOption = None,
    contract: ContractOption = "",
    account: AccountOption = "",
    asset: AssetOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Convert the node's states to the contract package it runs: all of its own, or those that the options leave."""
    choice = _choice(state, contract, account, asset)

    def request(name: str) -> UpgradeStates:
        return UpgradeStates(name, hash32(hex_bytes(from_package)), choice())

    _replace(context, request_id, request, output_of(as_json))


def attest_unspent(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Have the Validators attest what made the unspent states of the node; before another contract package."""
    output = output_of(as_json)

    async def main() -> None:
        total, left = 0, 1
        async with connected(context, ReplacementClient) as client:
            while left:
                attested, left = await client.attest_unspent()
                total += attested
        if output is Output.PROGRAMS:
            show_json({"attested": total})
        else:
            out.print(f"  {total} transactions attested, of nothing unspent is the history still open")

    run(main, output)


def _replace(context: typer.Context, request_id: str, request: Callable[[str], Request], output: Output) -> None:
    async def main() -> None:
        async with connected(context, ReplacementClient) as client:
            done = await _batches(client, request_id, request)
        if output is Output.PROGRAMS:
            show_json({"batches": done.batches, "says": done.says})
        else:
            out.print(f"  {done.batches} transactions; {done.says}", soft_wrap=True)

    run(main, output)


async def _batches(client: ReplacementClient, request_id: str, request: Callable[[str], Request]) -> _Replaced:
    """States that are named are one batch; others are gone through until nothing is left."""
    for number in range(1, MOST_BATCHES + 1):
        asked = request(f"{request_id}/{number}")
        flow = await client.submit(asked, WAIT_S)
        if flow.is_final_on_ledger and asked.states.refs:
            return _Replaced(number, "all that were named are replaced")
        if flow.is_final_on_ledger:
            continue
        if flow.is_failed and flow.last_error_reason == "NOTHING_TO_REPLACE":
            return _Replaced(number - 1, flow.last_error)
        raise ReplacementIncomplete(
            f"batch {number} is at {flow.step.value}: {flow.last_error_reason} {flow.last_error}; "
            + ("use another request id once that is put right" if flow.is_failed else "run it again later")
        )
    raise ReplacementIncomplete(f"more than {MOST_BATCHES} batches: run it again under another request id")


def _choice(state: list[str] | None, contract: str, account: str, asset: str) -> Callable[[], StateChoice]:
    """Read when the command runs, so that what cannot be read is refused like everything else."""

    def choice() -> StateChoice:
        refs = tuple(map(_state_ref, state or ()))
        return StateChoice(refs, contract, hex_bytes(account) if account else b"", asset)

    return choice


def _state_ref(text: str) -> StateRef:
    tx_id, _, index = text.partition(":")
    if not index.isdecimal():
        raise InvalidArgument(f"{text[:80]!r} names no state: TRANSACTION:INDEX is wanted")
    return StateRef(hash32(hex_bytes(tx_id)), int(index))
