"""What several topics' commands take from the command line: bytes, business networks, the id of a request."""

from __future__ import annotations

import uuid
from enum import Enum
from typing import Annotated

import typer

from chains.progmat.contracts.membership import BusinessNetwork
from primitives.errors import CallerError

RequestOption = Annotated[
    str, typer.Option("--request-id", help="Id of this request; repeat a command with the same one after a failure.")
]


class BadArgument(CallerError):
    """An argument of a command cannot be used."""

    reason = "BAD_ARGUMENT"


class NetworkName(Enum):
    """A business network, as the command line names it."""

    ST = "ST"
    SC = "SC"
    UT = "UT"

    @property
    def network(self) -> BusinessNetwork:
        """The network of that name."""
        return BusinessNetwork[self.value]


def id_of_request(given: str, kind: str) -> str:
    """The id the caller gave; else a fresh one that begins with what the request is."""
    return given or f"{kind}-{uuid.uuid4()}"


def hex_bytes(text: str, what: str = "the argument") -> bytes:
    """Bytes that were given in hexadecimal, with or without 0x; raises ``BadArgument``, which names `what` they are."""
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError as error:
        raise BadArgument(f"{what}: hexadecimal digits are wanted, not {text[:80]!r}") from error
