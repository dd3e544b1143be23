"""Errors of the devnet process.

    CrossDvpError
    └── CallerError
        ├── DevnetConfigError       the configuration file does not describe a chain
        ├── SlowCryptoBackend       a pure-Python crypto backend was picked up
        ├── ChainMismatch           the data directory holds another chain
        └── RpcError                one JSON-RPC error object (code, message, data)
            ├── ParseError          -32700
            ├── InvalidRequest      -32600
            ├── MethodNotFound      -32601
            ├── InvalidParams       -32602
            ├── RequestRefused      -32000  geth's "server error", its words kept because clients match on them
            ├── LimitExceeded       -32005  EIP-1474
            └── ExecutionReverted   3       with the revert data

Each leaf has a `reason`, a stable code for machines.
"""

from __future__ import annotations

from typing import ClassVar

from chains.evm.json_value import Json
from primitives.errors import CallerError


class DevnetConfigError(CallerError):
    """The configuration does not describe a chain; the message names each wrong field."""

    reason: ClassVar[str] = "DEVNET_CONFIG_INVALID"


class SlowCryptoBackend(CallerError):
    """A crypto library fell back to a backend 7 to 140 times slower than the one the devnet is measured with."""

    reason: ClassVar[str] = "SLOW_CRYPTO_BACKEND"

    def __init__(self, library: str, expected: str, found: str) -> None:
        super().__init__(f"{library} runs on {found}, expected {expected}: install it or unset the override")
        self.library = library
        self.expected = expected
        self.found = found


class ChainMismatch(CallerError):
    """The data directory holds a chain with another identity than the configuration asks for."""

    reason: ClassVar[str] = "CHAIN_MISMATCH"

    def __init__(self, field: str, expected: str, found: str) -> None:
        super().__init__(
            f"data_dir holds a chain whose {field} is {found}, the configuration says {expected}:"
            " point data_dir elsewhere or restore the configuration",
        )
        self.field = field
        self.expected = expected
        self.found = found


class RpcError(CallerError):
    """One JSON-RPC 2.0 error object."""

    reason: ClassVar[str] = "RPC_ERROR"
    code: ClassVar[int] = -32000

    def __init__(self, message: str, data: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.data = data

    def as_json(self) -> dict[str, Json]:
        """Give the `error` member of the response."""
        body: dict[str, Json] = {"code": self.code, "message": self.message}
        if self.data is not None:
            body["data"] = self.data
        return body


class ParseError(RpcError):
    """The body is not JSON."""

    reason: ClassVar[str] = "RPC_PARSE_ERROR"
    code: ClassVar[int] = -32700


class InvalidRequest(RpcError):
    """The JSON is not a JSON-RPC 2.0 request."""

    reason: ClassVar[str] = "RPC_INVALID_REQUEST"
    code: ClassVar[int] = -32600


class MethodNotFound(RpcError):
    """The method does not exist here."""

    reason: ClassVar[str] = "RPC_METHOD_NOT_FOUND"
    code: ClassVar[int] = -32601

    def __init__(self, method: str) -> None:
        super().__init__(f"the method {method[:64]} does not exist/is not available")


class InvalidParams(RpcError):
    """A parameter is missing, superfluous or malformed."""

    reason: ClassVar[str] = "RPC_INVALID_PARAMS"
    code: ClassVar[int] = -32602


class RequestRefused(RpcError):
    """The node understood the request and refuses it; messages follow geth's, clients match on them."""

    reason: ClassVar[str] = "RPC_REQUEST_REFUSED"


class LimitExceeded(RpcError):
    """The answer would be larger than the node serves (EIP-1474)."""

    reason: ClassVar[str] = "RPC_LIMIT_EXCEEDED"
    code: ClassVar[int] = -32005


class ExecutionReverted(RpcError):
    """The EVM reverted; `data` is the revert data as 0x-hex."""

    reason: ClassVar[str] = "EXECUTION_REVERTED"
    code: ClassVar[int] = 3
