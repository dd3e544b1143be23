"""Who takes part in simulated ledgers: an issuer, three custodians with accounts, a notary, four Validators."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from chains.progmat.flows.seams import Role
from chains.progmat.identity import KeyPurpose, KeyStore, NetworkMap, NodeEntry, ScryptCost
from chains.progmat.node.light_client_kinds import production_package
from ibc.dvp import CashAccount
from tests.fakes.ledger_parties import (
    CN_A,
    CN_B,
    NN,
    OPERATOR,
    SELLER,
    SN,
    VALIDATORS,
    LedgerParty,
    network_parameters,
)

CN_C = LedgerParty("cn-c")
CUSTODIANS = (CN_A, CN_B, CN_C)
CASH_NODES = (SN, *CUSTODIANS, NN)
BUYER = LedgerParty("account of a buyer")  # Ed25519: the other fakes' buyer signs with a nonce nobody can repeat
ACCOUNTS = {
    CN_A: (SELLER, LedgerParty("account a-2")),
    CN_B: (BUYER, LedgerParty("account b-2")),
    CN_C: (LedgerParty("account c-1"),),
}
ROLES = {
    SN: Role.ISSUER,
    **dict.fromkeys(CUSTODIANS, Role.CUSTODIAN),
    NN: Role.NOTARY,
    **dict.fromkeys(VALIDATORS, Role.VALIDATOR),
}
PACKAGE = production_package()
PARAMETERS = network_parameters(PACKAGE)
MAP = NetworkMap(
    NodeEntry(
        party.party, frozenset({role, Role.OPERATOR} if party is SN else {role}), "127.0.0.1", 20_000 + index, index
    )
    for index, (party, role) in enumerate(ROLES.items(), start=1)
)


def accounts_at(node: LedgerParty) -> tuple[CashAccount, ...]:
    """The accounts a custodian keeps."""
    return tuple(holder.account_at(node) for holder in ACCOUNTS[node])


@cache
def key_store(party: LedgerParty) -> KeyStore:
    """A node's keys, opened once a process: opening takes as long as a whole schedule, and no schedule changes them."""
    with tempfile.TemporaryDirectory() as folder:
        keys = KeyStore.create(Path(folder) / "keys.db", b"test", ScryptCost(14))
        keys.keep("node", KeyPurpose.NODE, party.scheme, party.secret)
        if party is SN:
            keys.keep(OPERATOR.name, KeyPurpose.OPERATOR, OPERATOR.scheme, OPERATOR.secret)
        for holder in ACCOUNTS.get(party, ()):
            keys.keep(holder.name, KeyPurpose.ACCOUNT, holder.scheme, holder.secret)
        return keys
