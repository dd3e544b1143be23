"""Contract ``dvp_lock`` as the package holds it; see ``dvp_lock`` for what it means."""

from __future__ import annotations

from chains.progmat.contracts.dvp_lock import LOCK, UNLOCK, rules
from chains.progmat.contracts.dvp_locking import verify_lock
from chains.progmat.contracts.dvp_unlocking import verify_unlock
from chains.progmat.contracts.names import CASH, DVP_LOCK
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import ProvableWrite
from chains.progmat.transactions.network_parameters import NetworkParameters


class DvpLockContract:
    """One lock or unlock a transaction, and nothing else in it."""

    name = DVP_LOCK
    version = 2

    def verify(
        self, ledger_tx: LedgerTransaction, package: ContractPackage, parameters: NetworkParameters
    ) -> tuple[ProvableWrite, ...]:
        """Return the writes of the lock or unlock. Raises what ``verify_lock`` and ``verify_unlock`` raise."""
        command = rules.one("a lock or unlock is the only command", ledger_tx.commands)
        rules.equal("only cash and its lock take part", expected={CASH, DVP_LOCK}, found=set(ledger_tx.contract_names))
        match command.name:
            case "Lock":
                return verify_lock(command, ledger_tx, parameters)
            case "Unlock":
                return verify_unlock(command, ledger_tx, package)
            case _:
                raise rules.broken("the lock command is known", expected=f"{LOCK}, {UNLOCK}", found=command.name)
