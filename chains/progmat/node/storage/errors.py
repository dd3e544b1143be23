"""What the node's database refuses.

CrossDvpError
├── CallerError
│   ├── NoDatabase                nothing is there yet
│   ├── BadBackup                 the file is no backup, or not the one its manifest describes
│   ├── DatabaseNotEmpty          a backup is restored into an empty database only
│   ├── SchemaOutdated            written by an earlier version of this program: migrate
│   ├── UnknownSchemaVersion      written by a later version of this program, or by something else
│   └── DatabaseOfAnotherNode     the database belongs to a node of another name
└── UnavailableError
    ├── StorageFailed             the disk or the database failed; the operation is lost or its fate is unknown
    │   ├── DatabaseInUse         another process holds the database
    │   ├── DatabaseTakenOver     another process has held the database since we lost it: this one must restart
    │   └── DatabaseWentBack      acknowledged commits are gone: this process must restart, and will be in doubt
    ├── StorageOverloaded         too many operations are waiting
    ├── StorageClosed             the node is stopping
    └── RecordsInDoubt            the records may lack what this node once wrote: it signs nothing until reconciled
"""

from __future__ import annotations

from primitives.errors import CallerError, UnavailableError


class NoDatabase(CallerError):
    """Nothing is there."""

    reason = "NO_DATABASE"

    def __init__(self, database: str) -> None:
        self.database = database
        super().__init__(f"{database}: no node has made a database there: check the configuration, or start the node")


class BadBackup(CallerError):
    """The file cannot be restored from."""

    reason = "BAD_BACKUP"

    def __init__(self, file: str, rule: str) -> None:
        self.file, self.rule = file, rule
        super().__init__(f"{file}: {rule}: use another backup")


class DatabaseNotEmpty(CallerError):
    """There are tables already."""

    reason = "DATABASE_NOT_EMPTY"

    def __init__(self, database: str) -> None:
        self.database = database
        super().__init__(f"{database} has tables already: create an empty database and configure that one")


class SchemaOutdated(CallerError):
    """The tables are those of an earlier version of this program."""

    reason = "SCHEMA_OUTDATED"

    def __init__(self, database: str, found: str, expected: str) -> None:
        self.database, self.found, self.expected = database, found, expected
        super().__init__(
            f"{database}: schema version {found!r}, this program needs {expected!r}: take a backup, then run "
            "`crossdvp ledger storage migrate CONFIG`"
        )


class UnknownSchemaVersion(CallerError):
    """The database has a schema this program does not know."""

    reason = "UNKNOWN_SCHEMA_VERSION"

    def __init__(self, database: str, found: str, expected: str) -> None:
        self.database, self.found, self.expected = database, found, expected
        super().__init__(
            f"{database}: schema version {found!r}, this program knows {expected!r} and what came before: "
            "run the program that wrote it"
        )


class DatabaseOfAnotherNode(CallerError):
    """The database file belongs to a node of another name."""

    reason = "DATABASE_OF_ANOTHER_NODE"

    def __init__(self, path: str, found: str, expected: str) -> None:
        self.path = path
        self.found = found
        self.expected = expected
        super().__init__(f"{path}: written by node {found!r}, opened by {expected!r}: check the configured database")


class StorageFailed(UnavailableError):
    """The database could not do or could not keep the operation."""

    reason = "STORAGE_FAILED"

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        return f"the node's database failed ({self.detail}): check its disk or server, then retry"


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


class DatabaseInUse(StorageFailed):
    """Another process holds the database: two writers would sign on different truths."""

    reason = "DATABASE_IN_USE"

    def __init__(self, database: str, holder: str) -> None:
        self.database, self.holder = database, holder
        super().__init__(f"held by {holder}")

    def _sentence(self) -> str:
        return f"{self.database} is held by {self.holder}: stop that process first, one database has one node"


class DatabaseTakenOver(StorageFailed):
    """What this process remembers of the database is no longer true."""

    reason = "DATABASE_TAKEN_OVER"

    def __init__(self, database: str, holder: str) -> None:
        self.database, self.holder = database, holder
        super().__init__(f"written by {holder}")

    def _sentence(self) -> str:
        return f"{self.database} was written by {self.holder} meanwhile: this process may not write it again, end it"


class DatabaseWentBack(StorageFailed):
    """The database is an older copy of what this process wrote: a standby without the last commits, or an old file."""

    reason = "DATABASE_WENT_BACK"

    def __init__(self, database: str, expected: int, found: int) -> None:
        self.database, self.expected, self.found = database, expected, found
        super().__init__(f"commit {found} instead of {expected}")

    def _sentence(self) -> str:
        return (
            f"{self.database} stands at commit {self.found}, this process has written commit {self.expected}: "
            "end it; started again it asks its peers for what is gone"
        )


class RecordsInDoubt(UnavailableError):
    """The node's records may be older than what it once acknowledged; a signature could contradict one it forgot."""

    reason = "RECORDS_IN_DOUBT"

    def __init__(self, doubt: str, detail: str) -> None:
        self.doubt, self.detail = doubt, detail
        super().__init__(
            f"this node signs nothing: {detail} [{doubt}]; when its peers have answered what it missed, run "
            "`crossdvp ledger storage reconcile CONFIG --confirm`"
        )
