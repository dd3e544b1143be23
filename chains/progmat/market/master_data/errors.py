"""What is refused about master data, and why. No message holds a value: it may be personal.

CrossDvpError
└── CallerError
    ├── RecordRefused        a field breaks its rule
    ├── RecordUnknown        no record of that kind and id
    ├── RecordChanged        somebody else changed it first
    ├── RecordErased         its person was erased: nothing is written under this id any more
    ├── InvestorHolds        units, cash or open trades forbid the erasure
    └── KeyTaken             a key that is one investor's cannot become another's
"""

from __future__ import annotations

from primitives.errors import CallerError


class RecordRefused(CallerError):
    """A field breaks its rule; nothing was stored."""

    reason = "RECORD_REFUSED"

    def __init__(self, kind: str, problems: tuple[str, ...]) -> None:
        self.kind, self.problems = kind, problems
        super().__init__(f"{kind}: {'; '.join(problems)}; correct these fields and send it again")


class RecordUnknown(CallerError):
    """No record of that kind and id."""

    reason = "RECORD_UNKNOWN"

    def __init__(self, kind: str, record_id: str) -> None:
        self.kind, self.record_id = kind, record_id[:64]
        super().__init__(f"{kind} {record_id[:64]!r} is unknown here: enter it first, or correct the id")


class RecordChanged(CallerError):
    """Somebody else changed the record first."""

    reason = "RECORD_CHANGED"

    def __init__(self, kind: str, record_id: str, expected: int, found: int) -> None:
        self.kind, self.record_id, self.expected, self.found = kind, record_id, expected, found
        super().__init__(
            f"{kind} {record_id!r}: expected version {expected}, found {found}; read it again and repeat your change"
        )


class RecordErased(CallerError):
    """The person was erased: nothing is written under this id any more."""

    reason = "RECORD_ERASED"

    def __init__(self, kind: str, record_id: str) -> None:
        self.kind, self.record_id = kind, record_id
        super().__init__(f"{kind} {record_id!r} was erased: whoever comes back gets a new id")


class InvestorHolds(CallerError):
    """Units, cash or open trades forbid the erasure."""

    reason = "INVESTOR_HOLDS"

    def __init__(self, investor_id: str, obstacles: tuple[str, ...]) -> None:
        self.investor_id, self.obstacles = investor_id, obstacles
        super().__init__(
            f"{investor_id!r} cannot be erased while it has {', '.join(obstacles)}: move or settle these first, "
            "or name the order that forces it"
        )


class KeyTaken(CallerError):
    """A key that is one investor's cannot become another's: the ledger's history would change its meaning."""

    reason = "KEY_TAKEN"

    def __init__(self, key: str, investor_id: str) -> None:
        self.key, self.investor_id = key, investor_id
        super().__init__(f"key {key[:16]}… is an account key of {investor_id!r} and stays so: open another account")
