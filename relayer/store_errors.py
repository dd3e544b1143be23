"""What can be wrong with the database of a relayer or gateway.

UnavailableError
├── StoreUnavailable  the disk, the network or the server
│   └── StoreConflict  another transaction was in the way: at once again
├── SchemaOutdated  tables of an earlier version: migrate
└── SchemaUnknown  tables of a later one, or of none of ours
"""

from __future__ import annotations

from primitives.errors import UnavailableError


class StoreUnavailable(UnavailableError):
    """The database cannot be read or written: nothing was changed. Check the disk, the path and who else holds it."""

    reason = "STORE_UNAVAILABLE"


class StoreConflict(StoreUnavailable):
    """Another transaction was in this one's way: nothing was changed, the same again may succeed."""

    reason = "STORE_CONFLICT"


class SchemaOutdated(UnavailableError):
    """The database was written by an earlier version of this program; it is left untouched until it is migrated."""

    reason = "STORE_SCHEMA_OUTDATED"

    def __init__(self, path: str, expected: int, found: int, program: str) -> None:
        self.path, self.expected, self.found = path, expected, found
        super().__init__(
            f"{path} has schema {found}, this program needs {expected}: stop all instances, back the database up and "
            f"run `crossdvp {program} db migrate --config FILE`"
        )


class SchemaUnknown(UnavailableError):
    """The database was written by another version of this program; it is left untouched."""

    reason = "STORE_SCHEMA_UNKNOWN"

    def __init__(self, path: str, expected: int, found: int) -> None:
        self.path, self.expected, self.found = path, expected, found
        super().__init__(f"{path} has schema {found}, this program knows {expected}: start the version that wrote it")
