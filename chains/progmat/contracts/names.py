"""Names of the contracts, as states and commands carry them."""

from __future__ import annotations

from typing import Final

CASH: Final = "cash"
DVP_LOCK: Final = "dvp_lock"
TRADE: Final = "trade"
IBC_CLIENT: Final = "ibc_client"
MEMBERSHIP: Final = "membership"
