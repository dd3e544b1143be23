"""Verification of a resolved ledger transaction: the platform's rules, every contract concerned, and the writes.

A ledger_tx that replaces states is verified as that, in the place of the contracts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from chains.progmat.contracts.package import ContractPackage
from chains.progmat.contracts.replacement import verify_replacement
from chains.progmat.transactions.errors import WritesBroken
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import ProvableWrite
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.platform_rules import require_platform_rules
from chains.progmat.transactions.replacing import replaces_states


def verify_ledger_tx(ledger_tx: LedgerTransaction, parameters: NetworkParameters, contracts: ContractPackage) -> None:
    """Return if the transaction is valid under these parameters and contracts; pure.

    Not checked here: signatures (``SignedTransaction.verify_signatures_except``), and whether inputs, references and
    write paths are still free and the time window holds (the notary). Raises PlatformRuleBroken, ContractViolation,
    DecodeError or an error of ibc.
    """
    ledger_tx = ledger_tx.under(parameters.key_heirs)
    require_platform_rules(ledger_tx, parameters, contracts.hash)
    if replaces_states(ledger_tx.commands):
        verify_replacement(ledger_tx, contracts, parameters)
        return
    vouched: list[ProvableWrite] = []
    for name in sorted(ledger_tx.contract_names):
        vouched += contracts.contract(name).verify(ledger_tx, contracts, parameters)
    _require_writes_are_vouched_for(ledger_tx.provable_writes, vouched)


def _require_writes_are_vouched_for(writes: Sequence[ProvableWrite], vouched: Sequence[ProvableWrite]) -> None:
    """Each write is one that exactly one contract demands, and none is left out: other chains act on them."""
    if (writes or vouched) and Counter(writes) != Counter(vouched):
        raise WritesBroken(
            "provable writes are those the contracts vouch for", expected=_shown(vouched), found=_shown(writes)
        )


def _shown(writes: Sequence[ProvableWrite]) -> str:
    return ", ".join(f"{write.kind.name} {write.path.hex()}={write.value.hex()}" for write in writes) or "none"
