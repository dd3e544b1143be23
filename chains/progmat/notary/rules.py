"""What the notary checks of a request before uniqueness; Validators check it again of every journal entry. Pure.

What a repeated request may fail by now (the parameters changed since) is in ``validate_new``: a transaction that
is final already is answered without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from chains.progmat.notary.errors import (
    NothingToNotarise,
    RepeatedPath,
    RepeatedState,
    TimeWindowClosed,
    TransactionTooLarge,
    ValidatorSignatureRefused,
    ValidatorsMissing,
    WrongNotary,
    WrongParameters,
)
from chains.progmat.notary.model import CommitRequest, Requester
from chains.progmat.notary.service_errors import CommandsShown, NotaryRetires, WritesElsewhere
from chains.progmat.transactions.filtered import FilteredTransaction
from chains.progmat.transactions.model import Group, ProvableWrite, StateRef, TimeWindow
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.other_notaries import is_notary_change_of
from chains.progmat.transactions.platform_rules import MAX_PROVABLE_WRITES
from chains.progmat.transactions.signature import TransactionSignature
from chains.progmat.transactions.validator_suspension import Approval
from primitives.composite_key import is_fulfilled_by, leaf_keys
from primitives.public_key import PublicKey

MAX_STATES: Final = 256


def validate_new(
    tear_off: FilteredTransaction,
    signatures: Sequence[TransactionSignature],
    parameters: NetworkParameters,
    here: str,
) -> None:
    """Everything but uniqueness and time of a verified tear-off and the Validators' signatures that came with it.

    ``here`` names the notary. Raises a NotaryRefusal, MalformedComponent, or SignatureRefused for a signature that does
    not verify.
    """
    _validate_addressed_here(tear_off, parameters, here)
    _validate_service(tear_off, parameters, here)
    _validate_uses(tear_off.inputs, tear_off.references)
    _validate_writes(tear_off.provable_writes)
    if not (tear_off.inputs or tear_off.references or tear_off.provable_writes or tear_off.time_window):
        raise NothingToNotarise
    validate_validators(tear_off, signatures, parameters)


def validate_validators(
    tear_off: FilteredTransaction, signatures: Sequence[TransactionSignature], parameters: NetworkParameters
) -> None:
    """The Validators' threshold signed the transaction id if it makes provable writes; nobody else did.

    Raises ValidatorSignatureRefused for a foreign or repeated key, or one that signed under older rules,
    SignatureRefused for a wrong signature, ValidatorsMissing below the threshold.
    """
    wanted = leaf_keys(parameters.validator_key) if tear_off.provable_writes else frozenset[PublicKey]()
    signed: set[PublicKey] = set()
    for position, signature in enumerate(signatures):
        if signature.by not in wanted:
            raise ValidatorSignatureRefused(position, f"{signature.by!r} is not asked for")
        if signature.by in signed:
            raise ValidatorSignatureRefused(position, f"{signature.by!r} signed before")
        if signature.platform_version < parameters.platform_version:
            raise ValidatorSignatureRefused(position, f"platform version {signature.platform_version} is too old")
        signature.verify(tear_off.id)
        signed.add(signature.by)
    if wanted and not is_fulfilled_by(parameters.validator_key, signed):
        raise ValidatorsMissing(len(signed))


def approval_of(
    tear_off: FilteredTransaction, signatures: Sequence[TransactionSignature], parameters: NetworkParameters
) -> Approval | None:
    """Whose approval it is that ``validate_validators`` found good; None for a transaction without writes."""
    if not tear_off.provable_writes:
        return None
    return Approval(parameters.validator_key, frozenset(signature.by for signature in signatures))


def narrowed(window: TimeWindow | None, admission: TimeWindow | None) -> TimeWindow | None:
    """The time window of a transaction within its epoch's; raises TimeWindowClosed when they do not meet."""
    if window is None or admission is None:
        return window or admission
    from_s = max((bound for bound in (window.from_s, admission.from_s) if bound is not None), default=None)
    until_s = min((bound for bound in (window.until_s, admission.until_s) if bound is not None), default=None)
    if from_s is not None and until_s is not None and from_s >= until_s:
        raise TimeWindowClosed(until_s, from_s)
    return TimeWindow(from_s, until_s)


def commit_request_of(
    tear_off: FilteredTransaction,
    evidence: bytes,
    requester: Requester,
    admission: TimeWindow | None = None,
    approval: Approval | None = None,
) -> CommitRequest:
    """What the uniqueness store needs to know of a checked request.

    ``admission`` is when transactions of its epoch may become final. Raises TimeWindowClosed when its own window lies
    wholly outside.
    """
    return CommitRequest(
        tx_id=tear_off.id,
        inputs=tear_off.inputs,
        references=tear_off.references,
        writes=tear_off.provable_writes,
        time_window=narrowed(tear_off.time_window, admission),
        evidence=evidence,
        requester=requester,
        approval=approval,
    )


def _validate_addressed_here(tear_off: FilteredTransaction, parameters: NetworkParameters, here: str) -> None:
    notary = parameters.notary_named(here)
    if notary is None or tear_off.notary != notary:
        raise WrongNotary(here, "none" if tear_off.notary is None else tear_off.notary.name)
    if tear_off.network_parameters_hash != parameters.hash:
        raise WrongParameters(parameters.hash, tear_off.network_parameters_hash)


def _validate_service(tear_off: FilteredTransaction, parameters: NetworkParameters, here: str) -> None:
    """What this notary does in that epoch: contracts are not its to judge, but that states leave it is to be seen."""
    notary = parameters.notary_named(here)
    if tear_off.provable_writes and notary != parameters.notary:
        raise WritesElsewhere(here, parameters.notary.name)
    shown = Group.COMMANDS in tear_off.components
    if notary is not None and parameters.serves(notary):
        if shown:
            raise CommandsShown(here)
    elif not is_notary_change_of(tear_off.command_contracts):
        raise NotaryRetires(here)


def _validate_uses(inputs: Iterable[StateRef], references: Iterable[StateRef]) -> None:
    used: set[StateRef] = set()
    for ref in (*inputs, *references):
        if ref in used:
            raise RepeatedState(ref.tx_id, ref.index)
        used.add(ref)
    if len(used) > MAX_STATES:
        raise TransactionTooLarge("states used", MAX_STATES, len(used))


def _validate_writes(writes: Sequence[ProvableWrite]) -> None:
    if len(writes) > MAX_PROVABLE_WRITES:
        raise TransactionTooLarge("provable writes", MAX_PROVABLE_WRITES, len(writes))
    paths: set[bytes] = set()
    for write in writes:
        if write.path in paths:
            raise RepeatedPath(write.path)
        paths.add(write.path)
