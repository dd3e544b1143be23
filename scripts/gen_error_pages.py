"""Write a page for every reason of the catalogue into docs/errors, and hold the catalogue against the error classes.

``--check`` (CI) fails when a page is stale, when a class that the gateway, the relayer or a client of theirs can raise
has a reason without an entry, when an entry has no class, or when blame or status code of the two differ.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "proto" / "gen")]

from chains.progmat.market.trades.reasons import NoticeReason  # noqa: E402 # the checkout must be importable first
from chains.progmat.node import rpc_node_service as node_codes  # noqa: E402 # as above
from chains.rpc_guard import code_of  # noqa: E402 # the checkout must be importable first
from chains.rpc_status import Blame, blame_of  # noqa: E402 # the checkout must be importable first
from primitives.errors import CrossDvpError  # noqa: E402 # as above
from relayer import rpc_relayer as relayer_codes  # noqa: E402 # as above
from relayer.gateway import status_codes as gateway_codes  # noqa: E402 # as above
from relayer.gateway.http import errors as http_errors  # noqa: E402 # as above
from relayer.reasons.catalogue import Entry, catalogue  # noqa: E402 # as above
from relayer.rpc_server import SERVER_CODES  # noqa: E402 # as above

TARGET = ROOT / "docs" / "errors"
MADE = "<!-- made by scripts/gen_error_pages.py: change relayer/reasons, not this file -->"
PROCESSES: Final = (
    "chains.progmat.node.app",
    "chains.progmat.bootstrap",
    "chains.progmat.cli.account_rotation",
    "chains.progmat.cli.arguments",
    "chains.progmat.cli.connecting",
    "chains.progmat.cli.replacement",
    "chains.progmat.cli.vault_arguments",
    "relayer.gateway.app",
    "relayer.app",
    "relayer.gateway.token_minting",
    "chains.progmat.ibc_host.errors",
    "chains.progmat.market.master_data.errors",
    "chains.progmat.market.people.errors",
    "chains.progmat.market.people.oidc",
    "chains.progmat.identity.errors",
    "chains.progmat.keys.errors",
    "chains.progmat.market.trades.errors",
    "chains.progmat.market.bank.errors",
    "chains.progmat.market.business_case.numbers",
    "chains.progmat.market.distribution.errors",
    "chains.progmat.market.emergency.errors",
    "chains.progmat.market.register.errors",
    "chains.progmat.market.exchange.errors",
    "chains.progmat.market.exchange.venue.errors",
    "chains.progmat.flows.execution_errors",
    "chains.progmat.flows.securities_errors",
    "chains.progmat.flows.distribution_errors",
    "chains.progmat.flows.coin_errors",
    "chains.progmat.market.trust.errors",
    "chains.audit_anchors",
    "chains.evm.devnet.errors",
    "relayer.cli.call",
    "relayer.cli.demo",
    "relayer.cli.demo_native",
    "relayer.cli.explain",
    "relayer.cli.gateway_token",
    "relayer.cli.iso20022",
    "relayer.cli.relayer_evidence",
    "relayer.cli.relayer_target",
    "relayer.cli.settlement",
    "relayer.cli.settlement_acts",
    "relayer.cli.settlement_checks",
    "relayer.cli.settlement_trace",
    "relayer.cli.verify.bundle",
    "relayer.devnet.evidence",
    "relayer.enclave.devices",
    "relayer.enclave_operator.upkeep",
)
"""What they import is what can be told to a caller, or to who types a command."""
BUNDLE_CAUSES: Final = (
    "BUNDLE_PART_MISSING",
    "BUNDLE_PART_UNUSED",
    "CASH_LEG_DIFFERS",
    "CHECKPOINTS_NOT_ASCENDING",
    "EVM_LEG_DIFFERS",
    "PROOF_TOO_OLD",
    "UNTRUSTED_NOTARY",
    "WRONG_CHAIN",
    "WRONG_CLIENT",
    "WRONG_LEDGER",
    "WRONG_TRADE",
    "WRONG_TRANSACTION",
)
"""Causes of a VERIFY_REFUSED."""
BARE_CODES: Final = (
    "ABORTED",
    "CANCELLED",
    "DEADLINE_EXCEEDED",
    "INTERNAL",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "UNAUTHENTICATED",
    "UNAVAILABLE",
    "UNIMPLEMENTED",
    "UNKNOWN",
)
"""How a call ends that no server of ours has answered; the others say nothing that gRPC's own words do not."""
WITHOUT_PAGE: Final = frozenset(
    {
        "EXECUTION_REVERTED",
        "RPC_ERROR",
        "RPC_INVALID_PARAMS",
        "RPC_INVALID_REQUEST",
        "RPC_LIMIT_EXCEEDED",
        "RPC_METHOD_NOT_FOUND",
        "RPC_PARSE_ERROR",
        "RPC_REQUEST_REFUSED",
    }
)
"""JSON-RPC errors of the EVM devnet: Ethereum's numbers are what its callers see, never these names."""
WITHOUT_CLASS: Final = {
    "INTERNAL": "what is not ours",
    "TOO_MANY_TRIES": "relayer/gateway/ledger_side.py",
    "EXECUTION_WITHDRAWN_TOO_LATE": "chains/progmat/market/exchange/refusals.py",
    "FILE_UNREADABLE": "chains/progmat/node/__main__.py",
    "MANDATE_MISSING": "chains/progmat/market/distribution/paying.py",
    "NODE_NOT_A_MEMBER": "chains/progmat/market/distribution/planning.py",
    "ROW_INVALID": "chains/progmat/market/bank/errors.py",
    **dict.fromkeys(BUNDLE_CAUSES, "relayer/cli/verify/bundle"),
    **dict.fromkeys((f"GRPC_{code}" for code in BARE_CODES), "chains/rpc_status.py"),
    **dict.fromkeys((reason.value for reason in NoticeReason), "chains/progmat/market/trades/reasons.py"),
}
OURS: Final = ("relayer", "chains", "light_clients", "ibc", "primitives")
CODES: Final = {
    **node_codes.STATUS_CODES,
    **SERVER_CODES,
    **relayer_codes.STATUS_CODES,
    **gateway_codes.STATUS_CODES,
    **http_errors.FACE_CODES,
}
INTRODUCTION: Final = (
    "Every error answer carries google.rpc.ErrorInfo with one of these reasons and the domain `crossdvp`. "
    "`crossdvp explain REASON` prints the same, `--lang ja` in Japanese."
)
LAYERS: Final = {
    "gateway": "The gateway, and how it is called",
    "http_and_webhooks": "The gateway over HTTP, and its webhooks",
    "relayer": "The relayer",
    "calls": "The way between caller and service",
    "ledger_flows": "Flows of a ledger node",
    "ledger_vault": "Accounts and balances on the ledger",
    "ledger_packets": "Trades, packets and light clients on the ledger",
    "ledger_rules": "Rules of the ledger and its contracts",
    "ledger_notary": "Notaries",
    "ledger_validators": "Validators",
    "ledger_network": "Nodes, network parameters, network map",
    "ledger_governance": "Members, votes, replaced states",
    "ledger_storage": "A ledger node's configuration and database",
    "ledger_commands": "Commands of the ledger",
    "commands": "Other commands, and the devnet",
    "verification": "Verification of proof bundles",
    "evm": "The EVM chain and its nodes",
    "light_clients": "Light clients",
    "protocol": "Packets, encodings, proofs",
    "securities": "Securities on the ledger: gates, freezes, forced transfers",
    "registerbook": "Registers, record dates, the emergency register",
    "coin": "Coin in trust",
    "exchange": "The venue, executions, orders",
    "nativedesk": "Native settlement, bank statements, instructions by file",
    "people": "Master data, users, approvals",
    "keys": "Keys and where they are kept",
    "distribution": "Coupons, distributions, utility tokens",
    "market": "Business case",
}


