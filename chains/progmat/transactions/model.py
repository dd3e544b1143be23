"""The nouns of a ledger transaction: states, references to states, parties, commands, time windows, provable writes.

Values are checked when they are made, so a decoded component is a valid one; what several components must fulfil
together is in ``platform_rules``. Sources: Corda's ``TransactionState``, ``StateRef``, ``Command``, ``TimeWindow``,
``ComponentGroupEnum``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Final

from chains.progmat.transactions.errors import MalformedComponent
from primitives.composite_key import Key
from primitives.signatures import PublicKey
from primitives.types import Hash32, UnixSeconds

MAX_COMPONENTS_PER_GROUP: Final = 256
MAX_STATE_DATA_BYTES: Final = 64 * 1024
MAX_COMMAND_DATA_BYTES: Final = 256 * 1024
MAX_COMPONENT_BYTES: Final = MAX_COMMAND_DATA_BYTES + 1024
MAX_TRANSACTION_BYTES: Final = 512 * 1024
MAX_SIGNERS_PER_COMMAND: Final = 64
MAX_WRITE_PATH_BYTES: Final = 192
MAX_PARTY_NAME_BYTES: Final = 128
MAX_TIME_S: Final = 2**63 - 1
SALT_BYTES: Final = 32
_REMEMBERED: Final = 1024
"""Names that were found good: short ones, for what is too long is not good. They repeat all the time."""

_CONTRACT_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_COMMAND_NAME = re.compile(r"[A-Z][A-Za-z0-9]{0,62}")


class Group(IntEnum):
    """Ordinals of the component groups; 0..8 are Corda's, 16 and 17 are ours."""

    INPUTS = 0
    OUTPUTS = 1
    COMMANDS = 2
    ATTACHMENTS = 3  # never present: the contract package takes the place of attachments
    NOTARY = 4
    TIME_WINDOW = 5
    SIGNERS = 6
    REFERENCES = 7
    NETWORK_PARAMETERS = 8
    PROVABLE_WRITES = 16
    CONTRACT_PACKAGE = 17


class WriteKind(IntEnum):
    """What a provable write does to its path: create it once, or delete it once afterwards."""

    CREATE = 1
    DELETE = 2


@dataclass(frozen=True, slots=True)
class ComponentGroup:
    """All components of one group, as the bytes that are hashed."""

    ordinal: int
    components: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, order=True)
class StateRef:
    """Output number ``index`` of the ledger transaction ``tx_id``."""

    tx_id: Hash32
    index: int

    def __post_init__(self) -> None:
        check_hash("StateRef.tx_id", self.tx_id)
        check_range("StateRef.index", self.index, 0, MAX_COMPONENTS_PER_GROUP - 1)

    def __str__(self) -> str:
        return f"{self.tx_id.hex()}:{self.index}"


@dataclass(frozen=True, slots=True)
class Party:
    """A participant: the name in its certificate and the key it signs ledger transactions with."""

    name: str
    key: PublicKey

    def __post_init__(self) -> None:
        check_name("Party.name", self.name)


@dataclass(frozen=True, slots=True)
class TransactionState:
    """One output: contract data under a notary, perhaps encumbered by another output of the same transaction."""

    contract: str
    data: bytes
    notary: Party
    encumbrance: int | None = None

    def __post_init__(self) -> None:
        check_pattern("TransactionState.contract", self.contract, _CONTRACT_NAME)
        check_range("TransactionState.data length", len(self.data), 1, MAX_STATE_DATA_BYTES)
        if self.encumbrance is not None:
            check_range("TransactionState.encumbrance", self.encumbrance, 0, MAX_COMPONENTS_PER_GROUP - 1)


@dataclass(frozen=True, slots=True)
class StateAndRef:
    """A resolved state with the reference it was resolved from."""

    ref: StateRef
    state: TransactionState


