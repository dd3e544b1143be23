"""Files by what they are verified as."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from relayer.cli.verify.checkpoint import verify_checkpoint_file
from relayer.cli.verify.equivocation import verify_equivocation_file
from relayer.cli.verify.headers import verify_header_file
from relayer.cli.verify.json_reader import load_json_file
from relayer.cli.verify.ledger_tx import verify_ledger_tx_file
from relayer.cli.verify.report import VerifyReport
from relayer.cli.verify.smt import verify_smt_file
from relayer.cli.verify.storage import verify_storage_file

VERIFIERS: Final[Mapping[str, Callable[[object], VerifyReport]]] = MappingProxyType(
    {
        "header": verify_header_file,
        "storage": verify_storage_file,
        "checkpoint": verify_checkpoint_file,
        "ledger-tx": verify_ledger_tx_file,
        "smt": verify_smt_file,
        "evidence": verify_equivocation_file,
    }
)
"""The verifiers of JSON by the command line's name for what they verify; attestations are bytes, see there."""


def verify_file(what: str, path: Path) -> VerifyReport:
    """Read a file and verify it as one of ``VERIFIERS``; Refused or Unreadable, and KeyError for another name."""
    return VERIFIERS[what](load_json_file(path))
