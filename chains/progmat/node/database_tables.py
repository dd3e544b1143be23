"""All tables of a node's database. Every node has all of them, whatever its roles: one schema, one history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import MetaData

from chains.progmat.flows.distribution_schema import distribution_parts_metadata
from chains.progmat.flows.executions import executions_metadata
from chains.progmat.flows.issue_permits import issue_permits_metadata
from chains.progmat.flows.schema import flows_metadata
from chains.progmat.market.bank.tables import bank_metadata
from chains.progmat.market.distribution.schema import distribution_metadata
from chains.progmat.market.emergency.schema import emergency_metadata
from chains.progmat.market.exchange.schema import exchange_metadata
from chains.progmat.market.master_data.tables import master_data_metadata
from chains.progmat.market.people.tables import people_metadata
from chains.progmat.market.register.schema import register_metadata
from chains.progmat.market.trades.tables import trades_metadata
from chains.progmat.market.trust.tables import trust_metadata
from chains.progmat.node.key_anchor import key_metadata
from chains.progmat.node.storage.schema import storage_metadata
from chains.progmat.validators.schema import validator_metadata
from chains.progmat.vault.schema import vault_metadata

NODE_TABLES: Final[Sequence[MetaData]] = (
    storage_metadata,
    vault_metadata,
    flows_metadata,
    validator_metadata,
    trades_metadata,
    bank_metadata,
    distribution_parts_metadata,
    distribution_metadata,
    issue_permits_metadata,
    trust_metadata,
    people_metadata,
    master_data_metadata,
    executions_metadata,
    exchange_metadata,
    register_metadata,
    emergency_metadata,
    key_metadata,
)
"""What the migrations make."""
ROLE_TABLES: Final[Sequence[MetaData]] = NODE_TABLES[1:]
"""What roles bring to ``NodeDatabase.open``."""
