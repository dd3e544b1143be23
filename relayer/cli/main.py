"""``crossdvp``: the command line's root."""

from __future__ import annotations

import logging
import sys

import structlog
import typer

from relayer.cli import demo, devnet, settlement, verify_commands

app = typer.Typer(
    name="crossdvp",
    help="Security tokens on EVM chains against trust-type stablecoin on the Progmat ledger, settled atomically.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(devnet.app, name="devnet")
app.add_typer(settlement.app, name="settlement")
app.add_typer(verify_commands.app, name="verify")
app.command("demo")(demo.demo)


def main() -> None:
    """Entry point. No traceback reaches a user: a defect is one line, with where to find more."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        app()
    except Exception as defect:  # noqa: BLE001  # the last line of defence for people at a terminal
        sys.stderr.write(f"crossdvp failed: {type(defect).__name__}: {defect}\nThis is a defect: please report it.\n")
        sys.exit(70)