@dataclass(frozen=True, slots=True)
class Command:
    """What a transaction claims to do under one contract, and whose signatures that needs (at least one)."""

    contract: str
    name: str
    data: bytes
    signers: tuple[Key, ...]

    def __post_init__(self) -> None:
        check_pattern("Command.contract", self.contract, _CONTRACT_NAME)
        check_pattern("Command.name", self.name, _COMMAND_NAME)
        check_range("Command.data length", len(self.data), 0, MAX_COMMAND_DATA_BYTES)
        check_range("Command.signers count", len(self.signers), 1, MAX_SIGNERS_PER_COMMAND)
        if len(self.signers) > 1 and len(set(self.signers)) != len(self.signers):
            raise MalformedComponent("Command.signers", expected="distinct keys", found="a key listed twice")


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """``[from_s, until_s)`` in UTC seconds on the notary's clock; at least one bound is given."""

    from_s: UnixSeconds | None
    until_s: UnixSeconds | None

    def __post_init__(self) -> None:
        if self.from_s is None and self.until_s is None:
            raise MalformedComponent("TimeWindow", expected="at least one bound", found="none")
        for bound in (self.from_s, self.until_s):
            if bound is not None:
                check_range("TimeWindow bound", bound, 0, MAX_TIME_S)
        if self.from_s is not None and self.until_s is not None and self.from_s >= self.until_s:
            raise MalformedComponent(
                "TimeWindow", expected="from before until", found=f"[{self.from_s}, {self.until_s})"
            )

    def contains(self, now_s: int) -> bool:
        """Whether an instant lies in the window: ``from_s`` belongs to it, ``until_s`` does not."""
        return (self.from_s is None or self.from_s <= now_s) and (self.until_s is None or now_s < self.until_s)


@dataclass(frozen=True, slots=True)
class ProvableWrite:
    """A write to the ledger's provable store: CREATE carries a 32-byte value, DELETE an empty one."""

    kind: WriteKind
    path: bytes
    value: bytes

    def __post_init__(self) -> None:
        check_range("ProvableWrite.path length", len(self.path), 1, MAX_WRITE_PATH_BYTES)
        expected = 32 if self.kind is WriteKind.CREATE else 0
        check_range("ProvableWrite.value length", len(self.value), expected, expected)


def create_write(path: bytes, value: Hash32) -> ProvableWrite:
    """A write that creates ``path`` with ``value``; the notary refuses a path that ever existed."""
    return ProvableWrite(WriteKind.CREATE, path, value)


def delete_write(path: bytes) -> ProvableWrite:
    """A write that deletes ``path``; the notary refuses a path that does not exist."""
    return ProvableWrite(WriteKind.DELETE, path, b"")


def check_hash(what: str, value: bytes) -> None:
    """Refuse anything but 32 bytes; raises MalformedComponent."""
    if len(value) != 32:
        raise MalformedComponent(what, expected="32 bytes", found=f"{len(value)} bytes")


def check_range(what: str, value: int, low: int, high: int) -> None:
    """Refuse a number outside ``low..high``; raises MalformedComponent."""
    if not low <= value <= high:
        raise out_of_range(what, value, low, high)


def out_of_range(what: str, value: int, low: int, high: int) -> MalformedComponent:
    """The error of ``check_range``, for hot paths that compare by themselves."""
    return MalformedComponent(what, expected=f"{low}..{high}", found=value)


@lru_cache(maxsize=_REMEMBERED)
def check_pattern(what: str, value: str, pattern: re.Pattern[str]) -> None:
    """Refuse text that does not match the whole pattern; raises MalformedComponent."""
    if pattern.fullmatch(value) is None:
        raise MalformedComponent(what, expected=pattern.pattern, found=value)


@lru_cache(maxsize=_REMEMBERED)
def check_name(what: str, value: str) -> None:
    """Refuse a name that is empty, too long, or holds anything unprintable; raises MalformedComponent."""
    check_range(f"{what} length", len(value.encode()), 1, MAX_PARTY_NAME_BYTES)
    if not value.isprintable() or value != value.strip():
        raise MalformedComponent(what, expected="printable text without outer blanks", found=value)
