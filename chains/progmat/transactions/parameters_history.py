"""``ParametersHistory``: the epochs of a network's parameters, each signed by the operator that the one before names.

An epoch begins at its ``effective_from_s`` on the notary's clock and ends where the next one begins. A ledger
transaction pins an epoch by its hash: a recorded one is judged under the epoch it pins, for ever; a new one must pin
the epoch in force, or, for ``GRACE_S`` after a change, the one before it (it was built just before). Pure. Source of
the idea: Corda's network parameters update (advertise, accept, flag day); chaining and the notary's clock are ours.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from chains.progmat.transactions import network_parameters_codec as codec
from chains.progmat.transactions.errors import (
    ParametersForked,
    ParametersNotContinued,
    ParametersSignatureRefused,
    ParametersUnknown,
)
from chains.progmat.transactions.model import Party, TimeWindow
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.notary_succession import require_notaries_continue
from primitives.errors import BadSignature
from primitives.public_key import PublicKey
from primitives.signatures import Signer, verify
from primitives.types import UnixSeconds

GRACE_S: Final = 30
"""How long after a change a transaction of the epoch before is still notarised: long enough to be under way."""

MAX_EPOCHS: Final = 4096
_DOMAIN: Final = b"crossdvp/network-parameters-epoch/1"


@dataclass(frozen=True)
class SignedParameters:
    """An epoch as it travels: untrusted until ``ParametersHistory.extended`` took it."""

    parameters: NetworkParameters
    by: PublicKey
    signature: bytes

    @classmethod
    def sign(cls, parameters: NetworkParameters, operator: Signer) -> SignedParameters:
        """The epoch with the signature of the operator of the epoch before it."""
        return cls(parameters, operator.public_key, operator.sign(_DOMAIN + parameters.hash))

    def verify_signature(self, operator_key: PublicKey) -> None:
        """Return if the operator of the epoch before signed; raises ParametersSignatureRefused."""
        if self.by != operator_key:
            raise ParametersSignatureRefused(
                f"epoch {self.parameters.epoch} is signed by the operator that the epoch before names",
                expected=operator_key.encoded(),
                found=self.by.encoded(),
            )
        try:
            verify(operator_key, _DOMAIN + self.parameters.hash, self.signature)
        except BadSignature as error:
            raise ParametersSignatureRefused(
                f"the operator's signature over epoch {self.parameters.epoch} verifies ({error})"
            ) from error

    def encode(self) -> bytes:
        """Canonical bytes."""
        return codec.encode_signed_parameters(self.parameters.encode(), self.by, self.signature)

    @classmethod
    def decode(cls, data: bytes) -> SignedParameters:
        """An epoch, no signature verified; raises DecodeError."""
        parameters, by, signature = codec.decode_signed_parameters(data)
        return cls(NetworkParameters.decode(parameters), by, signature)


@dataclass(frozen=True)
class ParametersHistory:
    """The first epoch, trusted as it is, and the signed ones after it. Make it with ``of`` and ``extended``."""

    first: NetworkParameters
    later: tuple[SignedParameters, ...] = ()

    @classmethod
    def of(cls, first: NetworkParameters, later: Iterable[SignedParameters] = ()) -> ParametersHistory:
        """A history from its first epoch on; raises as ``extended`` does, ParametersNotContinued for a later epoch."""
        if first.epoch != 1 or first.previous_hash or first.effective_from_s:
            raise ParametersNotContinued("a history begins with epoch 1", expected=1, found=first.epoch)
        history = cls(first)
        for signed in later:
            history = history.extended(signed)
        return history

    @cached_property
    def epochs(self) -> tuple[NetworkParameters, ...]:
        """All epochs, ascending."""
        return (self.first, *(signed.parameters for signed in self.later))

    @cached_property
    def _by_hash(self) -> dict[bytes, NetworkParameters]:
        return {parameters.hash: parameters for parameters in self.epochs}

    @cached_property
    def _starts_s(self) -> list[int]:
        return [parameters.effective_from_s for parameters in self.epochs]

    @property
    def newest(self) -> NetworkParameters:
        """The last epoch known, in force or still to come."""
        return self.epochs[-1]

    def extended(self, signed: SignedParameters) -> ParametersHistory:
        """The history with one more epoch; with one that it has already, itself.

        Raises ParametersSignatureRefused, ParametersForked when another epoch of that number is known, and
        ParametersNotContinued naming the rule: next number, hash of the epoch before, later time, same ledger, no
        succession of keys dropped, notaries that follow from those before.
        """
        found = signed.parameters
        if 2 <= found.epoch <= self.newest.epoch:
            known = self.later[found.epoch - 2]
            if known.parameters.hash == found.hash:
                return self
            signed.verify_signature(self.epochs[found.epoch - 2].operator_key)
            raise ParametersForked(found.epoch, known.encode(), signed.encode())
        _require_successor(self.newest, found)
        require_notaries_continue(self.epochs, found)
        self._require_no_old_set(found)
        self._require_no_old_approval(found)
        signed.verify_signature(self.newest.operator_key)
        if len(self.epochs) >= MAX_EPOCHS:
            raise ParametersNotContinued("a network has few epochs", expected=MAX_EPOCHS, found=found.epoch)
        return ParametersHistory(self.first, (*self.later, signed))

    def _require_no_old_set(self, found: NetworkParameters) -> None:
        """A set of Validators that was replaced does not come back as that set: its headers would be taken anew."""
        before = self.newest.validators
        if found.validators != before and found.validators in [epoch.validators for epoch in self.epochs]:
            raise ParametersNotContinued(
                "a set of Validators that was replaced does not come back; change a member or the threshold",
                expected=f"another set than that of epoch {self._epoch_of_set(found)}",
                found=found.epoch,
            )

    def _require_no_old_approval(self, found: NetworkParameters) -> None:
        """Members agreed to a package once: a package that was withdrawn does not come back by the same votes."""
        used = {approval.result_tx for epoch in self.epochs for approval in epoch.package_approvals}
        for approval in found.package_approvals:
            if approval.result_tx in used:
                raise ParametersNotContinued(
                    "an approval brings a contract package in once",
                    expected="another result",
                    found=approval.result_tx.hex(),
                )

    def _epoch_of_set(self, found: NetworkParameters) -> int:
        return next(epoch.epoch for epoch in self.epochs if epoch.validators == found.validators)

    def at(self, time_s: int) -> NetworkParameters:
        """The epoch in force at a time on the notary's clock."""
        return self.epochs[bisect_right(self._starts_s, time_s) - 1]

    def pinned(self, parameters_hash: bytes | None) -> NetworkParameters:
        """The epoch that a transaction names; raises ParametersUnknown."""
        found = self._by_hash.get(parameters_hash or b"")
        if found is None:
            raise ParametersUnknown(parameters_hash or b"", self.newest.epoch)
        return found

    def admission(self, epoch: NetworkParameters, notary: Party | None = None) -> TimeWindow | None:
        """When a transaction that pins ``epoch`` may become final, on the notary's clock; None: at any time.

        From the epoch's beginning until ``GRACE_S`` after the next one's; at a ``notary`` that the next one drops,
        until that begins.
        """
        following = self.epochs[epoch.epoch :][:1]
        from_s = UnixSeconds(epoch.effective_from_s) if epoch.effective_from_s else None
        until_s = UnixSeconds(following[0].effective_from_s + _grace_s(following[0], notary)) if following else None
        return None if from_s is None and until_s is None else TimeWindow(from_s, until_s)

    def signed_after(self, epoch: int) -> tuple[SignedParameters, ...]:
        """The signed epochs with higher numbers, for those who know less."""
        return self.later[max(epoch - 1, 0) :]


