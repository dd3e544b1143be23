"""Families of tokens by name: what settings and commands choose from."""

from __future__ import annotations

from enum import StrEnum


class AdapterFamily(StrEnum):
    """Families of tokens, by the name their adapter gives itself."""

    ESCROW = "escrow"
    ERC3643 = "erc3643"
    ERC7943 = "erc7943"
    IBET_DVP = "ibet-dvp"
    IBET_LOCK = "ibet-lock"
