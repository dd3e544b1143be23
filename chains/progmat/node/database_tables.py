"""All tables of a node's database. Every node has all of them, whatever its roles: one schema, one history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import MetaData

from chains.progmat.flows.schema import flows_metadata
from chains.progmat.node.key_anchor import key_metadata
from chains.progmat.node.storage.schema import storage_metadata
from chains.progmat.validators.schema import validator_metadata
from chains.progmat.vault.schema import vault_metadata

NODE_TABLES: Final[Sequence[MetaData]] = (
    storage_metadata,
    vault_metadata,
    flows_metadata,
    validator_metadata,
    key_metadata,
)
"""What the migrations make."""
ROLE_TABLES: Final[Sequence[MetaData]] = NODE_TABLES[1:]
"""What roles bring to ``NodeDatabase.open``."""
