"""What to do about an alarm, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_LIFT: Final = "ask the token's issuer to lift it; the delivery is refused while it stands"
_MOVED: Final = (
    "ask the issuer why and for the units back: while units are missing, whoever is delivered last gets nothing; "
    "a buyer who has not paid need not go on"
)
_FROZEN: Final = "ask the issuer what is frozen and why: what is frozen cannot be delivered"
_UNREADABLE: Final = (
    "compare the token's contract with the one both sides meant; nothing is known of what was done to it"
)

_ADVICE: Final[Mapping[str, str]] = {
    **dict.fromkeys(("Transfer", "ForcedTransfer", "ForceUnlock", "Unlock", "RecoverySuccess"), _MOVED),
    "AdapterShortfall": _MOVED,
    **dict.fromkeys(("Frozen", "TokensFrozen", "AddressFrozen"), _FROZEN),
    **dict.fromkeys(("TokenEventsUnreadable", "TokenStateUnreadable"), _UNREADABLE),
    "IbetExchangeReplaced": "ask the issuer which exchange holds the units now: they cannot be delivered from this one",
}


def advice_on(name: str) -> str:
    """One sentence for people; what is not known by name is a condition that the issuer can lift."""
    return _ADVICE.get(name, _LIFT)
