"""What a network operator prepares on files: the next epoch, its signature, successions of keys, signed maps."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from chains.progmat.identity import KeptKey, KeyPurpose, KeyStore
from chains.progmat.network.errors import KeyNotKept, NoSuchNotary, NoticeTooShort, UnusableFile
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.key_succession import KeySuccession
from chains.progmat.transactions.model import Party
from chains.progmat.transactions.network_parameters import CheckpointSigners, NetworkParameters
from chains.progmat.transactions.notary_succession import require_notaries_continue
from chains.progmat.transactions.other_notaries import NotaryService, OtherNotary
from chains.progmat.transactions.package_approval import PackageApproval
from chains.progmat.transactions.parameters_history import require_approvals_named
from primitives.composite_key import CompositeKey, Key, decode_key
from primitives.errors import DecodeError
from primitives.public_key import PublicKey, SignatureScheme
from primitives.secp256k1 import address_of_public_key
from primitives.signatures import Signer
from primitives.types import hash32

LEAST_NOTICE_S: Final = 3600
"""Members have to read and accept an epoch before it begins."""


@dataclass(frozen=True)
class Changes:
    """What the next epoch changes; None and empty: as before. Keys are encoded public keys, notaries go by name."""

    operator_key: bytes | None = None
    validators: tuple[bytes, ...] = ()
    threshold: int | None = None
    contract_packages: tuple[bytes, ...] = ()
    package_approvals: tuple[PackageApproval, ...] = ()
    successions: tuple[KeySuccession, ...] = field(default=())
    added_notaries: tuple[Party, ...] = ()
    retiring_notaries: tuple[str, ...] = ()
    dropped_notaries: tuple[str, ...] = ()


def next_epoch(before: NetworkParameters, changes: Changes, effective_from_s: int, now_s: int) -> NetworkParameters:
    """The draft of the epoch after ``before``; raises ``NoticeTooShort``, ``ParametersNotContinued``, ``NoSuchNotary``.

    DecodeError for keys that are none. What earlier epochs forbid is said when the epoch is offered.
    """
    if effective_from_s < now_s + LEAST_NOTICE_S:
        raise NoticeTooShort(effective_from_s, now_s, LEAST_NOTICE_S)
    draft = replace(
        before,
        epoch=before.epoch + 1,
        previous_hash=before.hash,
        effective_from_s=effective_from_s,
        key_successions=(*before.key_successions, *changes.successions),
        notary=_succeeded(before.notary, changes),
        other_notaries=_other_notaries(before, changes),
        package_approvals=tuple(sorted(changes.package_approvals)),
    )
    if changes.operator_key is not None:
        draft = replace(draft, operator_key=_single(changes.operator_key))
    if changes.contract_packages:
        draft = replace(draft, contract_packages=tuple(sorted(map(hash32, changes.contract_packages))))
    if changes.validators or changes.threshold is not None:
        draft = _with_validators(draft, changes)
    require_approvals_named(before, draft)
    require_notaries_continue([before], draft)
    return draft


def new_key(store: KeyStore, label: str, succeeds: str | None) -> KeptKey:
    """A new key in a key file, of the purpose and scheme of the one it takes the place of (else a node's, Ed25519)."""
    if succeeds is None:
        return store.generate(label, KeyPurpose.NODE, SignatureScheme.ED25519)
    old = _kept(store, succeeds)
    return store.generate(label, old.purpose, old.public_key.scheme)


def succession(store: KeyStore, name: str, old_label: str, new_label: str) -> KeySuccession:
    """The old key's consent that the new one takes its place; raises ``KeyNotKept``."""
    return KeySuccession.agreed(name, signer_of(store, old_label), _kept(store, new_label).public_key)


def signer_of(store: KeyStore, label: str) -> Signer:
    """The signer of a key by its label; raises ``KeyNotKept``."""
    signer = store.signer(_kept(store, label).public_key)
    if signer is None:
        raise KeyNotKept(label)
    return signer


def succession_to_json(item: KeySuccession) -> str:
    """A file for the operator."""
    fields = {
        "name": item.name,
        "old_key": item.old_key.encoded().hex(),
        "new_key": item.new_key.encoded().hex(),
        "consent": item.consent.hex(),
    }
    return json.dumps(fields, indent=2) + "\n"


def succession_of_file(path: Path) -> KeySuccession:
    """A succession from its file; raises ``UnusableFile``."""
    try:
        fields = json.loads(read_small(path))
        old, new = (_single(bytes.fromhex(fields[name])) for name in ("old_key", "new_key"))
        return KeySuccession(fields["name"], old, new, bytes.fromhex(fields["consent"]))
    except (ValueError, KeyError, TypeError, DecodeError) as error:
        raise UnusableFile(str(path), f"is no succession of keys: {error}") from error


def read_small(path: Path, most: int = 1024 * 1024) -> bytes:
    """A file of at most ``most`` bytes; raises ``UnusableFile``."""
    try:
        if path.stat().st_size > most:
            raise UnusableFile(str(path), f"longer than {most} bytes")
        return path.read_bytes()
    except OSError as error:
        raise UnusableFile(str(path), f"cannot be read: {error}") from error


def _kept(store: KeyStore, label: str) -> KeptKey:
    kept = store.key(label)
    if kept is None:
        raise KeyNotKept(label)
    return kept


def _succeeded(notary: Party, changes: Changes) -> Party:
    for item in changes.successions:
        if (item.name, item.old_key) == (notary.name, notary.key):
            return replace(notary, key=item.new_key)
    return notary


def _other_notaries(before: NetworkParameters, changes: Changes) -> tuple[OtherNotary, ...]:
    """Those of the epoch before with their newest keys, and what is added, retires and goes."""
    others = {it.party.name: replace(it, party=_succeeded(it.party, changes)) for it in before.other_notaries}
    for name in (*changes.retiring_notaries, *changes.dropped_notaries):
        if name not in others:
            raise NoSuchNotary(name, others)
    for name in changes.retiring_notaries:
        others[name] = replace(others[name], service=NotaryService.RETIRING)
    for name in changes.dropped_notaries:
        del others[name]
    for party in changes.added_notaries:
        others[party.name] = OtherNotary(party, NotaryService.OPEN)
    return tuple(others[name] for name in sorted(others))


def _with_validators(draft: NetworkParameters, changes: Changes) -> NetworkParameters:
    keys = tuple(map(_single, changes.validators)) or _leaves(draft.validator_key)
    threshold = draft.validators.threshold if changes.threshold is None else changes.threshold
    wrong = [key for key in keys if key.scheme is not SignatureScheme.SECP256K1]
    if wrong:
        raise MalformedComponent("a Validator's key is secp256k1", expected="scheme 2", found=wrong[0].encoded())
    together: Key = keys[0] if len(keys) == 1 else CompositeKey(threshold, tuple((1, key) for key in keys))
    addresses = tuple(sorted(address_of_public_key(key.data) for key in keys))
    return replace(draft, validator_key=together, validators=CheckpointSigners(threshold, addresses))


def _leaves(key: Key) -> tuple[PublicKey, ...]:
    if isinstance(key, PublicKey):
        return (key,)
    return tuple(child for _, child in key.children if isinstance(child, PublicKey))


def _single(encoded: bytes) -> PublicKey:
    key = decode_key(encoded)
    if not isinstance(key, PublicKey):
        raise MalformedComponent("a single key is needed here", expected="scheme 2, 3 or 4", found=encoded)
    return key
