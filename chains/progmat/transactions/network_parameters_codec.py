"""Network parameters to bytes and back, strictly and bounded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crossdvp.ledger.v1 import transaction_pb2 as pb

from chains.progmat.transactions.component_codec import decode_single_key, party_from_message, party_to_message
from chains.progmat.transactions.model import Party
from primitives.codec import deterministic_bytes, strict_parse
from primitives.composite_key import Key, decode_key
from primitives.public_key import PublicKey

MAX_PARAMETERS_BYTES = 32 * 1024


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
        )
    )


def decode_network_parameters(data: bytes) -> RawNetworkParameters:
    """The fields in ``data``; raises DecodeError."""
    message = strict_parse(pb.NetworkParameters, data, max_bytes=MAX_PARAMETERS_BYTES)
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
    )
