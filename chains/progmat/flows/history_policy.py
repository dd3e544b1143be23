"""What a node takes for the history of a state that it receives.

An issuer keeps the audit copy of its coin's whole history, and a Validator attests only what it has verified itself:
both ask for whole transactions and are never answered with less. A custodian may take attested outputs.
"""

from __future__ import annotations

from enum import Enum
from typing import Final


class HistoryPolicy(Enum):
    """What a node takes for the history of a state; the value is what configuration files say."""

    WHOLE = "whole"
    """Every ancestor, back to the issue."""
    ATTESTED = "attested"
    """Where the peer has an attestation: the outputs needed, and nothing before them."""


DEFAULT_EVERY: Final = 16
"""Steps of a coin's history after which an issuer has it attested, unless its configuration says otherwise."""
