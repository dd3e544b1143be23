"""``crossdvp``: the command line's root. A command is imported when it is called, so that the quick ones are quick."""

from __future__ import annotations

import json
import logging
import sys
from typing import Final

import structlog
import typer

from chains.deferred_commands import Commands, deferred_group

EXIT_MISUSED = 2
EXIT_DEFECT = 70

COMMANDS: Final[Commands] = {
    "business-case": ("relayer.cli.business_case", "What a broker's year costs today and on the ledgers; charts."),
    "call": ("relayer.cli.call", "Call any method of a gateway, relayer or node by reflection; list them."),
    "coin": ("chains.progmat.cli.coin", "Coins in trust: register, deposits, reconcile, freeze, force, take over."),
    "demo": ("relayer.cli.demo", "Swaps on a fresh devnet, with four different ends; `native`: a trading day."),
    "devnet": ("relayer.cli.devnet", "A local devnet: ledger, EVM chain, relayer and gateway as processes."),
    "doctor": ("relayer.cli.doctor", "Ask an EVM node everything a settlement will ask: can it serve?"),
    "explain": ("relayer.cli.explain", "What a reason of an error means and what to do, in English or Japanese."),
    "gateway": ("relayer.cli.gateway", "A gateway: its audit log and database, tokens for its callers."),
    "instrument": ("relayer.cli.instrument", "Security tokens that the gateway of a devnet settles: list, show."),
    "iso20022": ("relayer.cli.iso20022", "ISO 20022 messages: check, draft, send, fetch."),
    "ledger": ("chains.progmat.cli.main", "Operate a ledger node: its configuration, storage, flows, vault, network."),
    "market": ("chains.progmat.cli.market", "The market: a venue, brokers' orders, their trades, bank statements."),
    "people": ("chains.progmat.cli.people", "A node's people: logins, users, approvals, the audit log."),
    "register": ("chains.progmat.cli.register", "The register of a security: holders, history, record dates, outages."),
    "relayer": ("relayer.cli.relayer", "A relayer: run it, check it, see what it does, act on its packets."),
    "settlement": (
        "relayer.cli.settlement_checks",
        "Settle security tokens against coin: instruct, affirm, watch, cancel.",
    ),
    "verify": ("relayer.cli.verify_commands", "Verify headers, proofs, checkpoints, ledger transactions offline."),
}
"""Name, the module whose ``app`` is the command, and the line in the root's help."""

app = typer.Typer(
    cls=deferred_group(COMMANDS),
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
