"""``crossdvp market``: what brokers, custodians and a venue do in a trading day."""

from __future__ import annotations

from typing import Final

import typer

from chains.deferred_commands import Commands, deferred_group

COMMANDS: Final[Commands] = {
    "exchange": ("chains.progmat.cli.exchange", "A venue: listings, members, the trading day, orders, executions."),
    "orders": ("chains.progmat.cli.orders", "Brokers' orders at a custodian node, and the executions they became."),
    "trades": ("chains.progmat.cli.trades", "Native trades: cash methods, states, notices, instructions, net sets."),
    "bank": ("chains.progmat.cli.bank", "Bank statements: import, expected payments, matching by hand."),
}
"""By topic; each is below ``crossdvp ledger`` as well."""

app = typer.Typer(
    cls=deferred_group(COMMANDS),
    help="The market: a venue, brokers' orders, their trades, bank statements.",
    no_args_is_help=True,
    add_completion=False,
)


@app.callback()
def market() -> None:
    """The market: a venue, brokers' orders, their trades, bank statements."""
