"""A ledger whose only contract vouches for every write unless an output says "forbidden"; network of notary_world.

Real transactions, real verification, no business: what is tested with it is who may get what past a Validator.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from chains.progmat.contracts.errors import ContractViolation
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import Command, Party, ProvableWrite, StateRef, TimeWindow, TransactionState
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.other_notaries import NotaryService, OtherNotary
from chains.progmat.transactions.signature import sign_batch, sign_transaction
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.wire import WireTransaction
from light_clients.registry import LightClientRegistry
from primitives.composite_key import Key
from primitives.hashing import sha256
from primitives.signatures import SignatureScheme, SoftwareSigner
from primitives.types import UnixSeconds
from tests.fakes import notary_world
from tests.fakes.commit_requests import NOW_S
from tests.fakes.notary_world import NOTARY, NOTARY_SIGNER, VALIDATORS

OWNER = SoftwareSigner.from_seed(SignatureScheme.ED25519, sha256(b"owner"))
WINDOW = TimeWindow(UnixSeconds(NOW_S - 60), UnixSeconds(NOW_S + 60))


class ToyContract:
    """See the module."""

    name = "toy"
    version = 1

    def verify(
        self, ledger_tx: LedgerTransaction, package: ContractPackage, parameters: NetworkParameters
    ) -> tuple[ProvableWrite, ...]:
        """All writes, or ContractViolation."""
        del package, parameters
        if any(state.data == b"forbidden" for state in ledger_tx.outputs):
            raise ContractViolation("no output is forbidden")
        return ledger_tx.provable_writes

    def participants(self, state: TransactionState, parameters: NetworkParameters) -> tuple[Key, ...]:
        """The owner, whatever the state is."""
        del state, parameters
        return (OWNER.public_key,)


PACKAGE = ContractPackage.seal([ToyContract()], LightClientRegistry.builder().seal())
SECOND_SIGNER = SoftwareSigner.from_seed(SignatureScheme.ED25519, sha256(b"second notary"))
SECOND_NOTARY = Party("nn-2", SECOND_SIGNER.public_key)
PARAMETERS = replace(
    notary_world.parameters(packages=(PACKAGE.hash,)),
    other_notaries=(OtherNotary(SECOND_NOTARY, NotaryService.OPEN),),
)


@dataclass(frozen=True)
class Toy:
    """A transaction of one toy output; ``name`` salts it."""

    name: str
    inputs: tuple[StateRef, ...] = ()
    references: tuple[StateRef, ...] = ()
    writes: tuple[ProvableWrite, ...] = ()
    window: TimeWindow | None = WINDOW
    data: bytes = b"allowed"
    notary: Party = NOTARY

    @property
    def wire(self) -> WireTransaction:
        """The transaction; its command asks for the owner, and for the Validators if it writes."""
        signers = (OWNER.public_key, PARAMETERS.validator_key) if self.writes else (OWNER.public_key,)
        builder = TransactionBuilder(
            notary=self.notary,
            network_parameters_hash=PARAMETERS.hash,
            contract_package=PACKAGE.hash,
            inputs=self.inputs,
            outputs=(TransactionState("toy", self.data, self.notary),),
            commands=(Command("toy", "Make", b"", signers),),
            time_window=self.window,
            references=self.references,
            provable_writes=self.writes,
        )
        return builder.to_wire(sha256(b"toy " + self.name.encode()))

    @property
    def output(self) -> StateRef:
        """The state it makes."""
        return StateRef(self.wire.id, 0)

    def signed(self, signers: Iterable[SoftwareSigner] = (OWNER,)) -> SignedTransaction:
        """Signed by the owner, as it is sent to the Validators."""
        wire = self.wire
        return SignedTransaction.of(wire, [sign_transaction(signer, wire.id) for signer in signers])

    def final(self) -> SignedTransaction:
        """Signed by everybody, the notary included: an ancestor."""
        signed = self.signed((OWNER, *(VALIDATORS[:3] if self.writes else ())))
        notary = NOTARY_SIGNER if self.notary == NOTARY else SECOND_SIGNER
        return signed.with_signatures(*sign_batch(notary, [signed.id]))