def reachable() -> dict[str, list[type[CrossDvpError]]]:
    """Error classes by reason, of everything that the processes import."""
    for module in PROCESSES:
        importlib.import_module(module)
    found: dict[str, list[type[CrossDvpError]]] = {}
    for kind in _below(CrossDvpError):
        if kind.__module__.partition(".")[0] in OURS and isinstance(getattr(kind, "reason", None), str):
            found.setdefault(kind.reason, []).append(kind)
    return found


def _below(kind: type[CrossDvpError]) -> Iterator[type[CrossDvpError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


def differences() -> list[str]:
    """Where catalogue and classes do not agree, a line each."""
    classes, entries = reachable(), catalogue()
    lines = [
        f"{reason}: no entry in relayer/reasons for {', '.join(f'{k.__module__}.{k.__name__}' for k in kinds)}"
        for reason, kinds in sorted(classes.items())
        if reason not in entries and reason not in WITHOUT_PAGE
    ]
    for reason, entry in entries.items():
        kinds = classes.get(reason, [])
        if not kinds and reason not in WITHOUT_CLASS:
            lines.append(f"{reason}: no error class has this reason")
        if kinds and entry.code not in {code_of(kind, CODES).name for kind in kinds}:
            lines.append(f"{reason}: code is {entry.code}, told is {code_of(kinds[0], CODES).name}")
        blames = {_blame(kind) for kind in kinds}
        if kinds and blames != {entry.blame}:
            lines.append(f"{reason}: blame is {entry.blame.value}, told is {', '.join(b.value for b in blames)}")
    return lines


def _blame(kind: type[CrossDvpError]) -> Blame:
    return blame_of(kind.__new__(kind))


def page(entry: Entry) -> str:
    """The page of one reason."""
    retry = "yes, after the delay in RetryInfo" if entry.is_worth_a_retry else "no: the same call fails again"
    rows = [
        ("gRPC status", entry.code),
        ("whose fault", entry.blame.value),
        ("worth a retry", retry),
        ("told by", LAYERS[entry.layer]),
    ]
    table = "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])
    parts = [MADE, f"# {entry.reason}", entry.what, "## What to do", entry.do, "## 日本語", entry.ja, table]
    return "\n\n".join([*parts, "[All reasons](README.md)"]) + "\n"


def index() -> str:
    """The list of all pages, by layer."""
    parts = [
        MADE,
        "# Reasons",
        INTRODUCTION,
    ]
    for layer, title in LAYERS.items():
        rows = [f"- [{e.reason}]({e.reason}.md) {e.what}" for e in catalogue().values() if e.layer == layer]
        if rows:
            parts += [f"## {title}", "\n".join(sorted(rows))]
    return "\n\n".join(parts) + "\n"


def main() -> int:
    """Command line: write the pages, or ``--check`` without writing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if a page is stale or a reason unexplained")
    check = parser.parse_args().check
    problems = differences()
    pages = {f"{entry.reason}.md": page(entry) for entry in catalogue().values()} | {"README.md": index()}
    TARGET.mkdir(parents=True, exist_ok=True)
    stale = [name for name, text in pages.items() if not _is_same(TARGET / name, text)]
    left = [path for path in TARGET.glob("*.md") if path.name not in pages]
    if check:
        problems += [f"stale: docs/errors/{name}; run `make proto`" for name in stale]
        problems += [f"left over: docs/errors/{path.name}; run `make proto`" for path in left]
    else:
        for name in stale:
            (TARGET / name).write_text(pages[name])
        for path in left:
            path.unlink()
        print(f"{len(pages)} files under docs/errors")
    for line in problems:
        print(line, file=sys.stderr)
    return 1 if problems else 0


def _is_same(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text


if __name__ == "__main__":
    sys.exit(main())
