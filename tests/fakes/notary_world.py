"""A network of one notary and four Validators (three sign) with fixed keys, and transactions as a notary sees them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chains.progmat.notary import codec
from chains.progmat.notary.requester import sign_request
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.filtered import NOTARY_GROUPS, FilteredTransaction
from chains.progmat.transactions.model import Party, ProvableWrite, StateRef, TimeWindow
from chains.progmat.transactions.network_parameters import CheckpointSigners, NetworkParameters
from chains.progmat.transactions.signature import TransactionSignature, sign_transaction
from chains.progmat.transactions.signed_codec import encode_signature
from chains.progmat.transactions.wire import WireTransaction
from primitives.composite_key import CompositeKey
from primitives.hashing import sha256
from primitives.public_key import PublicKey
from primitives.secp256k1 import address_of
from primitives.signatures import SignatureScheme, SoftwareSigner
from primitives.types import Hash32
from tests.fakes.commit_requests import CN_SIGNER, LEDGER_ID

PACKAGE_HASH = Hash32(sha256(b"contract package of the notary's tests"))
VALIDATOR_SECRETS = tuple(sha256(b"validator %d" % number) for number in range(4))
VALIDATORS = tuple(SoftwareSigner.from_seed(SignatureScheme.SECP256K1, secret) for secret in VALIDATOR_SECRETS)
NOTARY_SIGNER = SoftwareSigner.from_seed(SignatureScheme.ED25519, sha256(b"notary"))
STRANGER = SoftwareSigner.from_seed(SignatureScheme.SECP256K1, sha256(b"stranger"))
CN_2_SIGNER = SoftwareSigner.from_seed(SignatureScheme.ED25519, sha256(b"cn-2"))
OPERATOR = SoftwareSigner.from_seed(SignatureScheme.ED25519, sha256(b"operator"))
NOTARY = Party("nn", NOTARY_SIGNER.public_key)


class Keys:
    """A key file of known signers."""

    def __init__(self, *signers: SoftwareSigner) -> None:
        self._signers = {signer.public_key: signer for signer in signers}

    def signer(self, key: PublicKey) -> SoftwareSigner | None:
        """See ``NotaryKeys``."""
        return self._signers.get(key)


NOTARY_KEYS = Keys(NOTARY_SIGNER)


def parameters(*, epoch: int = 1, packages: tuple[Hash32, ...] = (PACKAGE_HASH,)) -> NetworkParameters:
    """Three of four Validators, one notary."""
    return NetworkParameters(
        epoch=epoch,
        ledger_id=LEDGER_ID,
        notary=NOTARY,
        validator_key=CompositeKey(3, tuple((1, signer.public_key) for signer in VALIDATORS)),
        validators=CheckpointSigners(3, tuple(sorted(address_of(secret) for secret in VALIDATOR_SECRETS))),
        operator_key=OPERATOR.public_key,
        contract_packages=packages,
        platform_version=1,
    )


PARAMETERS = parameters()


@dataclass(frozen=True)
class Spoken:
    """A transaction said in one line; ``name`` salts it, so that equal content makes different transactions."""

    name: str
    inputs: tuple[StateRef, ...] = ()
    references: tuple[StateRef, ...] = ()
    writes: tuple[ProvableWrite, ...] = ()
    window: TimeWindow | None = None
    notary: Party = NOTARY
    parameters_hash: Hash32 = PARAMETERS.hash

    @property
    def wire(self) -> WireTransaction:
        """The transaction itself; the notary never sees more of it than the tear-off."""
        builder = TransactionBuilder(
            notary=self.notary,
            network_parameters_hash=self.parameters_hash,
            contract_package=PACKAGE_HASH,
            inputs=self.inputs,
            time_window=self.window,
            references=self.references,
            provable_writes=self.writes,
        )
        return builder.to_wire(sha256(b"salt " + self.name.encode()))

    @property
    def tear_off(self) -> FilteredTransaction:
        """What the notary gets to see."""
        return self.wire.filter(NOTARY_GROUPS)

    def approvals(self, signers: Iterable[SoftwareSigner] = VALIDATORS[:3]) -> tuple[TransactionSignature, ...]:
        """Signatures over the transaction id."""
        return tuple(sign_transaction(signer, self.wire.id) for signer in signers)

    def request(self, signers: Iterable[SoftwareSigner] | None = None) -> bytes:
        """NotariseRequest bytes; approved by just enough Validators if there are writes and nobody else is named."""
        if signers is None:
            signers = VALIDATORS[:3] if self.writes else ()
        return request_bytes(self.tear_off, self.approvals(signers))


def request_bytes(
    tear_off: FilteredTransaction,
    approvals: Iterable[TransactionSignature] = (),
    requester: SoftwareSigner = CN_SIGNER,
) -> bytes:
    """NotariseRequest bytes of any tear-off with any signatures."""
    return codec.encode_request(
        codec.NotariseRequest(
            tear_off.encode(),
            tuple(encode_signature(approval) for approval in approvals),
            sign_request(requester, tear_off.id),
        )
    )


def key_of(name: str) -> PublicKey | None:
    """The notary's network map: two custodians."""
    return {"cn-1": CN_SIGNER.public_key, "cn-2": CN_2_SIGNER.public_key}.get(name)
