"""How a settlement looks: a line for a list, a page with its timeline, a document for programs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from google.protobuf.json_format import MessageToDict
from google.protobuf.timestamp_pb2 import Timestamp
from rich.markup import escape
from rich.table import Table

from chains.console import facts, out

_COLOURS = {
    "SETTLED": "green",
    "RETURNED": "yellow",
    "CANCELLED": "yellow",
    **dict.fromkeys(("REFUSED", "MISMATCHED", "DELIVERY_BLOCKED"), "red"),
}

_OWED = "the token to take the delivery; the relayer tries for ever"


def state_name(settlement: pb.Settlement) -> str:
    """``SETTLED`` and so on."""
    return pb.SettlementState.Name(settlement.state).removeprefix("SETTLEMENT_STATE_")


def is_final(settlement: pb.Settlement) -> bool:
    """At an end: settled, returned or cancelled."""
    return state_name(settlement) in {"SETTLED", "RETURNED", "CANCELLED"}


def coloured_state(settlement: pb.Settlement) -> str:
    """The state as people see it."""
    name = state_name(settlement)
    return f"[{_COLOURS.get(name, 'cyan')}]{name.lower()}[/]"


def as_document(settlement: pb.Settlement) -> dict[str, object]:
    """For programs: bytes in hex, times in RFC 3339, 64-bit numbers as text (as protobuf's JSON has them)."""
    document: dict[str, object] = MessageToDict(settlement, preserving_proto_field_name=True)
    _bytes_to_hex(settlement, document)
    return document


def _bytes_to_hex(message: object, document: dict[str, object]) -> None:
    for descriptor, value in getattr(message, "ListFields")():  # noqa: B009  # messages have it, their stubs do not say so
        if descriptor.type == descriptor.TYPE_BYTES:
            document[descriptor.name] = value.hex()
        elif descriptor.type == descriptor.TYPE_MESSAGE and not isinstance(value, Timestamp):
            inner = document[descriptor.name]
            if isinstance(inner, dict):
                _bytes_to_hex(value, inner)


def clock(stamp: Timestamp) -> str:
    """Time of day, UTC."""
    return datetime.fromtimestamp(stamp.seconds, UTC).strftime("%H:%M:%S")


def one_line(settlement: pb.Settlement) -> str:
    """State and what it waits for."""
    waiting = settlement.waiting
    if not settlement.HasField("waiting"):
        return coloured_state(settlement)
    text = f"{coloured_state(settlement)}  waits for {waiting.on}: {waiting.what} (since {clock(waiting.since)} UTC)"
    if waiting.last_error:
        text += f"; attempt {waiting.attempts}: " if waiting.attempts else "; "
        text += escape(waiting.last_error)
        if waiting.HasField("next_attempt"):
            text += f"; next at {clock(waiting.next_attempt)}"
    return text


def page(settlement: pb.Settlement) -> None:
    """A settlement, whole, for people."""
    terms = settlement.terms
    out.print(f"[bold]{settlement.name}[/bold]")
    facts(
        {
            "state": one_line(settlement),
            "securities": f"{int(terms.quantity):,} of 0x{terms.token.hex()} on chain {terms.evm_chain_id}",
            "cash": f"{terms.amount_yen:,} yen ({terms.coin_id} of {terms.issuer} on {terms.ledger_id})",
            "seller": f"0x{terms.seller_address.hex()}, paid at {terms.seller_account.node}",
            "buyer": f"0x{terms.buyer_address.hex()}, pays from {terms.buyer_account.node}",
            "lock by": f"{clock(terms.lock_by)} UTC, settle by {clock(terms.settle_by)} UTC",
            "terms hash": settlement.terms_hash.hex(),
        }
    )
    if settlement.mismatched_fields:
        facts({"differs in": ", ".join(settlement.mismatched_fields)})
    if settlement.facts:
        out.print(timeline(settlement, {}, {}))
    for line in alarm_lines(settlement):
        out.print(line, soft_wrap=True)


def alarm_lines(settlement: pb.Settlement) -> list[str]:
    """What people should look at, a line an alarm: what was done, or stands, where, and what to do about it."""
    lines = []
    if settlement.state == pb.SETTLEMENT_STATE_DELIVERY_BLOCKED:
        obstacle = escape(settlement.waiting.last_error)
        lines.append(f"[red]ALARM[/red] paid and not delivered: {obstacle}. Ask {settlement.waiting.on} for {_OWED}")
    for alarm in settlement.alarms:
        where = f"done in {alarm.tx_id}" if alarm.tx_id else f"stands since {clock(alarm.since)} UTC"
        detail = escape(f" ({alarm.detail})") if alarm.detail else ""
        lines.append(f"[red]ALARM[/red] {escape(alarm.name)}{detail}, block {alarm.height}, {where}: {alarm.advice}")
    return lines


def timeline(settlement: pb.Settlement, elapsed: Mapping[str, float], proofs: Mapping[str, int]) -> Table:
    """What happened on either ledger; ``elapsed`` in block periods and ``proofs`` in bytes, by fact, where known."""
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for header in ("ledger", "what", "transaction", "height"):
        table.add_column(header, justify="right" if header == "height" else "left", no_wrap=True)
    table.add_column("proof", justify="right", no_wrap=True)
    table.add_column("at" if not elapsed else "block periods", justify="right", no_wrap=True)
    for fact in settlement.facts:
        size = proofs.get(fact.what, fact.proof_bytes)
        when = f"{elapsed[fact.what]:+.2f}" if fact.what in elapsed else clock(fact.at)
        tx_id = f"{fact.tx_id[:10]}…{fact.tx_id[-6:]}"
        table.add_row(fact.ledger, fact.what, tx_id, str(fact.height), f"{size:,} B" if size else "", when)
    return table
