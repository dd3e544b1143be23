"""Verify a ledger transaction once: signatures keyed by what was signed, contracts keyed by transaction id."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable
from threading import Lock

from sqlalchemy import Connection

from chains.progmat.contracts.package import ContractPackage
from chains.progmat.contracts.verification import verify_ledger_tx
from chains.progmat.flows.attested_history import attested_states
from chains.progmat.flows.signed_records import decoded
from chains.progmat.node.storage import StoredTransaction, stored_transactions
from chains.progmat.transactions.errors import SignatureRefused
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import StateRef, TransactionState
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.signature import TransactionSignature
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.wire import WireTransaction
from primitives.composite_key import Key, leaf_keys
from primitives.types import Hash32

REMEMBERED = 16_384


class _Remembered:
    """The newest facts known to hold; bounded. Used from the event loop and from database threads."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._facts: OrderedDict[Hashable, None] = OrderedDict()
        self._most = most
        self._lock = Lock()

    def __contains__(self, fact: Hashable) -> bool:
        return fact in self._facts

    def add(self, fact: Hashable) -> None:
        with self._lock:
            self._facts[fact] = None
            while len(self._facts) > self._most:
                self._facts.popitem(last=False)


class LedgerVerifier:
    """Verification under one set of network parameters and one contract package.

    Only success is remembered, and only facts that can never change: that a key signed a hash, that the contracts hold
    for a transaction id (its inputs are named by hashes, so they are the same for ever).
    """

    def __init__(self, parameters: NetworkParameters, package: ContractPackage) -> None:
        self.parameters = parameters
        self.package = package
        self._signatures = _Remembered()
        self._contracts = _Remembered()

    def verify_signatures(self, signed: SignedTransaction, allowed_missing: Iterable[Key] = ()) -> None:
        """As ``SignedTransaction.verify_signatures_except`` and ``require_platform_version``, each signature once."""
        wanted = {leaf for key in signed.wire.required_signers for leaf in leaf_keys(key)}
        for signature in signed.signatures:
            if signature.by not in wanted:
                raise SignatureRefused("only required keys sign", expected=len(wanted), found=repr(signature.by))
            self.verify_signature(signature, signed.id)
        signed.require_platform_version(self.parameters.platform_version)
        missing = signed.missing_signers() - frozenset(allowed_missing)
        if missing:
            SignedTransaction(signed.wire_bytes, signed.signatures).verify_signatures_except(allowed_missing)

    def verify_signature(self, signature: TransactionSignature, tx_id: Hash32) -> None:
        """Return if ``signature`` is one over ``tx_id``; raises ``SignatureRefused``."""
        fact = (signature.by, signature.signature, signature.platform_version, signature.signed_hash(tx_id))
        if fact not in self._signatures:
            signature.verify(tx_id)
            self._signatures.add(fact)

    def remember_own(self, signature: TransactionSignature, tx_id: Hash32) -> None:
        """A signature this node has just made needs no verification."""
        self._signatures.add(
            (signature.by, signature.signature, signature.platform_version, signature.signed_hash(tx_id))
        )

    def verify_contracts(self, connection: Connection, wire: WireTransaction) -> LedgerTransaction:
        """Resolve from recorded transactions and verify platform rules and contracts.

        Raises ``StateUnresolved`` for an input that is not recorded here, and the rules' refusals.
        """
        states = recorded_states(connection, (*wire.inputs, *wire.references))
        ledger_tx = LedgerTransaction.resolve(wire, states)
        if wire.id not in self._contracts:
            verify_ledger_tx(ledger_tx, self.parameters, self.package)
            self._contracts.add(wire.id)
        return ledger_tx


def recorded_states(connection: Connection, refs: Iterable[StateRef]) -> dict[StateRef, TransactionState]:
    """Those of the referenced states whose transactions are recorded here, or that are known by an attestation."""
    wanted = list(refs)
    if not wanted:
        return {}
    found = stored_transactions(connection, {ref.tx_id for ref in wanted})
    outputs = {tx_id: _outputs(stored) for tx_id, stored in found.items()}
    states = {}
    for ref in wanted:
        of_tx = outputs.get(ref.tx_id, ())
        if ref.index < len(of_tx):
            states[ref] = of_tx[ref.index]
    if len(found) < len({ref.tx_id for ref in wanted}):
        states |= attested_states(connection, [ref for ref in wanted if ref.tx_id not in found])
    return states


def _outputs(stored: StoredTransaction) -> tuple[TransactionState, ...]:
    return decoded(stored.signed_bytes).wire.outputs
