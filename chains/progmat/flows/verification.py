"""Verify a ledger transaction once: signatures keyed by what was signed, contracts keyed by transaction id."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from threading import Lock

from sqlalchemy import Connection

from chains.progmat.contracts.package import ContractPackage
from chains.progmat.contracts.verification import verify_ledger_tx
from chains.progmat.flows.recorded import RecordedStates
from chains.progmat.network.parameters_source import ParametersSource, source_of
from chains.progmat.transactions.errors import (
    AttestationRefused,
    ParametersUnknown,
    SignatureRefused,
    SignaturesMissing,
    StateUnresolved,
)
from chains.progmat.transactions.filtered import NOTARY_GROUPS, RETIRING_NOTARY_GROUPS
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import Group, StateRef, TimeWindow
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.parameters_history import GRACE_S
from chains.progmat.transactions.replacing import is_package_upgrade
from chains.progmat.transactions.signature import TransactionSignature
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.wire import WireTransaction
from primitives.composite_key import Key
from primitives.public_key import PublicKey
from primitives.types import Hash32

REMEMBERED = 16_384


class _Remembered:
    """The newest facts known to hold; bounded. Used from the event loop and from database threads."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._facts: OrderedDict[bytes, None] = OrderedDict()
        self._most = most
        self._lock = Lock()

    def __contains__(self, fact: bytes) -> bool:
        return fact in self._facts

    def add(self, fact: bytes) -> None:
        with self._lock:
            self._facts[fact] = None
            while len(self._facts) > self._most:
                self._facts.popitem(last=False)


