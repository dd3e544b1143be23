"""``crossdvp iso20022``: check messages offline; draft, send and fetch them on a running devnet."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Annotated, Any

import typer
from crossdvp.gateway.v1 import message_service_pb2 as pb
from rich.markup import escape

from chains.console import EXIT_UNREADABLE, JsonFlag, Output, fail, out, output_of, run, show_json
from ibc.dvp import SettlementTerms
from primitives.errors import CallerError, CrossDvpError
from relayer.cli.settlement import DEFAULT_DIR, DirOption, NameArgument, resource_name
from relayer.cli.settlement_view import as_document, one_line
from relayer.devnet.access import tls_of
from relayer.devnet.layout import DevnetState, read_state
from relayer.devnet.trading import TradePlan, authorise, earmark, plan_terms
from relayer.gateway.iso20022.cancellation import Cancellation, write_cancellation
from relayer.gateway.iso20022.instruction import Instruction, write_instruction
from relayer.gateway.iso20022.orders import Order, read_document, read_order
from relayer.gateway.iso20022.schemas import MessageType
from relayer.gateway.iso20022.terms_part import security_text
from relayer.gateway.iso20022.xml_tree import MAX_MESSAGE_BYTES
from relayer.gateway.matching import Side
from relayer.gateway.services_client import ServicesClient
from relayer.gateway.settlement_codec import trade_id_of
from relayer.gateway.settlement_message import SIDE_NUMBERS

app = typer.Typer(
    help="ISO 20022 messages: check them offline; draft, send and fetch them on a devnet (docs/iso20022.md).",
    no_args_is_help=True,
    add_completion=False,
)

FileArgument = Annotated[Path, typer.Argument(help="A document: XML in UTF-8.", show_default=False)]
SideOption = Annotated[Side, typer.Option("--side", help="Whose message: its broker asks.", show_default=False)]
OutOption = Annotated[Path | None, typer.Option("--out", help="File to write; the terminal if none is said.")]


class MessageUnreadable(CallerError):
    """The file cannot be read, or is longer than a message may be."""

    reason = "MESSAGE_UNREADABLE"


@app.command()
def check(file: FileArgument, json_flag: JsonFlag = False) -> None:
    """Hold a message against its schema and the profile, and say what it orders. Asks nobody.

    Exit code 1: refused, naming the element; 2: the file cannot be read.

    Example: crossdvp iso20022 check seller.xml
    """
    output = output_of(json_flag)
    document = _read(file, output)
    try:
        kind, order = read_document(document)
    except CrossDvpError as refusal:
        fail(refusal, output)
    found: dict[str, Any] = {"message": kind.identifier} | (_told(order) if order is not None else {})
    if output is Output.PROGRAMS:
        show_json(found)
        return
    if order is None:
        out.print(f"{kind.identifier}: valid by its schema; it orders nothing here")
    for label, value in found.items():
        out.print(f"{label:<10} {escape(str(value))}", soft_wrap=True)


def _told(order: Order) -> dict[str, Any]:
    told: dict[str, Any] = {"side": order.side.value, "reference": order.reference}
    if not isinstance(order, Instruction):
        return {"orders": "cancellation", **told, "settlement": f"settlements/{order.trade_id.hex()}"}
    terms = order.terms
    return {
        "orders": "instruction, on hold" if order.on_hold else "instruction",
        **told,
        "settlement": f"settlements/{terms.trade_id.hex()}",
        "security": security_text(terms),
        "quantity": terms.security.quantity,
        "yen": terms.cash.amount_yen,
        "leads": terms.lead_leg.name.lower(),
    }


def _read(file: Path, output: Output) -> bytes:
    try:
        with file.open("rb") as source:
            document = source.read(MAX_MESSAGE_BYTES + 1)
    except OSError as error:
        fail(MessageUnreadable(f"{file}: {error.strerror}"), output, EXIT_UNREADABLE)
    return document


@app.command()
def draft(
    quantity: Annotated[int, typer.Option(min=1, help="Units of the security token.")] = 10,
    amount_yen: Annotated[int, typer.Option("--amount", min=1, help="Price of all units, in yen.")] = 1_000_000,
    lock_in_s: Annotated[int, typer.Option("--lock-in", min=5, help="Seconds until the cash must be locked.")] = 300,
    settle_in_s: Annotated[int, typer.Option("--settle-in", min=10, help="Seconds until the time-out.")] = 600,
    on_hold: Annotated[bool, typer.Option("--hold", help="Both instructions on hold.")] = False,
    into: Annotated[Path, typer.Option("--out", help="Directory for seller.xml and buyer.xml.")] = Path(),
    directory: DirOption = DEFAULT_DIR,
    json_flag: JsonFlag = False,
) -> None:
    """Write both brokers' instructions (sese.023) for a trade on the devnet, as their back offices would.

    Example: crossdvp iso20022 draft && crossdvp iso20022 submit seller.xml
    """
    output = output_of(json_flag)

    async def main() -> None:
        terms = plan_terms(directory, read_state(directory), TradePlan(quantity, amount_yen, lock_in_s, settle_in_s))
        files = _drafts(terms, on_hold, into)
        if output is Output.PROGRAMS:
            show_json({"settlement": f"settlements/{terms.trade_id.hex()}", **files})
            return
        for name in files.values():
            out.print(f"crossdvp iso20022 submit {name}", soft_wrap=True)

    run(main, output)


def _drafts(terms: SettlementTerms, on_hold: bool, into: Path) -> dict[str, str]:  # noqa: FBT001  # as typer gives it
    """Both instructions as files, by side."""
    into.mkdir(parents=True, exist_ok=True)
    files: dict[str, str] = {}
    for side in Side:
        file, reference = into / f"{side.value}.xml", f"{side.value}-{terms.trade_id.hex()[:12]}"
        file.write_bytes(write_instruction(Instruction(side, terms, reference, on_hold)))
        files[side.value] = str(file)
    return files


@app.command()
def cancellation(
    name: NameArgument,
    side: SideOption,
    reference: Annotated[str, typer.Option("--reference", help="TxId of that side's instruction.", show_default=False)],
    into: OutOption = None,
    json_flag: JsonFlag = False,
) -> None:
    """Write a cancellation request (sese.020) for a side's own instruction. Asks nobody; `submit` sends it.

    Example: crossdvp iso20022 cancellation TRADE_ID --side seller --reference A-1 --out cancel.xml
    """

    async def main() -> None:
        trade_id = trade_id_of(resource_name(name))
        document = write_cancellation(Cancellation(side, reference, trade_id))
        _write(document, MessageType.CANCELLATION.identifier, into, output)

    output = output_of(json_flag)
    run(main, output)


@app.command()
def submit(
    file: FileArgument,
    request_id: Annotated[str, typer.Option(help="A UUID, the same at every attempt; a fresh one if not given.")] = "",
    advice: Annotated[Path | None, typer.Option("--advice", help="File for the status advice (sese.024).")] = None,
    directory: DirOption = DEFAULT_DIR,
    json_flag: JsonFlag = False,
) -> None:
    """Send an instruction (sese.023) or a cancellation request (sese.020) to the gateway, as its side's broker.

    As with `crossdvp settlement create`, the buyer's broker authorises the cash at its custodian node as well, and the
    seller's earmarks the securities.

    Example: crossdvp iso20022 submit seller.xml --advice advice.xml
    """
    output = output_of(json_flag)
    document = _read(file, output)

    async def main() -> None:
        order, state = read_order(document), read_state(directory)
        if isinstance(order, Instruction) and order.side is Side.BUYER:
            await authorise(directory, state, state.buyer, order.terms)
        request = pb.SubmitMessageRequest(request_id=request_id or str(uuid.uuid4()), document=document)
        answer = await _asked(directory, state, order.side, request)
        if isinstance(order, Instruction) and order.side is Side.SELLER:
            await earmark(directory, state, order.terms)
        if advice is not None:
            advice.write_bytes(answer.status_advice)
        if output is Output.PROGRAMS:
            told = {"settlement": as_document(answer.settlement), "status_advice": answer.status_advice.decode()}
            show_json(told)
            return
        out.print(f"{answer.settlement.name}  {one_line(answer.settlement)}", soft_wrap=True)

    run(main, output)


@app.command()
def status(
    name: NameArgument,
    side: SideOption,
    into: OutOption = None,
    directory: DirOption = DEFAULT_DIR,
    json_flag: JsonFlag = False,
) -> None:
    """Fetch the status advice (sese.024) of a settlement for a side.

    Example: crossdvp iso20022 status TRADE_ID --side seller --out status.xml
    """
    _fetch(directory, pb.GetMessageRequest(message_type=pb.MESSAGE_TYPE_STATUS_ADVICE), name, side, into, json_flag)


@app.command()
def confirmation(
    name: NameArgument,
    side: SideOption,
    into: OutOption = None,
    directory: DirOption = DEFAULT_DIR,
    json_flag: JsonFlag = False,
) -> None:
    """Fetch the confirmation (sese.025) of a settled settlement for a side; refused until it is settled.

    Example: crossdvp iso20022 confirmation TRADE_ID --side buyer --out confirmation.xml
    """
    _fetch(directory, pb.GetMessageRequest(message_type=pb.MESSAGE_TYPE_CONFIRMATION), name, side, into, json_flag)


@app.command("cash-leg")
def cash_leg(
    name: NameArgument,
    side: SideOption,
    into: OutOption = None,
    directory: DirOption = DEFAULT_DIR,
    json_flag: JsonFlag = False,
) -> None:
    """Fetch the cash leg (pacs.009) of a settled settlement: a record of what moved, it orders nothing.

    Example: crossdvp iso20022 cash-leg TRADE_ID --side buyer --out cash.xml
    """
    _fetch(directory, pb.GetMessageRequest(message_type=pb.MESSAGE_TYPE_CASH_TRANSFER), name, side, into, json_flag)


def _fetch(
    directory: Path,
    request: pb.GetMessageRequest,
    name: str,
    side: Side,
    into: Path | None,
    json_flag: bool,  # noqa: FBT001  # as typer gives it
) -> None:
    output = output_of(json_flag)

    async def main() -> None:
        request.name, request.side = resource_name(name), SIDE_NUMBERS[side]
        answer = await _asked(directory, read_state(directory), side, request)
        _write(answer.document, answer.message_identifier, into, output)

    run(main, output)


def _write(document: bytes, identifier: str, into: Path | None, output: Output) -> None:
    if into is not None:
        into.write_bytes(document)
    if output is Output.PROGRAMS:
        where = {"document": document.decode()} if into is None else {"file": str(into)}
        show_json({"message": identifier, **where})
    elif into is None:
        typer.echo(document.decode())
    else:
        out.print(f"{into}: {identifier}, {len(document)} bytes", soft_wrap=True)


async def _asked(directory: Path, state: DevnetState, side: Side, request: Any) -> Any:  # noqa: ANN401  # of MessageService
    """The gateway's answer to the side's broker."""
    party = state.seller if side is Side.SELLER else state.buyer
    client = ServicesClient(state.gateway.endpoint(), tls_of(directory, party.broker))
    try:
        return await client.call(request)
    finally:
        await client.close()
