"""Contract ``dvp_lock`` as the package holds it; see ``dvp_lock`` for what it means."""

from __future__ import annotations

from chains.progmat.contracts.dvp_lock import LOCK, UNLOCK, DvpLockState, rules
from chains.progmat.contracts.dvp_locking import verify_lock
from chains.progmat.contracts.dvp_unlocking import verify_unlock
from chains.progmat.contracts.names import CASH, DVP_LOCK
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import ProvableWrite, TransactionState
from chains.progmat.transactions.network_parameters import NetworkParameters
from primitives.composite_key import Key


class DvpLockContract:
    """One lock or unlock a transaction, and nothing else in it."""

    name = DVP_LOCK
    version = 3

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

    def participants(
        self,
        state: TransactionState,
        parameters: NetworkParameters,  # noqa: ARG002 # the protocol's signature
    ) -> tuple[Key, ...]:
        """The buyer's account and the issuer, who agreed to the lock.

        The seller has a claim and no say, as at the lock: what takes the lock's place carries the same terms, packet
        and client, so the same proof pays him.
        """
        lock = DvpLockState.of(state)
        return (lock.buyer_key, lock.issuer.key)