def _grace_s(following: NetworkParameters, notary: Party | None) -> int:
    return GRACE_S if notary is None or following.known(notary) else 0


def _require_successor(before: NetworkParameters, found: NetworkParameters) -> None:
    """Rules between two consecutive epochs, each a sentence."""
    rules = (
        ("epochs are numbered without gaps", before.epoch + 1, found.epoch),
        ("an epoch is of the same ledger", before.ledger_id, found.ledger_id),
        ("an epoch names the one before by its hash", before.hash, found.previous_hash),
    )
    for rule, expected, value in rules:
        if value != expected:
            raise ParametersNotContinued(rule, expected=expected, found=value)
    if found.effective_from_s <= before.effective_from_s:
        raise ParametersNotContinued(
            "an epoch begins after the one before",
            expected=f"after {before.effective_from_s}",
            found=found.effective_from_s,
        )
    if found.key_successions[: len(before.key_successions)] != before.key_successions:
        raise ParametersNotContinued(
            "an epoch keeps every succession of keys", expected=len(before.key_successions), found="another list"
        )
    for succession in found.key_successions[len(before.key_successions) :]:
        if Party(succession.name, succession.old_key) in before.notaries and not succession.consent:
            continue
        try:
            succession.verify_consent()
        except BadSignature as error:
            raise ParametersNotContinued(
                f"the replaced key of {succession.name} consents ({error})", expected=succession.old_key.encoded()
            ) from error
    require_approvals_named(before, found)


def brought_in(before: NetworkParameters, found: NetworkParameters) -> frozenset[bytes]:
    """The contract packages that an epoch has and the one before had not."""
    return frozenset(found.contract_packages) - frozenset(before.contract_packages)


def require_approvals_named(before: NetworkParameters, found: NetworkParameters) -> None:
    """Each package that comes in has an approval of its members, and no other has; raises ParametersNotContinued.

    That the approval is on the ledger is seen by those who have the ledger: ``flows.approvals``.
    """
    expected, named = brought_in(before, found), {approval.package_hash for approval in found.package_approvals}
    if named != expected:
        raise ParametersNotContinued(
            "an epoch names the members' approval of each contract package that it brings in, and no other",
            expected=", ".join(sorted(item.hex() for item in expected)) or "none",
            found=", ".join(sorted(item.hex() for item in named)) or "none",
        )
