"""In which order the legs of a settlement may be locked, by name."""

from __future__ import annotations

from typing import Final

from ibc.dvp import LeadLeg

ORDERS: Final = {"cash": LeadLeg.CASH, "securities": LeadLeg.SECURITIES}
"""Orders by the name of the leg that is locked first."""
