"""Components to bytes and back, strictly: one message type per component group, bounded, canonical encoding only.

Every ``decode_*`` raises MalformedComponent or another DecodeError.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Final, TypeVar

from crossdvp.ledger.v1 import transaction_pb2 as pb

from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.model import (
    MAX_COMPONENT_BYTES,
    Command,
    Party,
    ProvableWrite,
    StateRef,
    TimeWindow,
    TransactionState,
    WriteKind,
    check_hash,
)
from primitives.codec import deterministic_bytes, strict_parse
from primitives.composite_key import Key, decode_key
from primitives.public_key import PublicKey
from primitives.types import Hash32, UnixSeconds

_SMALL_COMPONENT_BYTES = 1024
_REMEMBERED: Final = 2048
_REMEMBERED_BYTES: Final = 256
_EPOCHS: Final = 16
"""Parameters and packages that are built under: the one in force, nearly always."""

T = TypeVar("T")


def _remembered(decode: Callable[[bytes], T]) -> Callable[[bytes], T]:
    """``decode``, which remembers what short components say: most transactions repeat them. For immutable values."""
    known = lru_cache(maxsize=_REMEMBERED)(decode)

    @wraps(decode)
    def decoded(data: bytes) -> T:
        return known(data) if len(data) <= _REMEMBERED_BYTES else decode(data)

    return decoded


def encode_state_ref(ref: StateRef) -> bytes:
    """A component of the input or reference group."""
    return deterministic_bytes(pb.StateRef(tx_id=ref.tx_id, index=ref.index))


@_remembered
def decode_state_ref(data: bytes) -> StateRef:
    """The state reference in ``data``."""
    message = strict_parse(pb.StateRef, data, max_bytes=_SMALL_COMPONENT_BYTES)
    return StateRef(Hash32(message.tx_id), message.index)


def party_to_message(party: Party) -> pb.Party:
    """A party as it stands inside other messages."""
    return pb.Party(name=party.name, key=party.key.encoded())


def party_from_message(message: pb.Party) -> Party:
    """The party in a decoded message; a party signs with a single key."""
    return _party(message.name, message.key)


@lru_cache(maxsize=_REMEMBERED)
def _party(name: str, key: bytes) -> Party:
    """Every state names its notary and its issuer again: few parties, met all the time."""
    return Party(name, decode_single_key(key))


def decode_single_key(data: bytes) -> PublicKey:
    """A key that is not composite. Raises MalformedComponent for a composite one."""
    key = decode_key(data)
    if not isinstance(key, PublicKey):
        raise MalformedComponent("a single key is needed here", expected="scheme 2, 3 or 4", found=data)
    return key


def encode_party(party: Party) -> bytes:
    """The component of the notary group."""
    return deterministic_bytes(party_to_message(party))


@_remembered
def decode_party(data: bytes) -> Party:
    """The party in ``data``."""
    return party_from_message(strict_parse(pb.Party, data, max_bytes=_SMALL_COMPONENT_BYTES))


def encode_state(state: TransactionState) -> bytes:
    """A component of the output group."""
    message = pb.TransactionState(contract=state.contract, data=state.data, notary=party_to_message(state.notary))
    if state.encumbrance is not None:
        message.encumbrance = state.encumbrance
    return deterministic_bytes(message)


def decode_state(data: bytes) -> TransactionState:
    """The transaction state in ``data``; its contract data stays opaque."""
    message = strict_parse(pb.TransactionState, data, max_bytes=MAX_COMPONENT_BYTES)
    encumbrance = message.encumbrance if message.HasField("encumbrance") else None
    return TransactionState(message.contract, message.data, party_from_message(message.notary), encumbrance)


def encode_command(command: Command) -> bytes:
    """A component of the command group; the signers are another component."""
    return deterministic_bytes(pb.Command(contract=command.contract, name=command.name, data=command.data))


def encode_signers(command: Command) -> bytes:
    """The component of the signer group that belongs to ``command``."""
    return deterministic_bytes(pb.CommandSigners(keys=[key.encoded() for key in command.signers]))


@_remembered
def decode_signers(data: bytes) -> tuple[Key, ...]:
    """The signers in one component of the signer group."""
    message = strict_parse(pb.CommandSigners, data, max_bytes=MAX_COMPONENT_BYTES)
    return tuple(decode_key(key) for key in message.keys)


def decode_command(data: bytes, signers: tuple[Key, ...]) -> Command:
    """The command in ``data`` with the signers of its twin component."""
    message = strict_parse(pb.Command, data, max_bytes=MAX_COMPONENT_BYTES)
    return Command(message.contract, message.name, message.data, signers)


def command_contract(data: bytes) -> str:
    """The contract that the command in ``data`` is of: readable without its signers."""
    return strict_parse(pb.Command, data, max_bytes=MAX_COMPONENT_BYTES).contract


def encode_time_window(window: TimeWindow) -> bytes:
    """The component of the time-window group."""
    return deterministic_bytes(pb.TimeWindow(from_s=window.from_s, until_s=window.until_s))


@_remembered
def decode_time_window(data: bytes) -> TimeWindow:
    """The time window in ``data``."""
    message = strict_parse(pb.TimeWindow, data, max_bytes=_SMALL_COMPONENT_BYTES)
    from_s = UnixSeconds(message.from_s) if message.HasField("from_s") else None
    until_s = UnixSeconds(message.until_s) if message.HasField("until_s") else None
    return TimeWindow(from_s, until_s)


@lru_cache(maxsize=_EPOCHS)
def encode_network_parameters_hash(value: Hash32) -> bytes:
    """The component of the network-parameters group."""
    return deterministic_bytes(pb.NetworkParametersHash(hash=value))


@_remembered
def decode_network_parameters_hash(data: bytes) -> Hash32:
    """The network parameters' hash in ``data``."""
    return _hash_of(strict_parse(pb.NetworkParametersHash, data, max_bytes=_SMALL_COMPONENT_BYTES).hash)


@lru_cache(maxsize=_EPOCHS)
def encode_contract_package_hash(value: Hash32) -> bytes:
    """The component of the contract-package group."""
    return deterministic_bytes(pb.ContractPackageHash(hash=value))


@_remembered
def decode_contract_package_hash(data: bytes) -> Hash32:
    """The contract package's hash in ``data``."""
    return _hash_of(strict_parse(pb.ContractPackageHash, data, max_bytes=_SMALL_COMPONENT_BYTES).hash)


def encode_provable_write(write: ProvableWrite) -> bytes:
    """A component of the provable-write group."""
    kind = pb.WriteKind.WRITE_KIND_CREATE if write.kind is WriteKind.CREATE else pb.WriteKind.WRITE_KIND_DELETE
    return deterministic_bytes(pb.ProvableWrite(kind=kind, path=write.path, value=write.value))


def decode_provable_write(data: bytes) -> ProvableWrite:
    """The provable write in ``data``."""
    message = strict_parse(pb.ProvableWrite, data, max_bytes=_SMALL_COMPONENT_BYTES)
    kind = int(message.kind)
    if kind not in {WriteKind.CREATE, WriteKind.DELETE}:
        raise MalformedComponent("provable write has an unknown kind", expected="create or delete", found=kind)
    return ProvableWrite(WriteKind(kind), message.path, message.value)


def _hash_of(value: bytes) -> Hash32:
    check_hash("hash component", value)
    return Hash32(value)
