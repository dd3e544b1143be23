"""What commands say: tables and sentences for people, or one JSON document for programs (``--json``)."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Coroutine, Mapping
from enum import Enum
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from primitives.errors import CallerError, CrossDvpError, PeerError

EXIT_REFUSED = 1
EXIT_UNREADABLE = 2

PIPE_WIDTH = 140  # a pipe or file has no width of its own: do not cut tables there

out = Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)
err = Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else PIPE_WIDTH)


class Output(Enum):
    """For whom a command writes."""

    PEOPLE = "people"
    PROGRAMS = "programs"


JsonFlag = Annotated[bool, typer.Option("--json", help="Write one JSON document instead of text.")]


def output_of(json_flag: bool) -> Output:  # noqa: FBT001  # typer hands flags over as they are
    """The flag of the command line as a choice."""
    return Output.PROGRAMS if json_flag else Output.PEOPLE


def show_json(document: object) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def fail(error: CrossDvpError, output: Output, exit_code: int = EXIT_REFUSED) -> NoReturn:
    """Tell an error by its reason, in words that say what to do next, and exit."""
    if output is Output.PROGRAMS:
        show_json({"error": {"reason": error.reason, "message": str(error), "blame": _blame(error)}})
    else:
        err.print(f"[red]refused[/red] {error.reason}: {escape(str(error))}", soft_wrap=True)
    raise typer.Exit(exit_code)


def _blame(error: CrossDvpError) -> str:
    if isinstance(error, CallerError):
        return "caller"
    return "peer" if isinstance(error, PeerError) else "unavailable"


def run(main: Callable[[], Coroutine[Any, Any, None]], output: Output) -> None:
    """Run a command's coroutine; our errors become exit codes, an interrupt is quiet."""
    import asyncio  # noqa: PLC0415  # commands that need no loop start faster without it

    try:
        asyncio.run(main())
    except CrossDvpError as error:
        fail(error, output)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def facts(rows: Mapping[str, object]) -> None:
    """Aligned ``name  value`` lines."""
    width = max((len(name) for name in rows), default=0)
    for name, value in rows.items():
        out.print(f"  [dim]{name:<{width}}[/dim]  {value}", soft_wrap=True)
