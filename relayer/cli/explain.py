"""``crossdvp explain``: what a reason means and what to do about it."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from chains.console import JsonFlag, Output, fail, out, output_of, show_json
from primitives.errors import CallerError
from relayer.reasons.catalogue import Entry, catalogue, near

app = typer.Typer(add_completion=False)


class Language(Enum):
    """The languages of the catalogue."""

    ENGLISH = "en"
    JAPANESE = "ja"


class ReasonUnknown(CallerError):
    """The catalogue has no such reason."""

    reason = "REASON_UNKNOWN"

    def __init__(self, reason: str) -> None:
        self.near = near(reason)
        like = f"did you mean {' or '.join(self.near)}?" if self.near else "see docs/errors/README.md for all of them"
        super().__init__(f"no reason {reason[:80]}: {like}")


@app.command()
def explain(
    code: Annotated[str, typer.Argument(help="The reason, as errors tell it, e.g. TRADE_ALREADY_LOCKED.")],
    language: Annotated[Language, typer.Option("--lang", help="In which language.")] = Language.ENGLISH,
    json_flag: JsonFlag = False,
) -> None:
    """Say what a reason means, whose fault it is and what to do.

    Example: crossdvp explain NOT_YOUR_SIDE --lang ja
    """
    output = output_of(json_flag)
    entry = catalogue().get(code.strip().upper().replace("-", "_"))
    if entry is None:
        fail(ReasonUnknown(code), output)
    if output is Output.PROGRAMS:
        show_json(_document(entry))
    elif language is Language.JAPANESE:
        out.print(f"[bold]{entry.reason}[/bold]\n{entry.ja}\n{_terse(entry)}", soft_wrap=True)
    else:
        out.print(f"[bold]{entry.reason}[/bold]\n{entry.what}\n{entry.do}\n{_terse(entry)}", soft_wrap=True)


def _terse(entry: Entry) -> str:
    retry = "retry" if entry.is_worth_a_retry else "no retry"
    return f"[dim]{entry.code} · blame {entry.blame.value} · {retry} · docs/errors/{entry.reason}.md[/dim]"


def _document(entry: Entry) -> dict[str, object]:
    return {
        "reason": entry.reason,
        "layer": entry.layer,
        "blame": entry.blame.value,
        "grpc_code": entry.code,
        "retry": entry.is_worth_a_retry,
        "en": {"what": entry.what, "do": entry.do},
        "ja": entry.ja,
        "page": f"docs/errors/{entry.reason}.md",
    }
