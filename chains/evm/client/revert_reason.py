"""Revert data as words: the contract's own error with its arguments, so that a message can be acted on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from eth_abi.abi import decode as abi_decode
from eth_abi.exceptions import DecodingError

from chains.evm.client.artifacts import CONTRACTS, canonical_type, load_artifact
from chains.evm.errors import ArtifactInvalid, RevertReason
from primitives.keccak import keccak256

MISSING_ROLE: Final = "AccessControlUnauthorizedAccount"
MAX_REVERT_BYTES: Final = 64 * 1024
# https://docs.soliditylang.org: codes of Panic(uint256)
_PANICS: Final = {
    0x01: "assertion failed",
    0x11: "arithmetic overflow",
    0x12: "division by zero",
    0x21: "value is no member of its enum",
    0x22: "corrupt storage byte array",
    0x31: "pop of an empty array",
    0x32: "index out of bounds",
    0x41: "out of memory",
    0x51: "call of an uninitialised function",
}


@dataclass(frozen=True)
class ErrorSignature:
    """A Solidity error: its name and its parameters' names and types."""

    name: str
    parameters: tuple[tuple[str, str], ...]

    @property
    def selector(self) -> bytes:
        """First four bytes of the keccak of the signature."""
        return keccak256(f"{self.name}({','.join(kind for _, kind in self.parameters)})".encode())[:4]


def revert_reason(data: bytes) -> RevertReason:
    """Decode revert data by the errors of this project's contracts; never fails."""
    signature = known_errors().get(data[:4])
    if signature is None or len(data) > MAX_REVERT_BYTES:
        return RevertReason("", (), data)
    try:
        values = abi_decode([kind for _, kind in signature.parameters], data[4:])
    except (DecodingError, OverflowError, UnicodeDecodeError):
        return RevertReason("", (), data)
    arguments = tuple(zip((name for name, _ in signature.parameters), values, strict=True))
    if signature.name == "Panic":
        return RevertReason("Panic", (("code", _PANICS.get(values[0], hex(values[0]))),), data)
    return RevertReason(signature.name, arguments, data)


def is_of_router_or_client(reason: RevertReason, caller: bytes) -> bool:
    """Whether a refusal is one of the router's or a light client's own errors, and not of the app behind them.

    An app's acknowledgement and time-out run after all checks of these: what reverts with other data, or none, is the
    app's, or its token's, doing. A missing role is the router's refusal if ``caller`` misses it.
    """
    if reason.name == MISSING_ROLE:
        return dict(reason.arguments).get("account") == "0x" + caller.hex()
    return reason.data[:4] in _errors_of_router_and_clients()


@cache
def _errors_of_router_and_clients() -> frozenset[bytes]:
    checking = [name for name in CONTRACTS if name == "ICS26Router" or name.endswith("LightClient")]
    return frozenset(signature.selector for name in checking for signature in _errors_of(name))


@cache
def known_errors() -> Mapping[bytes, ErrorSignature]:
    """Give every error of the artifacts and the two of the language, by selector."""
    signatures = [
        ErrorSignature("Error", (("message", "string"),)),
        ErrorSignature("Panic", (("code", "uint256"),)),
    ]
    for contract in CONTRACTS:
        signatures.extend(_errors_of(contract))
    return {signature.selector: signature for signature in signatures}


def _errors_of(contract: str) -> list[ErrorSignature]:
    try:
        abi = load_artifact(contract).abi
    except ArtifactInvalid:
        return []  # contracts not built: their errors stay hexadecimal
    return [_signature_of(entry) for entry in abi if entry["type"] == "error"]


def _signature_of(entry: Mapping[str, Any]) -> ErrorSignature:
    parameters = tuple((str(parameter["name"]), canonical_type(parameter)) for parameter in entry["inputs"])
    return ErrorSignature(str(entry["name"]), parameters)
