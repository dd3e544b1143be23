"""Legacy transactions before and after their signature: what is signed, and what a signed one says. Pure, strict.

Source: EIP-155. A signature's v is 35 or 36 plus twice the chain id; s is in the lower half (EIP-2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chains.evm.client.signing import SignedEvmTx
from primitives.errors import DecodeError
from primitives.keccak import keccak256
from primitives.rlp import encode, split_list, string_payload, uint_bytes, uint_payload
from primitives.secp256k1 import recover_address

MAX_SIGNED_TX_BYTES: Final = 128 * 1024
_FIELDS: Final = 9
_V_BASE: Final = 35
_UINT64_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class UnsignedEvmTx:
    """A legacy transaction with EIP-155 protection. Amounts in wei."""

    chain_id: int
    nonce: int
    gas_price_wei: int
    gas: int
    to: bytes
    data: bytes
    value_wei: int = 0

    @property
    def unsigned_rlp(self) -> bytes:
        """What is hashed for the signature."""
        return encode([*self._fields(), uint_bytes(self.chain_id), b"", b""])

    @property
    def digest(self) -> bytes:
        """The 32 bytes to be signed."""
        return keccak256(self.unsigned_rlp)

    def signed(self, signature: bytes) -> SignedEvmTx:
        """With ``r | s | v`` (65 bytes, v is 0 or 1). Raises ``BadSignature``."""
        recover_address(self.digest, signature)
        r, s = (uint_bytes(int.from_bytes(word, "big")) for word in (signature[:32], signature[32:64]))
        v = uint_bytes(_V_BASE + 2 * self.chain_id + signature[64])
        raw = encode([*self._fields(), v, r, s])
        return SignedEvmTx(keccak256(raw), raw, self.nonce)

    def _fields(self) -> list[bytes]:
        numbers = [uint_bytes(number) for number in (self.nonce, self.gas_price_wei, self.gas)]
        return [*numbers, self.to, uint_bytes(self.value_wei), self.data]


@dataclass(frozen=True, slots=True)
class ReadSignedEvmTx:
    """What a signed transaction says, who signed it, and its hash."""

    content: UnsignedEvmTx
    sender: bytes
    signed: SignedEvmTx


def read_signed_tx(raw: bytes) -> ReadSignedEvmTx:
    """Read a signed legacy transaction; anything but its one encoding is refused.

    Raises ``DecodeError``, ``BadSignature``.
    """
    if not 0 < len(raw) <= MAX_SIGNED_TX_BYTES:
        raise DecodeError("signed transaction has a wrong size", expected=f"1..{MAX_SIGNED_TX_BYTES}", found=len(raw))
    items = split_list(raw)
    if len(items) != _FIELDS:
        raise DecodeError("a signed legacy transaction has nine fields", expected=_FIELDS, found=len(items))
    nonce, gas_price_wei, gas = (uint_payload(item, size) for item, size in zip(items[:3], (8, 32, 8), strict=True))
    to, data = string_payload(items[3]), string_payload(items[5])
    if len(to) != 20:
        raise DecodeError("the transaction calls a contract", expected="20 bytes of address", found=to)
    v = uint_payload(items[6], _UINT64_BYTES + 1)
    if v < _V_BASE + 2:
        raise DecodeError("the signature is protected by EIP-155", expected="a v with the chain id in it", found=v)
    chain_id, odd = divmod(v - _V_BASE, 2)
    content = UnsignedEvmTx(chain_id, nonce, gas_price_wei, gas, to, data, uint_payload(items[4]))
    words = b"".join(uint_payload(item).to_bytes(32, "big") for item in items[7:])
    sender = recover_address(content.digest, words + bytes((odd,)))
    if encode([string_payload(item) for item in items]) != raw:
        raise DecodeError("the transaction is not in its one encoding", found=raw)
    return ReadSignedEvmTx(content, sender, SignedEvmTx(keccak256(raw), raw, nonce))
