"""Errors of the registry of light clients.

    CallerError
    └── RegistryError
        ├── UnknownClientType      nobody registered a light client of this type
        ├── DuplicateClientType    two light clients want one type
        └── TestClientRefused      the mock in a production registry

Each light client has its own tree, in its own package.
"""

from __future__ import annotations

from typing import ClassVar

from primitives.errors import CallerError


class RegistryError(CallerError):
    """A registry was filled or asked wrongly."""

    reason: ClassVar[str] = "LIGHT_CLIENT_REGISTRY"

    def __init__(self, message: str, *, client_type: str) -> None:
        super().__init__(message)
        self.client_type = client_type


class UnknownClientType(RegistryError):
    """No light client of this type is registered."""

    reason: ClassVar[str] = "UNKNOWN_CLIENT_TYPE"


class DuplicateClientType(RegistryError):
    """A light client of this type is registered already."""

    reason: ClassVar[str] = "DUPLICATE_CLIENT_TYPE"


class TestClientRefused(RegistryError):
    """A light client that proves nothing was offered to a production registry."""

    __test__ = False  # not a test case, whatever its name begins with
    reason: ClassVar[str] = "TEST_CLIENT_REFUSED"
