"""Small ledger transactions and a contract-free indexer, for tests of the vault alone."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, select

from chains.progmat.node.database_location import DatabaseLocation
from chains.progmat.node.storage.engine import Access, engine_for
from chains.progmat.node.storage.schema import prepare_schema
from chains.progmat.transactions.component_codec import encode_state
from chains.progmat.transactions.model import Group, Party, StateRef, TransactionState
from chains.progmat.vault.indexing import (
    SC,
    Asset,
    Indexed,
    IndexedClient,
    IndexedConsensus,
    IndexedHolding,
    IndexedLock,
    IndexedMembership,
    VaultRules,
    keep_everything,
)
from chains.progmat.vault.schema import soft_locks, vault_metadata
from ibc.dvp import CashAccount
from primitives.hashing import sha256
from primitives.signatures import SignatureScheme, SoftwareSigner
from primitives.types import Hash32, hash32

COIN = "WSC-1"
ISSUER = "SN"
TOKEN = "ST-1"  # noqa: S105 - the name of a security
WSC = Asset(SC, COIN, ISSUER)
BOND = Asset("ST", TOKEN, "AN")


def key_of(name: str) -> bytes:
    return SoftwareSigner.from_seed(SignatureScheme.ED25519, sha256(name.encode())).public_key.encoded()


NOTARY = Party("NN", SoftwareSigner.from_seed(SignatureScheme.ED25519, sha256(b"NN")).public_key)
ALICE = CashAccount("CN-A", key_of("alice"))
BOB = CashAccount("CN-B", key_of("bob"))

_KINDS: dict[str, type[Any]] = {
    "cash": IndexedHolding,
    "dvp_lock": IndexedLock,
    "ibc_client": IndexedClient,
    "ibc_consensus": IndexedConsensus,
    "membership": IndexedMembership,
}
_CONTRACTS = {kind: contract for contract, kind in _KINDS.items()}


@dataclass(frozen=True)
class Tx:
    """As much of a ledger_tx as the vault reads."""

    id: Hash32
    inputs: tuple[StateRef, ...]
    outputs: tuple[TransactionState, ...]

    @property
    def components(self) -> dict[int, tuple[bytes, ...]]:
        return {Group.OUTPUTS: tuple(map(encode_state, self.outputs))} if self.outputs else {}

    def ref(self, index: int) -> StateRef:
        return StateRef(self.id, index)


def tx(name: str, *outputs: TransactionState, inputs: tuple[StateRef, ...] = ()) -> Tx:
    return Tx(hash32(sha256(name.encode())), inputs, outputs)


def state(indexed: Indexed, encumbrance: int | None = None) -> TransactionState:
    fields = {name: value.hex() if isinstance(value, bytes) else value for name, value in asdict(indexed).items()}
    return TransactionState(_CONTRACTS[type(indexed)], json.dumps(fields).encode(), NOTARY, encumbrance)


def index(of: TransactionState) -> Indexed:
    kind = _KINDS[of.contract]
    fields = json.loads(of.data)
    for name in ("owner_key", "trade_id", "fresh_key"):
        if fields.get(name) is not None:
            fields[name] = bytes.fromhex(fields[name])
    indexed: Indexed = kind(**fields)
    return indexed


RULES = VaultRules(dict.fromkeys(_KINDS, index), keep_everything)


def cash(account: CashAccount, amount_yen: int, encumbrance: int | None = None) -> TransactionState:
    return state(IndexedHolding(SC, COIN, ISSUER, amount_yen, account.node, account.key), encumbrance)


def tokens(
    account: CashAccount, quantity: int, registrar: str = "AN", token_id: str = TOKEN, network: str = "ST"
) -> TransactionState:
    return state(IndexedHolding(network, token_id, registrar, quantity, account.node, account.key))


def lock(trade_id: bytes, sequence: int, encumbrance: int | None = 0, timeout_s: int = 1000) -> TransactionState:
    indexed = IndexedLock(trade_id, "qbft-0", sequence, timeout_s, ISSUER, ALICE.node, BOB.node)
    return state(indexed, encumbrance)


def soft_locked_refs(connection: Connection, lock_owner: str, now_s: int) -> tuple[StateRef, ...]:
    """States that ``lock_owner`` holds now, read from the table itself."""
    held = select(soft_locks.c.tx_id, soft_locks.c.output_index).where(
        soft_locks.c.lock_owner == lock_owner, soft_locks.c.expires_s > now_s
    )
    return tuple(StateRef(row.tx_id, row.output_index) for row in connection.execute(held))


@contextlib.contextmanager
def vault_at(at: DatabaseLocation) -> Iterator[Connection]:
    with engine_for(at, Access.WRITE).connect() as connection, connection.begin():
        prepare_schema(connection, str(at), "CN-A", [vault_metadata])
        yield connection
