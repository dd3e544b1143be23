"""Contract ``dvp_receipt`` as the package holds it; see ``dvp_receipt`` for what it means."""

from __future__ import annotations

from chains.progmat.contracts.dvp_paying import verify_pay
from chains.progmat.contracts.dvp_receipt import PAY, REFUSE, rules
from chains.progmat.contracts.dvp_refusing import verify_refuse
from chains.progmat.contracts.names import DVP_RECEIPT
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import ProvableWrite, TransactionState
from chains.progmat.transactions.network_parameters import NetworkParameters
from primitives.composite_key import Key


class DvpReceiptContract:
    """One packet a transaction, and nothing else in it. It has commands and no states of its own."""

    name = DVP_RECEIPT
    version = 2

    def verify(
        self, ledger_tx: LedgerTransaction, package: ContractPackage, parameters: NetworkParameters
    ) -> tuple[ProvableWrite, ...]:
        """Return the writes of the receipt. Raises what ``verify_pay`` and ``verify_refuse`` raise."""
        command = rules.one("a receipt is the only command", ledger_tx.commands)
        rules.none("a receipt consumes no states of its own", ledger_tx.inputs_of(DVP_RECEIPT))
        rules.none("a receipt makes no states of its own", ledger_tx.outputs_of(DVP_RECEIPT))
        match command.name:
            case "Pay":
                return verify_pay(command, ledger_tx, package, parameters)
            case "Refuse":
                return verify_refuse(command, ledger_tx, package)
            case _:
                raise rules.broken("the receipt command is known", expected=f"{PAY}, {REFUSE}", found=command.name)

    def participants(
        self,
        state: TransactionState,  # noqa: ARG002 # the protocol's signature
        parameters: NetworkParameters,  # noqa: ARG002 # as above
    ) -> tuple[Key, ...]:
        """Nobody: a receipt leaves no state."""
        return ()
