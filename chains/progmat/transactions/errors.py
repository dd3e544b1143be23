"""Why a ledger transaction is refused before any contract looks at it.

primitives.Refusal (a peer's misbehaviour)
└── LedgerTxRefused
    ├── MalformedComponent        bytes that do not decode, or a value outside its bounds; also a DecodeError
    ├── TearOffRefused            a tear-off that does not add up or hides what it must show
    ├── SignatureRefused          a signature that does not verify or does not belong here
    ├── SignaturesMissing         required keys that have not signed
    ├── AttestationRefused        an attestation that fewer than k Validators made, or for something else
    └── PlatformRuleBroken        the components contradict each other or the network
        ├── InputsBroken          duplicate inputs, input that is also a reference
        ├── NotaryBroken          foreign or missing notary
        ├── NetworkBroken         other parameters, unknown contract package, old platform version
        ├── SignersBroken         the Validators are left out
        ├── EncumbranceBroken     encumbrances that are not full cycles or not spent together
        └── WritesBroken          provable writes that clash, or that no contract vouches for
└── ParametersRefused             an epoch of the network parameters is not accepted
    ├── ParametersSignatureRefused  not signed by the operator that the epoch before names
    ├── ParametersNotContinued    it does not continue the epoch before: number, hash, time, ledger, keys, notary
    └── ParametersForked          the operator signed two epochs of one number: both are in the error
primitives.UnavailableError
├── StateUnresolved               an input or reference nobody has given us yet
└── ParametersUnknown             a transaction pins an epoch that is not known here yet
"""

from __future__ import annotations

from typing import ClassVar

from primitives.errors import DecodeError, Refusal, UnavailableError


class LedgerTxRefused(Refusal):
    """Root of this package's refusals: ``subject`` is the rule, ``expected`` and ``found`` are the evidence."""

    reason: ClassVar[str] = "LEDGER_TX_REFUSED"


class MalformedComponent(LedgerTxRefused, DecodeError):
    """Bytes of a transaction do not decode, or a decoded value is out of bounds; ask the sender for a correct one."""

    reason: ClassVar[str] = "MALFORMED_COMPONENT"


class TearOffRefused(LedgerTxRefused):
    """A filtered transaction whose hashes do not add up, or that hides a group which must be visible."""

    reason: ClassVar[str] = "TEAR_OFF_REFUSED"


class SignatureRefused(LedgerTxRefused):
    """A signature is not a valid signature of its key over this transaction."""

    reason: ClassVar[str] = "SIGNATURE_REFUSED"


class SignaturesMissing(LedgerTxRefused):
    """Required keys have not signed; collect their signatures and try again."""

    reason: ClassVar[str] = "SIGNATURES_MISSING"


class AttestationRefused(LedgerTxRefused):
    """An attestation proves nothing; fetch the history itself, or an attestation of the Validators in force."""

    reason: ClassVar[str] = "ATTESTATION_REFUSED"


class PlatformRuleBroken(LedgerTxRefused):
    """The transaction breaks a rule that holds for every contract."""

    reason: ClassVar[str] = "PLATFORM_RULE_BROKEN"


class InputsBroken(PlatformRuleBroken):
    """Inputs are listed twice, or are also references, or there is nothing in the transaction at all."""

    reason: ClassVar[str] = "INPUTS_BROKEN"


class NotaryBroken(PlatformRuleBroken):
    """The notary is missing, or a state belongs to another one."""

    reason: ClassVar[str] = "NOTARY_BROKEN"


class NetworkBroken(PlatformRuleBroken):
    """The transaction was built for other network parameters, another contract package or platform version."""

    reason: ClassVar[str] = "NETWORK_BROKEN"


class SignersBroken(PlatformRuleBroken):
    """The Validators are left out where they must sign."""

    reason: ClassVar[str] = "SIGNERS_BROKEN"


class EncumbranceBroken(PlatformRuleBroken):
    """Encumbrances do not form full cycles, or encumbered states are not spent together."""

    reason: ClassVar[str] = "ENCUMBRANCE_BROKEN"


class WritesBroken(PlatformRuleBroken):
    """Provable writes clash with each other, or no contract vouches for them."""

    reason: ClassVar[str] = "WRITES_BROKEN"


class StateUnresolved(UnavailableError):
    """A state this transaction consumes or references is not known here yet; fetch the transaction that made it."""

    reason: ClassVar[str] = "STATE_UNRESOLVED"

    def __init__(self, state_ref: object) -> None:
        super().__init__(f"state {state_ref} is not known here; fetch the ledger_tx that made it and try again")
        self.state_ref = state_ref


class ParametersRefused(Refusal):
    """An epoch of the network parameters that must not be taken; keep the one at hand and ask the operator."""

    reason: ClassVar[str] = "PARAMETERS_REFUSED"


class ParametersSignatureRefused(ParametersRefused):
    """The epoch is not signed by the operator that the epoch before names."""

    reason: ClassVar[str] = "PARAMETERS_SIGNATURE_REFUSED"


class ParametersNotContinued(ParametersRefused):
    """The epoch does not continue the one before it."""

    reason: ClassVar[str] = "PARAMETERS_NOT_CONTINUED"


class ParametersForked(ParametersRefused):
    """The operator signed two epochs of one number; ``known`` and ``other`` (signed bytes) prove it to anybody."""

    reason: ClassVar[str] = "PARAMETERS_FORKED"

    def __init__(self, epoch: int, known: bytes, other: bytes) -> None:
        super().__init__(f"there is one epoch {epoch}: the operator signed another; tell the members", found=other)
        self.epoch, self.known, self.other = epoch, known, other


class ParametersUnknown(UnavailableError):
    """The pinned epoch is not known here; it may be one the operator has signed since."""

    reason: ClassVar[str] = "PARAMETERS_UNKNOWN"

    def __init__(self, parameters_hash: bytes, newest_epoch: int) -> None:
        super().__init__(
            f"network parameters {parameters_hash.hex() or 'none'} are not known here, the newest is epoch "
            f"{newest_epoch}: ask the operator for the epochs since"
        )
        self.parameters_hash, self.newest_epoch = parameters_hash, newest_epoch
