"""What a command imports before it does anything: a database's or a web library is half a second of every call."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import pytest

HEAVY: Final = ("sqlalchemy", "psycopg", "alembic", "aiohttp", "jwt", "eth_abi", "eth_utils", "web3", "structlog")
"""What nodes, gateways and relayers are made of, and what encodes for an EVM chain."""

LEDGER: Final = tuple(
    f"chains.progmat.cli.{topic}"
    for topic in (
        *("bank", "clients", "coin", "distribution", "exchange", "flows", "members", "orders", "people"),
        *("master_data", "register", "securities", "tokens", "trades", "utility", "vault"),
    )
)
SETTLEMENT: Final = tuple(
    f"relayer.cli.{topic}"
    for topic in ("call", "explain", "gateway", "instrument", "relayer", "settlement_checks", "verify_commands")
)

_PROGRAM: Final = """
import importlib, sys
for name in {modules!r}:
    importlib.import_module(name)
    found = [heavy for heavy in {heavy!r} if heavy in sys.modules]
    if found:
        sys.exit(f"{{name}} imports {{', '.join(found)}}")
"""


def _why_not(modules: tuple[str, ...], heavy: tuple[str, ...] = HEAVY) -> str:
    program = _PROGRAM.format(modules=modules, heavy=heavy)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    return done.stderr.strip()


@pytest.mark.parametrize("modules", [LEDGER, SETTLEMENT], ids=["ledger", "settlement"])
def test_a_command_that_asks_a_running_program_imports_no_database_and_no_server(modules: tuple[str, ...]) -> None:
    assert _why_not(modules) == ""


def test_a_nodes_file_is_read_without_a_database_or_a_web_library() -> None:
    assert _why_not(("chains.progmat.node.config",)) == ""


def test_a_command_of_a_node_that_is_named_by_its_address_needs_no_library_of_settings() -> None:
    assert _why_not(("chains.progmat.cli.vault", "chains.progmat.cli.coin"), ("pydantic",)) == ""
