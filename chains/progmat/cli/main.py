"""``crossdvp ledger``: one module beside this one per topic; each is imported when it is called."""

from __future__ import annotations

from typing import Final

import typer

from chains.deferred_commands import Commands, deferred_group

COMMANDS: Final[Commands] = {
    "node": ("chains.progmat.cli.node", "A running node: whether each of its parts can do its work, and why not."),
    "notary": ("chains.progmat.cli.notary", "Look at a notary's store: its journal, and which worker may commit."),
    "network": ("chains.progmat.cli.network", "Network parameters, rotation of keys, the network map, Validators."),
    "keys": ("chains.progmat.cli.keys", "A node's key store: list, make, check, rotate, export public keys."),
    "config": ("chains.progmat.cli.config", "Check a node's configuration file and everything it names."),
    "fsck": ("chains.progmat.cli.fsck", "Verify again everything a node holds, offline."),
    "storage": ("chains.progmat.cli.storage", "A node's database: its state, migration, backup, restore."),
    "flows": ("chains.progmat.cli.flows", "What flows wait for; retry, park or abort them; recover what was missed."),
    "members": ("chains.progmat.cli.members", "Members of the business networks: list, admit, suspend, revoke."),
    "clients": ("chains.progmat.cli.clients", "Light clients of other chains: show, recover, endorse, prune."),
    "register": ("chains.progmat.cli.register", "The register of a security: holders, history, record dates, outages."),
    "securities": ("chains.progmat.cli.securities", "Securities, gates, networks; force, freeze, thaw, cancel."),
    "coin": ("chains.progmat.cli.coin", "Coins in trust: register, deposits, reconcile, freeze, force, take over."),
    "tokens": ("chains.progmat.cli.tokens", "Tokens of the ST and UT networks: balances, issue, move, redeem."),
    "exchange": ("chains.progmat.cli.exchange", "A venue: listings, members, the trading day, orders, executions."),
    "orders": ("chains.progmat.cli.orders", "Brokers' orders at a custodian node, and the executions they became."),
    "trades": ("chains.progmat.cli.trades", "Native trades: cash methods, states, notices, instructions, net sets."),
    "bank": ("chains.progmat.cli.bank", "Bank statements: import, expected payments, matching by hand."),
    "people": ("chains.progmat.cli.people", "A node's people: logins, users, approvals, the audit log."),
    "master-data": ("chains.progmat.cli.master_data", "Names, addresses, accounts behind ids: enter, erase, search."),
    "distributions": ("chains.progmat.cli.distribution", "Coupons and distributions to the holders of a record date."),
    "utility": ("chains.progmat.cli.utility", "Utility tokens: grant to holders of a security, use, expire."),
    "vault": ("chains.progmat.cli.vault", "Read a running node's vault, follow it, merge dust."),
}
"""By topic."""

app = typer.Typer(
    cls=deferred_group(COMMANDS),
    help="Operate a ledger node: its configuration, storage, flows, vault, network.",
    no_args_is_help=True,
    add_completion=False,
)


@app.callback()
def ledger() -> None:
    """Operate a ledger node: its configuration, storage, flows, vault, network."""
