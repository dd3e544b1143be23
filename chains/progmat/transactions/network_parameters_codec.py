"""Network parameters to bytes and back, strictly and bounded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crossdvp.ledger.v1 import transaction_pb2 as pb

from chains.progmat.transactions.component_codec import decode_single_key, party_from_message, party_to_message
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.key_succession import MAX_SUCCESSIONS, KeySuccession
from chains.progmat.transactions.model import Party
from chains.progmat.transactions.other_notaries import MAX_OTHER_NOTARIES, NotaryService, OtherNotary
from chains.progmat.transactions.package_approval import MAX_APPROVALS, PackageApproval
from primitives.codec import deterministic_bytes, strict_parse
from primitives.composite_key import Key, decode_key
from primitives.public_key import PublicKey
from primitives.types import Hash32

MAX_PARAMETERS_BYTES = 160 * 1024
MAX_SIGNED_BYTES = MAX_PARAMETERS_BYTES + 256
_SERVICES = {
    NotaryService.OPEN: pb.NotaryService.NOTARY_SERVICE_OPEN,
    NotaryService.RETIRING: pb.NotaryService.NOTARY_SERVICE_RETIRING,
}


@dataclass(frozen=True, slots=True)
class RawNetworkParameters:
    """Decoded fields, not yet held against each other."""

    epoch: int
    ledger_id: str
    notary: Party
    validator_key: Key
    checkpoint_threshold: int
    checkpoint_validators: tuple[bytes, ...]
    operator_key: PublicKey
    contract_packages: tuple[bytes, ...]
    platform_version: int
    previous_hash: bytes
    effective_from_s: int
    key_successions: tuple[KeySuccession, ...]
    package_approvals: tuple[PackageApproval, ...]
    other_notaries: tuple[OtherNotary, ...]


def encode_network_parameters(
    *,
    epoch: int,
    ledger_id: str,
    notary: Party,
    validator_key: Key,
    checkpoint_threshold: int,
    checkpoint_validators: Sequence[bytes],
    operator_key: PublicKey,
    contract_packages: Sequence[bytes],
    platform_version: int,
    previous_hash: bytes,
    effective_from_s: int,
    key_successions: Sequence[KeySuccession],
    package_approvals: Sequence[PackageApproval],
    other_notaries: Sequence[OtherNotary],
) -> bytes:
    """Canonical bytes of the parameters."""
    return deterministic_bytes(
        pb.NetworkParameters(
            epoch=epoch,
            ledger_id=ledger_id,
            notary=party_to_message(notary),
            validator_key=validator_key.encoded(),
            checkpoint_threshold=checkpoint_threshold,
            checkpoint_validators=checkpoint_validators,
            operator_key=operator_key.encoded(),
            contract_packages=contract_packages,
            platform_version=platform_version,
            previous_hash=previous_hash,
            effective_from_s=effective_from_s,
            key_successions=[
                pb.KeySuccession(
                    name=item.name,
                    old_key=item.old_key.encoded(),
                    new_key=item.new_key.encoded(),
                    consent=item.consent,
                )
                for item in key_successions
            ],
            package_approvals=[
                pb.PackageApproval(package_hash=item.package_hash, result_tx=item.result_tx)
                for item in package_approvals
            ],
            other_notaries=[
                pb.OtherNotary(party=party_to_message(item.party), service=_SERVICES[item.service])
                for item in other_notaries
            ],
        )
    )


def decode_network_parameters(data: bytes) -> RawNetworkParameters:
    """The fields in ``data``; raises DecodeError."""
    message = strict_parse(pb.NetworkParameters, data, max_bytes=MAX_PARAMETERS_BYTES)
    if len(message.key_successions) > MAX_SUCCESSIONS:
        raise MalformedComponent(
            "key successions are few", expected=f"at most {MAX_SUCCESSIONS}", found=len(message.key_successions)
        )
    if len(message.package_approvals) > MAX_APPROVALS:
        raise MalformedComponent(
            "package approvals are few", expected=f"at most {MAX_APPROVALS}", found=len(message.package_approvals)
        )
    if len(message.other_notaries) > MAX_OTHER_NOTARIES:
        raise MalformedComponent(
            "other notaries are few", expected=f"at most {MAX_OTHER_NOTARIES}", found=len(message.other_notaries)
        )
    return RawNetworkParameters(
        epoch=message.epoch,
        ledger_id=message.ledger_id,
        notary=party_from_message(message.notary),
        validator_key=decode_key(message.validator_key),
        checkpoint_threshold=message.checkpoint_threshold,
        checkpoint_validators=tuple(message.checkpoint_validators),
        operator_key=decode_single_key(message.operator_key),
        contract_packages=tuple(message.contract_packages),
        platform_version=message.platform_version,
        previous_hash=message.previous_hash,
        effective_from_s=message.effective_from_s,
        key_successions=tuple(
            KeySuccession(item.name, decode_single_key(item.old_key), decode_single_key(item.new_key), item.consent)
            for item in message.key_successions
        ),
        package_approvals=tuple(
            PackageApproval(Hash32(item.package_hash), Hash32(item.result_tx)) for item in message.package_approvals
        ),
        other_notaries=tuple(map(_other_notary, message.other_notaries)),
    )


def _other_notary(message: pb.OtherNotary) -> OtherNotary:
    for service, value in _SERVICES.items():
        if value == message.service:
            return OtherNotary(party_from_message(message.party), service)
    raise MalformedComponent("a notary's service is a known one", expected="1 or 2", found=int(message.service))


def encode_signed_parameters(parameters: bytes, by: PublicKey, signature: bytes) -> bytes:
    """Canonical bytes of an epoch's parameters with the operator's signature."""
    return deterministic_bytes(pb.SignedNetworkParameters(parameters=parameters, by=by.encoded(), signature=signature))


def decode_signed_parameters(data: bytes) -> tuple[bytes, PublicKey, bytes]:
    """Parameters' bytes, the signing key and the signature, none of them checked; raises DecodeError."""
    message = strict_parse(pb.SignedNetworkParameters, data, max_bytes=MAX_SIGNED_BYTES)
    return message.parameters, decode_single_key(message.by), message.signature
