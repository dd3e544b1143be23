"""Names of the contracts, as states and commands carry them."""

from __future__ import annotations

from typing import Final

CASH: Final = "cash"
COIN: Final = "coin"
HOLDER: Final = "holder"
DVP_LOCK: Final = "dvp_lock"
DVP_RECEIPT: Final = "dvp_receipt"
TRADE: Final = "trade"
IBC_CLIENT: Final = "ibc_client"
MEMBERSHIP: Final = "membership"
SECURITY_TOKEN: Final = "security_token"  # noqa: S105 - the name of a contract
UTILITY_TOKEN: Final = "utility_token"  # noqa: S105 - the name of a contract
NATIVE_DVP: Final = "native_dvp"
PROPOSAL: Final = "proposal"
SECURITY: Final = "security"
TRANSFER_GATE: Final = "transfer_gate"
NETWORK_CONTROL: Final = "network_control"
RULE_STATES: Final = frozenset({SECURITY, TRANSFER_GATE, NETWORK_CONTROL, COIN, HOLDER})
"""Contracts whose states others reference, and their keeper alone changes."""
EXECUTION: Final = "execution"
DISTRIBUTION: Final = "distribution"
UTILITY_USE: Final = "utility_use"
TOKENS: Final = frozenset({SECURITY_TOKEN, UTILITY_TOKEN})
