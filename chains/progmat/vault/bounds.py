"""How much of an account one ledger_tx takes; also what a caller's request is checked against."""

from __future__ import annotations

from typing import Final

MAX_INPUTS: Final = 128
"""States one ledger_tx takes of an account at most, unless the caller says otherwise; a component group holds 256."""
