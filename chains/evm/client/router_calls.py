"""Client updates in the data of calls to the router: what was shown to a light client, read back from the chain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chains.evm.client.abi import decode_values
from chains.evm.client.router import MULTICALL, UPDATE_CLIENT
from primitives.errors import DecodeError

_SELECTOR_BYTES = 4


@dataclass(frozen=True)
class ClientUpdateCall:
    """One ``updateClient``."""

    client_id: str
    client_message: bytes


def updates_in(call_data: bytes) -> Iterator[ClientUpdateCall]:
    """The updates in a call to the router, alone or in a multicall; nothing where the data is something else.

    Anybody may send the router anything: what does not decode is skipped, never an error.
    """
    try:
        calls = _inner_calls(call_data)
    except DecodeError:
        return
    for call in calls:
        if call[:_SELECTOR_BYTES] != UPDATE_CLIENT.selector:
            continue
        try:
            client_id, client_message = decode_values(UPDATE_CLIENT.inputs, call[_SELECTOR_BYTES:], "updateClient")
        except DecodeError:
            continue
        yield ClientUpdateCall(client_id, client_message)


def _inner_calls(call_data: bytes) -> tuple[bytes, ...]:
    if call_data[:_SELECTOR_BYTES] != MULTICALL.selector:
        return (call_data,)
    (calls,) = decode_values(MULTICALL.inputs, call_data[_SELECTOR_BYTES:], "multicall")
    return tuple(calls)
