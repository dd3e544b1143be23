"""Functions and events by their canonical signature, encoded and decoded strictly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from primitives import abi
from primitives.errors import DecodeError
from primitives.keccak import keccak256

MAX_ABI_BYTES: Final = 1 << 20
HEIGHT_TYPE: Final = "(uint64,uint64)"


@dataclass(frozen=True)
class EvmCall:
    """A message to a contract: to be sent as a transaction or tried with eth_call. `gas` None: estimate it."""

    to: bytes
    data: bytes
    value_wei: int = 0
    gas: int | None = None


@dataclass(frozen=True)
class AbiFunction:
    """One function of an ABI; types in canonical form."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...] = ()

    @cached_property
    def selector(self) -> bytes:
        """First four bytes of the keccak of the signature."""
        return keccak256(f"{self.name}({','.join(self.inputs)})".encode())[:4]

    def encode(self, *arguments: object) -> bytes:
        """Give the call data."""
        return self.selector + abi.encode(self.inputs, arguments)

    def call(self, contract: bytes, *arguments: object) -> EvmCall:
        """Give the message to a contract."""
        return EvmCall(contract, self.encode(*arguments))

    def decode_output(self, data: bytes) -> tuple[Any, ...]:
        """Read what the function returned. Raises `DecodeError`."""
        return decode_values(self.outputs, data, f"output of {self.name}")


@dataclass(frozen=True)
class AbiEvent:
    """One event of an ABI: the types of its indexed and of its other arguments, in order."""

    name: str
    signature_types: tuple[str, ...]
    indexed: tuple[str, ...]
    body: tuple[str, ...]

    @cached_property
    def topic0(self) -> bytes:
        """Keccak of the signature, the first topic."""
        return keccak256(f"{self.name}({','.join(self.signature_types)})".encode())

    def decode(self, topics: Sequence[bytes], data: bytes) -> tuple[tuple[bytes, ...], tuple[Any, ...]]:
        """Give the indexed words as they are, and the values of the body. Raises `DecodeError`."""
        self.require_topics(topics)
        return tuple(topics[1:]), self.decode_body(data)

    def require_topics(self, topics: Sequence[bytes]) -> None:
        """Raise `DecodeError` for topics of another event, or of another number."""
        if len(topics) != 1 + len(self.indexed) or topics[0] != self.topic0:
            raise DecodeError(f"log is not a {self.name}", expected=1 + len(self.indexed), found=len(topics))

    def decode_body(self, data: bytes) -> tuple[Any, ...]:
        """Give the values that are not indexed. Raises `DecodeError`."""
        return decode_values(self.body, data, f"event {self.name}")


def decode_values(types: Sequence[str], data: bytes, what: str) -> tuple[Any, ...]:
    """Read ABI values; anything but the canonical encoding is refused. Raises `DecodeError`."""
    if len(data) > MAX_ABI_BYTES:
        raise DecodeError(f"{what} is too long", expected=f"at most {MAX_ABI_BYTES} bytes", found=len(data))
    try:
        return abi.decode(types, data)
    except DecodeError as error:
        raise DecodeError(f"{what} is not in its canonical encoding: {error}", found=data) from error


def address_word(word: bytes) -> bytes:
    """Read an address from an indexed topic. Raises `DecodeError`."""
    if len(word) != 32 or any(word[:12]):
        raise DecodeError("topic is not an address", expected="12 zero bytes first", found=word)
    return word[12:]
