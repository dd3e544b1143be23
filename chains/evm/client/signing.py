"""Transactions of an account, signed for one chain: legacy with EIP-155 protection, or of type 2 (EIP-1559)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chains.evm.client.abi import EvmCall
from chains.evm.client.fees import FREE, Fee
from primitives.keccak import keccak256
from primitives.rlp import encode, uint_bytes
from primitives.secp256k1 import sign_digest

_V_BASE: Final = 35
_DYNAMIC_FEE: Final = b"\x02"
_NO_ACCESS_LIST: Final[list[bytes]] = []


@dataclass(frozen=True)
class SignedEvmTx:
    """Ready to send, as often as needed: it has one hash and takes effect at most once."""

    evm_tx_hash: bytes
    raw: bytes
    nonce: int


def sign_call(secret: bytes, chain_id: int, call: EvmCall, nonce: int, gas: int, fee: Fee = FREE) -> SignedEvmTx:
    """Sign a transaction for one chain: legacy, or of type 2 if its fee has a tip."""
    chain = uint_bytes(chain_id)
    message: list[object] = [uint_bytes(gas), call.to, uint_bytes(call.value_wei), call.data]
    if fee.priority_fee_wei is None:
        legacy = [uint_bytes(nonce), uint_bytes(fee.max_fee_wei), *message]
        r, s, parity = _signature(secret, encode([*legacy, chain, b"", b""]))
        raw = encode([*legacy, uint_bytes(_V_BASE + 2 * chain_id + parity), r, s])
    else:
        prices = [uint_bytes(fee.priority_fee_wei), uint_bytes(fee.max_fee_wei)]
        dynamic = [chain, uint_bytes(nonce), *prices, *message, _NO_ACCESS_LIST]
        r, s, parity = _signature(secret, _DYNAMIC_FEE + encode(dynamic))
        raw = _DYNAMIC_FEE + encode([*dynamic, uint_bytes(parity), r, s])
    return SignedEvmTx(keccak256(raw), raw, nonce)


def _signature(secret: bytes, unsigned: bytes) -> tuple[bytes, bytes, int]:
    """R and s as RLP keeps numbers, and the parity."""
    signature = sign_digest(secret, keccak256(unsigned))
    r, s = (uint_bytes(int.from_bytes(word, "big")) for word in (signature[:32], signature[32:64]))
    return r, s, signature[64]
