"""Is a signed transaction exactly the one that was prepared? Pure."""

from __future__ import annotations

from chains.evm.client.unsigned_tx import ReadSignedEvmTx, read_signed_tx
from primitives.errors import PeerError
from relayer.gateway.custody.tables import Prepared
from relayer.gateway.service_errors import EvmTxDiffers, EvmTxMalformed


def require_prepared(raw: bytes, prepared: Prepared) -> ReadSignedEvmTx:
    """The transaction in ``raw``. The price of gas may be anything up to the ceiling; all else is as prepared.

    Raises ``EvmTxMalformed``, ``EvmTxDiffers``.
    """
    try:
        found = read_signed_tx(raw)
    except PeerError as refusal:
        raise EvmTxMalformed(f"{refusal} [{refusal.reason}]") from refusal
    expected, said = prepared.content, found.content
    _require("chain_id", expected.chain_id, said.chain_id)
    _require("sender", _hex(prepared.sender), _hex(found.sender))
    _require("to", _hex(expected.to), _hex(said.to))
    _require("data", _hex(expected.data), _hex(said.data))
    _require("value", expected.value_wei, said.value_wei)
    _require("nonce", expected.nonce, said.nonce)
    _require("gas", expected.gas, said.gas)
    if said.gas_price_wei > prepared.most_gas_price_wei:
        raise EvmTxDiffers("gas_price", f"at most {prepared.most_gas_price_wei} wei", f"{said.gas_price_wei} wei")
    return found


def _require(field: str, expected: str | int, found: str | int) -> None:
    if expected != found:
        raise EvmTxDiffers(field, str(expected)[:200], str(found)[:200])


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