class LedgerVerifier:
    """Verification under the network parameters that each transaction pins, and one contract package.

    Only success is remembered, and only facts that can never change: that a key signed a hash, that the contracts hold
    for a transaction id (its inputs are named by hashes, so they are the same for ever).
    """

    def __init__(
        self,
        parameters: NetworkParameters | ParametersSource,
        package: ContractPackage,
        recorded: RecordedStates | None = None,
    ) -> None:
        """``recorded`` is of the one database that ``verify_contracts`` will be given connections of."""
        self._epochs = source_of(parameters)
        self.package = package
        self.recorded = recorded or RecordedStates()
        self._signatures = _Remembered()
        self._contracts = _Remembered()

    @property
    def parameters(self) -> NetworkParameters:
        """The epoch in force: what is built now pins it. Raises ``ParametersNotAccepted``."""
        return self._epochs.in_force()

    @property
    def epochs(self) -> tuple[NetworkParameters, ...]:
        """All epochs known."""
        return self._epochs.history.epochs

    @property
    def journal_notary_name(self) -> str:
        """The name of the journal's notary, which is the same in all epochs."""
        return self._epochs.history.first.notary.name

    @property
    def has_several_notaries(self) -> bool:
        """Whether some epoch known has, or had, more than the journal's notary."""
        return any(epoch.other_notaries for epoch in self._epochs.history.epochs)

    def notary_name(self, wire: WireTransaction) -> str:
        """The name of the notary that a transaction is for; the journal's where it needs none."""
        return self.journal_notary_name if wire.notary is None else wire.notary.name

    def notary_key(self, wire: WireTransaction) -> PublicKey:
        """The key that the notary of a transaction signs with in the epoch in force."""
        present = self.parameters
        return (present.notary if wire.notary is None else present.current(wire.notary)).key

    def notary_groups(self, wire: WireTransaction) -> frozenset[Group]:
        """What the notary of a transaction, if it is a blind one, is shown of it."""
        try:
            pinned = self.pinned(wire)
        except ParametersUnknown:
            return NOTARY_GROUPS  # it will say so
        retiring = wire.notary is not None and pinned.known(wire.notary) and not pinned.serves(wire.notary)
        return RETIRING_NOTARY_GROUPS if retiring else NOTARY_GROUPS

    def is_of_a_dropped_notary(self, wire: WireTransaction, now_s: int) -> bool:
        """Whether the transaction is of a notary that the network has dropped, ``GRACE_S`` ago or earlier.

        Its key may be in anybody's hands from then on, who can date what it signs as he likes; and it confirms nothing.
        """
        if wire.notary is None or not wire.needs_notarisation:
            return False
        if not self.pinned(wire).known(wire.notary):
            return False  # it never was one of this network: that is for the platform rules to say
        present = (self._epochs.history.at(now_s - GRACE_S), self.parameters)
        return not any(epoch.known(wire.notary) for epoch in present)

    def attesting(self, parameters_hash: Hash32) -> NetworkParameters:
        """The epoch that an attestation names, if its Validators are those in force; else raises AttestationRefused.

        Keys that were replaced may be anybody's by now. Raises as ``pinned`` for an epoch that is not known here.
        """
        epoch = self._epochs.pinned(parameters_hash)
        if epoch.validator_key != self.parameters.validator_key:
            raise AttestationRefused(
                "the Validators that attest are those in force", expected=self.parameters.hash, found=parameters_hash
            )
        return epoch

    def pinned(self, wire: WireTransaction) -> NetworkParameters:
        """The epoch a transaction is judged under; raises ``ParametersUnknown``, ``ParametersNotAccepted``."""
        return self._epochs.pinned(wire.network_parameters_hash)

    def admission(self, wire: WireTransaction) -> TimeWindow | None:
        """When a transaction of its epoch may become final, on the notary's clock; None: at any time."""
        return self._epochs.history.admission(self.pinned(wire), wire.notary)

    def notary_keys(self, wire: WireTransaction) -> frozenset[PublicKey]:
        """The keys whose signature is the named notary's: its own, and those that took its place since."""
        if wire.notary is None:
            return frozenset()
        return self._epochs.history.newest.heirs(wire.notary) | {wire.notary.key}

    def needs_confirmation(self, signed: SignedTransaction) -> bool:
        """Whether the notary's key of its epoch has been replaced, and no key in use since has signed.

        A replaced key may be in anybody's hands, who can date what it signs as he likes. So what is seen for the first
        time after the change counts only when the notary confirms under its present key that it committed it.
        """
        wire = signed.wire
        if wire.notary is None or not wire.needs_notarisation:
            return False
        present = self.parameters.current(wire.notary)
        if present == wire.notary:
            return False
        newest = self._epochs.history.newest
        return signed.signed_by.isdisjoint(newest.heirs(present) | {present.key})

    def is_undated_and_old(self, wire: WireTransaction, now_s: int) -> bool:
        """Whether no notary has dated the transaction and its epoch is over: nothing shows that it is not of today."""
        window = self.admission(wire)
        over = window is not None and window.until_s is not None and now_s >= window.until_s
        return over and not wire.needs_notarisation

    def verify_signatures(self, signed: SignedTransaction, allowed_missing: Iterable[Key] = ()) -> None:
        """As ``SignedTransaction.verify_signatures_except`` and ``require_platform_version``, each signature once."""
        wire = signed.wire
        of_notary = self.notary_keys(wire)
        strangers = signed.signed_by - wire.signing_keys
        if strangers and wire.needs_notarisation:
            strangers -= of_notary
        if strangers:
            found = ", ".join(sorted(map(repr, strangers)))
            raise SignatureRefused("only required keys sign", expected=len(wire.signing_keys), found=found)
        for signature in signed.signatures:
            self.verify_signature(signature, signed.id)
        signed.require_platform_version(self.pinned(wire).platform_version)
        missing = signed.missing_signers() - frozenset(allowed_missing)
        if missing and not of_notary.isdisjoint(signed.signed_by):
            missing -= of_notary
        if missing:
            lacking = ", ".join(sorted(key.encoded()[:9].hex() for key in missing))
            raise SignaturesMissing("all required keys have signed", expected=lacking, found=len(signed.signatures))

    def verify_signature(self, signature: TransactionSignature, tx_id: Hash32) -> None:
        """Return if ``signature`` is one over ``tx_id``; raises ``SignatureRefused``."""
        fact = _fact(signature, tx_id)
        if fact not in self._signatures:
            signature.verify(tx_id)
            self._signatures.add(fact)

    def remember_own(self, signature: TransactionSignature, tx_id: Hash32) -> None:
        """A signature this node has just made needs no verification."""
        self._signatures.add(_fact(signature, tx_id))

    def verify_contracts(self, connection: Connection, wire: WireTransaction) -> None:
        """Resolve from recorded transactions and verify platform rules and contracts, the latter once.

        Raises ``StateUnresolved`` for an input that is not recorded here, and the rules' refusals.
        """
        used = (*wire.inputs, *wire.references)
        states = self.recorded.of(connection, used)
        if wire.id in self._contracts and len(states) == len(used):
            return
        ledger_tx = LedgerTransaction.resolve(wire, states, self._made_under(connection, wire))
        verify_ledger_tx(ledger_tx, self.pinned(wire), self.package)
        self._contracts.add(wire.id)

    def _made_under(self, connection: Connection, wire: WireTransaction) -> Mapping[StateRef, Hash32]:
        """For an upgrade, the package of each input; raises ``StateUnresolved`` where nobody has told us."""
        if not is_package_upgrade(wire.commands):
            return {}
        made_under = self.recorded.made_under(connection, wire.inputs)
        for ref in wire.inputs:
            if ref not in made_under:
                raise StateUnresolved(ref)
        return made_under


def _fact(signature: TransactionSignature, tx_id: Hash32) -> bytes:
    """All that a signature's verdict depends on; as bytes, which the garbage collector need not look into.

    No two have the same bytes: the key alone, at the end, has no fixed length. Raises ``SignatureRefused``.
    """
    version = signature.platform_version.to_bytes(4, "big")
    return signature.signature + signature.signed_hash(tx_id) + version + signature.by.encoded()
