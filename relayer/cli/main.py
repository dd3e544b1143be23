"""``crossdvp``: the command line's root. A command is imported when it is called, so that the quick ones are quick."""

from __future__ import annotations

import json
import logging
import sys
from importlib import import_module
from typing import Any, Final

import structlog
import typer
from typer.core import TyperCommand, TyperGroup

EXIT_MISUSED = 2
EXIT_DEFECT = 70

COMMANDS: Final = {
    "demo": ("relayer.cli.demo", "Settle four swaps with four different ends on a fresh devnet."),
    "devnet": ("relayer.cli.devnet", "A local devnet: ledger, EVM chain, relayer and gateway as processes."),
    "settlement": ("relayer.cli.settlement", "Settle a security token against coin: instruct, watch, cancel."),
    "verify": ("relayer.cli.verify_commands", "Verify headers, proofs, checkpoints, ledger transactions offline."),
}
"""Name, the module whose ``app`` is the command, and the line in the root's help."""


class DeferredCommand(TyperCommand):
    """Stands for a command until it is called: then the real one is imported and takes over."""

    def __init__(self, name: str, module: str, help_line: str) -> None:
        super().__init__(name, help=help_line, rich_markup_mode=None)
        self._module = module

    def make_context(self, info_name: Any, args: Any, parent: Any = None, **extra: Any) -> Any:  # noqa: ANN401  # click's own
        """The real command's context: from here on click deals with that one."""
        real = typer.main.get_command(import_module(self._module).app)
        return real.make_context(info_name, args, parent, **extra)


class DeferredCommands(TyperGroup):
    """The root: knows its commands by name."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002  # click's signature
        """Names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> DeferredCommand | None:  # noqa: ANN401, ARG002  # as above
        """The command, not imported yet; None if there is none of that name."""
        return DeferredCommand(cmd_name, *COMMANDS[cmd_name]) if cmd_name in COMMANDS else None


app = typer.Typer(
    cls=DeferredCommands,
    name="crossdvp",
    help="Security tokens on EVM chains against trust-type stablecoin on the Progmat ledger, settled atomically.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def root() -> None:
    """Security tokens on EVM chains against trust-type stablecoin on the Progmat ledger, settled atomically."""


def main() -> None:
    """Entry point. No traceback reaches a user: a defect is one line, with where to find more."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    for_programs = "--json" in sys.argv[1:]
    try:
        sys.exit(app(standalone_mode=not for_programs))
    except typer.TyperException as misuse:  # with --json only: otherwise typer has explained it and left
        _tell("USAGE", getattr(misuse, "format_message", misuse.__str__)(), "caller")
        sys.exit(EXIT_MISUSED)
    except Exception as defect:  # noqa: BLE001  # the last line of defence for people at a terminal
        text = f"{type(defect).__name__}: {defect}"
        if for_programs:
            _tell("DEFECT", text, "internal")
        sys.stderr.write(f"crossdvp failed: {text}\nThis is a defect: please report it.\n")
        sys.exit(EXIT_DEFECT)


def _tell(reason: str, message: str, blame: str) -> None:
    """An error for programs, as every command tells its own."""
    document = {"error": {"reason": reason, "message": message, "blame": blame}}
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
