"""``crossdvp settlement trace``: where a settlement's time went, from the spans that the devnet's processes kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from rich.markup import escape

from chains.console import JsonFlag, Output, out, output_of, run, show_json
from primitives.errors import CallerError, PeerError
from relayer.cli.settlement import DEFAULT_DIR, DirOption, NameArgument, app, resource_name
from relayer.devnet.layout import OBSERVED, read_state, traces_file
from relayer.telemetry.tracing import shown_trace

MOST_LINE_CHARS: Final = 64 * 1024
_SHOWN: Final = ("ledger", "chain", "verdict", "outcome", "tx_id", "height", "proof_bytes")


class TraceUnknown(CallerError):
    """No span of that settlement is kept: it has just begun, or it is older than the files."""

    reason = "TRACE_UNKNOWN"

    def __init__(self, trade_id: bytes) -> None:
        self.trace_id = shown_trace(trade_id)
        super().__init__(f"no span of trace {self.trace_id} in the files: wait a second, or look in your collector")


class TraceFileBroken(PeerError):
    """A line of a file of spans is not what the exporter writes."""

    reason = "TRACE_FILE_BROKEN"


def spans_of(files: list[Path], trade_id: bytes) -> list[dict[str, Any]]:
    """The spans of a trade's trace, by their beginning. Raises ``TraceUnknown``, ``TraceFileBroken``."""
    wanted, found = shown_trace(trade_id), {}
    for path in files:
        if not path.is_file():
            continue
        with path.open() as file:
            while line := file.readline(MOST_LINE_CHARS):
                if f'"{wanted}"' in line:
                    span = _span(path, line)
                    found[span["span"]] = span  # told twice it is one: its id follows from what it tells
    if not found:
        raise TraceUnknown(trade_id)
    return sorted(found.values(), key=lambda span: (span["start_s"], span["end_s"]))


def _span(path: Path, line: str) -> dict[str, Any]:
    try:
        span: dict[str, Any] = json.loads(line)
    except ValueError:
        raise TraceFileBroken(f"{path}: not a span in JSON: {line[:80]!r}") from None
    return span


@app.command()
def trace(name: NameArgument, directory: DirOption = DEFAULT_DIR, json_flag: JsonFlag = False) -> None:
    """The timeline of a settlement: calls, steps and both ledgers' transactions, with their times.

    Example: crossdvp settlement trace settlements/5e1f... --dir .devnet
    """
    output = output_of(json_flag)

    async def main() -> None:
        trade_id = bytes.fromhex(resource_name(name).removeprefix("settlements/"))
        read_state(directory)  # says so where there is no devnet
        spans = spans_of([directory / traces_file(process) for process in OBSERVED], trade_id)
        if output is Output.PROGRAMS:
            show_json({"trace": shown_trace(trade_id), "spans": spans})
        else:
            _show(shown_trace(trade_id), spans)

    run(main, output)


def _show(trace_id: str, spans: list[dict[str, Any]]) -> None:
    out.print(f"trace {trace_id}")
    out.print(f"[dim]{'at':>10}  {'took':>8}  {'by':<8} what[/dim]")
    begun_s = spans[0]["start_s"]
    for span in spans:
        who = str(span["service"]).removeprefix("crossdvp-")
        name = escape(str(span["name"]).removeprefix(f"{who} "))
        what = f"[red]{name}[/red]" if span["error"] else name
        known = span["attributes"]
        shown = "  ".join(f"{key} {known[key]}" for key in _SHOWN if known.get(key))
        at, took = f"+{span['start_s'] - begun_s:.3f} s", f"{span['end_s'] - span['start_s']:.3f} s"
        out.print(f"{at:>10}  {took:>8}  {who:<8} {what}  [dim]{escape(span['error'] or shown)}[/dim]", soft_wrap=True)
