"""What the node's database refuses.

CrossDvpError
├── CallerError
│   ├── UnknownSchemaVersion      the file was written by another version of this program
│   └── DatabaseOfAnotherNode     the file belongs to a node of another name
└── UnavailableError
    ├── StorageFailed             the disk or the database failed; the operation is lost or its fate is unknown
    ├── StorageOverloaded         too many operations are waiting
    └── StorageClosed             the node is stopping
"""

from __future__ import annotations

from primitives.errors import CallerError, UnavailableError


class UnknownSchemaVersion(CallerError):
    """The database file has a schema this program does not know."""

    reason = "UNKNOWN_SCHEMA_VERSION"

    def __init__(self, path: str, found: str, expected: str) -> None:
        self.path = path
        self.found = found
        self.expected = expected
        super().__init__(
            f"{path}: schema version {found!r}, this program knows {expected!r}: run the program that wrote the file"
        )


class DatabaseOfAnotherNode(CallerError):
    """The database file belongs to a node of another name."""

    reason = "DATABASE_OF_ANOTHER_NODE"

    def __init__(self, path: str, found: str, expected: str) -> None:
        self.path = path
        self.found = found
        self.expected = expected
        super().__init__(f"{path}: written by node {found!r}, opened by {expected!r}: check the database path")


class StorageFailed(UnavailableError):
    """The database could not do or could not keep the operation."""

    reason = "STORAGE_FAILED"

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(f"the node's database failed ({detail}): check its disk, then retry")


class StorageOverloaded(UnavailableError):
    """The queue of operations is full."""

    reason = "STORAGE_OVERLOADED"

    def __init__(self, waiting: int) -> None:
        self.waiting = waiting
        super().__init__(f"{waiting} operations wait for the node's database: retry later")


class StorageClosed(UnavailableError):
    """The database is closed."""

    reason = "STORAGE_CLOSED"

    def __init__(self) -> None:
        super().__init__("the node's database is closed: the node is stopping")
