"""Node names: what stands in certificates, on the network map and in accounts."""

from __future__ import annotations

import re
from enum import Enum

from chains.progmat.identity.errors import BadNodeName

_NODE_NAME = re.compile(r"[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?", re.ASCII)


class Role(Enum):
    """Roles on the network map; the value is what files say."""

    ISSUER = "SN"
    CUSTODIAN = "CN"
    REGISTRAR = "AN"
    EXCHANGE = "EN"
    OPERATOR = "BNO"
    NOTARY = "NN"
    VALIDATING = "VALIDATING"  # beside NN: this notary verifies whole transactions, so requesters show it everything
    VALIDATOR = "VALIDATOR"

    __hash__ = object.__hash__  # each is one object; an enum's own is a function in Python


VAULT_ROLES = frozenset({Role.ISSUER, Role.CUSTODIAN, Role.REGISTRAR, Role.EXCHANGE, Role.OPERATOR})
"""Roles of nodes that run flows over a vault; one node can have several, and shares the vault among them."""


def node_name(name: str) -> str:
    """``name`` if it can be a node's: a DNS label, because TLS compares it as one. Raises ``BadNodeName``."""
    if not _NODE_NAME.fullmatch(name):
        raise BadNodeName(name)
    return name
