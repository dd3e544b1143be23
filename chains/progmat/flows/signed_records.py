"""Signed transactions and attested outputs by their bytes: decoded and hashed once a node.

Each step, reader and answer meets the same bytes again. Only what cannot change is remembered: what bytes say. Not
whether a transaction is recorded, or its signatures hold.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from functools import lru_cache
from threading import Lock
from typing import Final, Generic, TypeVar

from chains.progmat.flows.record import FlowRecord
from chains.progmat.transactions.output_proof import OutputProof
from chains.progmat.transactions.signature import TransactionSignature
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.signed_codec import decode_signed
from chains.progmat.transactions.wire import WireTransaction

MAX_REMEMBERED: Final = 2048
MAX_REMEMBERED_BYTES: Final = 8 * 1024 * 1024

T = TypeVar("T")


class Newest(Generic[T]):
    """The values last put in, by bytes; bounded in number and in bytes of keys. For any thread."""

    def __init__(self, most: int = MAX_REMEMBERED, most_bytes: int = MAX_REMEMBERED_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._values: OrderedDict[bytes, T] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: bytes) -> T | None:
        """The value, if it is still here."""
        return self._values.get(key)

    def put(self, key: bytes, value: T) -> None:
        """Remember; the oldest are forgotten to make room."""
        if key in self._values:
            return
        with self._lock:
            if key in self._values:
                return
            self._values[key] = value
            self._bytes += len(key)
            while self._bytes > self._most_bytes or len(self._values) > self._most:
                oldest, _ = self._values.popitem(last=False)
                self._bytes -= len(oldest)


_WIRES: Final = Newest[WireTransaction]()
_SIGNED: Final = Newest[SignedTransaction]()


def signed_of(record: FlowRecord) -> SignedTransaction:
    """The transaction of a flow at BUILT or later; raises ``ValueError`` before."""
    if record.signed_tx is None:
        raise ValueError(f"flow {record.flow_id!r} at {record.step.value} has no transaction")
    return decoded(record.signed_tx)


def with_signed(record: FlowRecord, signed: SignedTransaction) -> FlowRecord:
    """The record with another state of its transaction."""
    return record.replaced(signed_tx=encoded(signed), tx_id=bytes(signed.id))


def encoded(signed: SignedTransaction) -> bytes:
    """The bytes of a signed transaction, which ``decoded`` will be asked for."""
    data = signed.encode()
    _WIRES.put(signed.wire_bytes, signed.wire)
    _SIGNED.put(data, signed)
    return data


def decoded(signed_bytes: bytes) -> SignedTransaction:
    """The signed transaction in ``signed_bytes``, no signature verified; raises DecodeError, SignatureRefused."""
    known = _SIGNED.get(signed_bytes)
    if known is not None:
        return known
    signed = assembled(*decode_signed(signed_bytes))
    _SIGNED.put(signed_bytes, signed)
    return signed


def assembled(wire_bytes: bytes, signatures: Iterable[TransactionSignature]) -> SignedTransaction:
    """A transaction from its body as received, and signatures; raises DecodeError, SignatureRefused."""
    return SignedTransaction.received(wire_bytes, signatures, wire_of(wire_bytes))


def wire_of(wire_bytes: bytes) -> WireTransaction:
    """The transaction in ``wire_bytes``; raises DecodeError."""
    wire = _WIRES.get(wire_bytes)
    if wire is None:
        wire = WireTransaction.decode(wire_bytes)
        _WIRES.put(wire_bytes, wire)
    return wire


@lru_cache(maxsize=1024)
def decoded_output(proof_bytes: bytes) -> OutputProof:
    """An output that was verified before it was kept."""
    return OutputProof.decode(proof_bytes)
