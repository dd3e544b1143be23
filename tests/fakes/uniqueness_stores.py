"""The notary's stores by name, each at a place that can be opened again: for suites that all of them must pass."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from chains.progmat.notary.memory_store import MemoryUniquenessStore
from chains.progmat.notary.postgres_store import LeaseTerms, PostgresUniquenessStore
from chains.progmat.notary.sqlite_store import SqliteUniquenessStore
from chains.progmat.notary.uniqueness import LeaseHeld, UniquenessStore
from tests.fakes.commit_requests import LEDGER_ID

STORES = ("memory", "sqlite", "postgres")
DURABLE_STORES = ("sqlite", "postgres")


@dataclass(frozen=True)
class StorePlace:
    """``address`` is what another process needs to open the same store with ``open_at``."""

    address: str
    open: Callable[[], UniquenessStore]


def place_of(kind: str, request: pytest.FixtureRequest) -> StorePlace:
    """A fresh place for a store of a kind; skips the test where there is no PostgreSQL."""
    if kind == "memory":
        return StorePlace("", lambda: MemoryUniquenessStore(LEDGER_ID))
    if kind == "postgres":
        address: str = request.getfixturevalue("postgres_url")
    else:
        folder: Path = request.getfixturevalue("tmp_path")
        address = str(folder / "notary.db")
    return StorePlace(address, lambda: open_at(address))


def open_at(address: str) -> UniquenessStore:
    """The store at an address, as its writer: whoever held the lease before has been silent long enough."""
    if address.startswith("postgresql://"):
        return postgres_writer(address)
    return SqliteUniquenessStore(Path(address), LEDGER_ID)


class LeaseClock:
    """A wall clock that a test moves; milliseconds."""

    def __init__(self) -> None:
        self.now_ms = time.time_ns() // 1_000_000

    def __call__(self) -> int:
        return self.now_ms


def postgres_store(url: str, holder: str, clock: LeaseClock, lease_ms: int = 5_000) -> PostgresUniquenessStore:
    """A worker's store that has not asked for the lease yet."""
    return PostgresUniquenessStore(url, LEDGER_ID, LeaseTerms(holder, lease_ms), clock)


def postgres_writer(url: str, holder: str = "worker", clock: LeaseClock | None = None) -> PostgresUniquenessStore:
    """A worker's store that has taken the lease: its clock is moved until any other worker's is over."""
    clock = clock or LeaseClock()
    store = postgres_store(url, holder, clock)
    while not isinstance(state := store.hold(), LeaseHeld):
        clock.now_ms += state.left_ms
    return store
