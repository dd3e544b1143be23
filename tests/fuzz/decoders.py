"""Every function that reads bytes from outside, found by its name and signature, with what writes the same bytes.

A decoder is a function `decode_…` or `read_…_header`, or a class method `decode`, that takes bytes. Those that need
more than the bytes are given it here by name; those that are none of ours to fuzz are named with the reason.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType, ModuleType
from typing import Any, Final

from chains.progmat.flows.record import FlowKind
from chains.progmat.market.emergency.file_codec import MoveLine
from chains.progmat.node.peers.limits import PeerLimits
from primitives.errors import CrossDvpError

Decode = Callable[[bytes], Any]
Encode = Callable[[Any], bytes]

PACKAGES: Final = ("primitives", "ibc", "light_clients", "chains.progmat", "chains.evm")
LEDGER_ID: Final = "progmat-test"

WITH_MORE: Final[dict[str, dict[str, Any]]] = {
    "light_clients.enclave.attestation.cbor.decode_cbor": {"max_bytes": 16_384},
    "light_clients.progmat.header.decode_header": {"ledger_id": LEDGER_ID},
    "light_clients.progmat.misbehaviour.decode_misbehaviour": {"ledger_id": LEDGER_ID},
    "chains.progmat.notary.find_codec.decode_find_response": {"asked": ()},
    "chains.progmat.notary.find_codec.decode_positions_response": {"asked": 2},
    "chains.progmat.node.peers.frame_codec.decode_requests": {"peer": "cn-a", "limits": PeerLimits()},
    "chains.progmat.node.peers.frame_codec.decode_answers": {"peer": "cn-a", "limits": PeerLimits()},
    "chains.progmat.transactions.component_codec.decode_command": {"signers": ()},
    "chains.progmat.market.exchange.venue_codec.decode_event": {"kind": "Place", "member": "broker-a"},
    "chains.progmat.market.exchange.trade_accounts.decode_answer": {"peer": "cn-a", "own_keys": ()},
    "chains.progmat.market.emergency.file_codec.decode_line": {"kind": MoveLine, "number": 1},
}
"""Arguments beside the bytes."""

BY_KIND: Final = "chains.progmat.flows.request_codec.decode_request"
"""Reads a request of each kind of flow."""

NOT_FROM_OUTSIDE: Final[dict[str, str]] = {
    "light_clients.qbft.engine.read_sealed_header": "chooses one of the engines' readers, which are fuzzed",
    "primitives.abi.decode": "takes the types of its caller; fuzzed through all that call it, and against eth-abi",
    "chains.evm.client.abi.decode_values": "takes the types of its caller; read through each contract's bindings",
}


@dataclass(frozen=True)
class Decoder:
    """A decoder by its dotted name; `encode` is None where nothing writes exactly what it reads."""

    name: str
    decode: Decode
    encode: Encode | None
    function: Any

    def takes(self, data: bytes) -> bool:
        """Whether it accepts the bytes; any error but one of ours is a defect and is raised."""
        try:
            self.decode(data)
        except CrossDvpError:
            return False
        return True


def code_of(decoder: Decoder) -> CodeType:
    """The code object that runs when the decoder is called."""
    function = inspect.unwrap(getattr(decoder.function, "__func__", decoder.function))
    code: CodeType = function.__code__
    return code


WRITES_SOMETHING_ELSE: Final = ("chains.progmat.transactions.component_codec.decode_signers",)
"""Their namesake takes more than what they read."""


def all_decoders() -> tuple[Decoder, ...]:
    """All of them, by name. Raises `LookupError` for one that takes more than bytes and is not named above."""
    found: dict[str, Decoder] = {}
    for module in _modules():
        for name, function, owner in _candidates(module):
            found.update((decoder.name, decoder) for decoder in _decoders_of(module, name, function, owner))
    return tuple(found[name] for name in sorted(found))


def _modules() -> Iterator[ModuleType]:
    for package in PACKAGES:
        root = importlib.import_module(package)
        for info in pkgutil.walk_packages(root.__path__, f"{package}."):
            if not info.name.endswith("__main__") and ".migrations" not in info.name:
                yield importlib.import_module(info.name)


def _candidates(module: ModuleType) -> Iterator[tuple[str, Any, type | None]]:
    for name, thing in vars(module).items():
        if getattr(thing, "__module__", None) != module.__name__:
            continue
        if (inspect.isfunction(thing) or hasattr(thing, "cache_info")) and _reads_bytes(name, thing):
            yield f"{module.__name__}.{name}", thing, None
        elif inspect.isclass(thing) and isinstance(vars(thing).get("decode"), classmethod):
            method = vars(thing)["decode"].__get__(None, thing)
            if _reads_bytes("decode_", method):
                yield f"{module.__name__}.{name}.decode", method, thing


def _reads_bytes(name: str, function: Any) -> bool:  # noqa: ANN401  # any callable
    reads_header = name.startswith("read_") and name.endswith("_header")
    is_named_so = name == "decode" or name.startswith("decode_") or reads_header
    return is_named_so and any(p.annotation == "bytes" for p in inspect.signature(function).parameters.values())


def _decoders_of(module: ModuleType, name: str, function: Any, owner: type | None) -> Iterator[Decoder]:  # noqa: ANN401  # any callable
    if name in NOT_FROM_OUTSIDE:
        return
    if name == BY_KIND:
        for kind in FlowKind:
            yield Decoder(f"{name}[{kind.value}]", lambda data, kind=kind: function(kind, data), None, function)  # type: ignore[misc]  # a default binds the loop's value
        return
    more = WITH_MORE.get(name, {})
    needed = [
        parameter.name
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is parameter.empty and parameter.annotation != "bytes"
    ]
    if set(needed) - set(more):
        raise LookupError(f"{name} needs {needed}: say in tests/fuzz/decoders.py what the fuzzer gives it")
    at = next(p.name for p in inspect.signature(function).parameters.values() if p.annotation == "bytes")
    yield Decoder(name, lambda data: function(**{at: data}, **more), _encoder_of(module, function, owner), function)


def _encoder_of(module: ModuleType, function: Any, owner: type | None) -> Encode | None:  # noqa: ANN401  # any callable
    if owner is not None:
        return getattr(owner, "encode", None) or getattr(owner, "encoded", None)
    encode = getattr(module, function.__name__.replace("decode_", "encode_", 1), None)
    name = f"{function.__module__}.{function.__name__}"
    if name in WRITES_SOMETHING_ELSE or encode is None or encode is function:
        return None
    if len(inspect.signature(encode).parameters) != 1:
        return None
    return encode  # type: ignore[no-any-return]  # found by name
